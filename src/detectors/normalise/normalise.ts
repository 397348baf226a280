import { emojiGloss, fillers, splitCharacters } from './disguises.ts'
import { foldTable, unitClass } from './fold-table.ts'
import { readInteger } from './numerals.ts'

/** Bits of `Normalised.flags`: what was done to reach a unit. */
export const unitFlag = {
  /** The unit stands for something else in the original: emoji, split character. */
  disguised: 1,
  /** A mark (治.疗) was inserted before the unit. */
  markBefore: 2,
  /** Read from an ASCII digit. */
  fromDigit: 4,
  /** Part of a filler such as 那个. */
  filler: 8,
} as const

/**
 * A text as the matcher sees it. `units` holds letters, digits and Han only; unit i stands for
 * `original.slice(from[i], to[i])`, and surrogate pairs are never cut.
 */
export type Normalised = {
  original: string
  text: string
  length: number
  units: Uint16Array
  from: Int32Array
  to: Int32Array
  /** Number of the clause a unit lies in; punctuation ends clauses. */
  clause: Uint16Array
  flags: Uint8Array
  hasFillers: boolean
}

const fillersByFirst = groupByFirst(fillers)
const splitsByFirst = groupByFirst(splitCharacters.map(([parts]) => parts))
const wholeOf = new Map(splitCharacters)

/** Reads a text for matching. Linear in its length; never throws, whatever the input. */
export function normalise(original: string): Normalised {
  const writer = new Writer(original)
  const { fold, cls, expand } = foldTable()
  let at = 0
  while (at < original.length) {
    const unit = original.charCodeAt(at)
    const kind = cls[unit]
    if (unit >= 48 && unit <= 57) at = readNumber(original, at, writer)
    else if (kind === unitClass.dense) {
      const folded = fold[unit] ?? unit
      if (folded >= 48 && folded <= 57) at = readNumber(original, at, writer)
      else {
        const many = expand.get(unit)
        if (many === undefined) writer.put(folded, at, at + 1, 0)
        else for (const char of many) writer.put(char.charCodeAt(0), at, at + 1, 0)
        at++
      }
    } else if (kind === unitClass.surrogate) at = readPair(original, at, writer)
    else at = readMark(original, at, kind ?? unitClass.mark, writer)
  }
  return writer.finish()
}

function readMark(text: string, at: number, kind: number, writer: Writer): number {
  if (kind === unitClass.clause) {
    const between = isDigitAt(text, at - 1) && isDigitAt(text, at + 1)
    if (between) writer.mark(false)
    else writer.breakClause()
  } else if (kind === unitClass.mark) {
    const char = text[at] ?? ''
    const gloss = emojiGloss.get(char)
    if (gloss !== undefined) writer.gloss(gloss, at, at + 1)
    else writer.mark(char !== ' ' && char !== '\u3000' && char !== '\t' && char !== '、')
  }
  return at + 1
}

function readPair(text: string, at: number, writer: Writer): number {
  const code = text.codePointAt(at) ?? 0
  if (code < 0x10000) {
    writer.mark(false) // A lone surrogate: noise.
    return at + 1
  }
  const char = String.fromCodePoint(code)
  const gloss = emojiGloss.get(char)
  const folded = char.normalize('NFKC').toLowerCase()
  if (gloss !== undefined) writer.gloss(gloss, at, at + 2)
  else if (folded.length < char.length) {
    for (const unit of folded) writer.put(unit.charCodeAt(0), at, at + 2, unitFlag.disguised)
  } else if (code >= 0x20000 && code < 0x33480) {
    writer.put(char.charCodeAt(0), at, at + 2, 0)
    writer.put(char.charCodeAt(1), at, at + 2, 0)
  } else writer.mark(true)
  return at + 2
}

function isDigitAt(text: string, at: number): boolean {
  const unit = foldTable().fold[text.charCodeAt(at)] ?? 0
  return unit >= 48 && unit <= 57
}

/** Numbers are read out, so that 3天 and 三天, 98% and 百分之九十八 are the same words. */
function readNumber(text: string, at: number, writer: Writer): number {
  let end = at
  while (end < text.length && isDigitAt(text, end)) end++
  const digits = text.slice(at, end).normalize('NFKC')
  const whole = digits.length > 8 || (digits.length > 1 && digits.startsWith('0')) || writer.lastIsLatin()
  if (whole) {
    for (let i = at; i < end; i++) {
      writer.put(foldTable().fold[text.charCodeAt(i)] ?? 0, i, i + 1, unitFlag.fromDigit)
    }
    return end
  }
  let reading = readInteger(Number(digits))
  if ((text[end] === '.' || text[end] === '．') && isDigitAt(text, end + 1)) {
    const fractionStart = end + 1
    end = fractionStart
    while (end < text.length && isDigitAt(text, end)) end++
    const fraction = text.slice(fractionStart, end).normalize('NFKC')
    reading += `点${[...fraction.slice(0, 4)].map((digit) => readInteger(Number(digit))).join('')}`
  }
  if (text[end] === '%' || text[end] === '％') {
    end++
    reading = reading === '一百' ? '百分百' : `百分之${reading}`
  }
  for (const char of reading) writer.put(char.charCodeAt(0), at, end, unitFlag.fromDigit)
  return end
}

type Scratch = Pick<Normalised, 'units' | 'from' | 'to' | 'clause' | 'flags'>

function newScratch(size: number): Scratch {
  return {
    units: new Uint16Array(size),
    from: new Int32Array(size),
    to: new Int32Array(size),
    clause: new Uint16Array(size),
    flags: new Uint8Array(size),
  }
}

/** Working space reused from text to text; what is kept of it is copied out. */
let scratch = newScratch(4_096)

/** Collects units; at the end joins split characters and marks fillers. */
class Writer {
  private readonly original: string
  private units: Uint16Array
  private from: Int32Array
  private to: Int32Array
  private clause: Uint16Array
  private flags: Uint8Array
  private length = 0
  private clauseNumber = 0
  private pendingMark = false
  private splitSeen = false
  private fillerSeen = false

  constructor(original: string) {
    this.original = original
    if (scratch.units.length < original.length * 2 + 64) scratch = newScratch(original.length * 2 + 64)
    this.units = scratch.units
    this.from = scratch.from
    this.to = scratch.to
    this.clause = scratch.clause
    this.flags = scratch.flags
  }

  put(unit: number, from: number, to: number, flags: number): void {
    if (this.length === this.units.length) this.grow()
    const at = this.length++
    this.units[at] = unit
    this.from[at] = from
    this.to[at] = to
    this.clause[at] = this.clauseNumber
    this.flags[at] = flags | (this.pendingMark ? unitFlag.markBefore : 0)
    this.pendingMark = false
    if (splitsByFirst.has(unit)) this.splitSeen = true
    if (fillersByFirst.has(unit)) this.fillerSeen = true
  }

  gloss(gloss: string, from: number, to: number): void {
    for (const char of gloss) this.put(char.charCodeAt(0), from, to, unitFlag.disguised)
  }

  mark(inserted: boolean): void {
    if (inserted && this.length > 0) this.pendingMark = true
  }

  breakClause(): void {
    this.clauseNumber = Math.min(this.clauseNumber + 1, 65_535)
    this.pendingMark = false
  }

  lastIsLatin(): boolean {
    const last = this.units[this.length - 1] ?? 0
    return this.length > 0 && last >= 97 && last <= 122
  }

  finish(): Normalised {
    if (this.splitSeen) this.joinSplitCharacters()
    const hasFillers = this.fillerSeen && this.markFillers()
    const units = this.units.slice(0, this.length)
    return {
      original: this.original,
      text: decode(units),
      length: this.length,
      units,
      from: this.from.slice(0, this.length),
      to: this.to.slice(0, this.length),
      clause: this.clause.slice(0, this.length),
      flags: this.flags.slice(0, this.length),
      hasFillers,
    }
  }

  private joinSplitCharacters(): void {
    let out = 0
    for (let at = 0; at < this.length;) {
      const parts = this.longestAt(splitsByFirst, at)
      const whole = parts === undefined ? undefined : wholeOf.get(parts)
      const width = whole === undefined || parts === undefined ? 1 : parts.length
      const written = whole ?? ''
      const end = this.to[at + width - 1] ?? 0
      const start = this.from[at] ?? 0
      for (let i = 0; i < Math.max(1, written.length); i++) {
        this.units[out] = whole === undefined ? (this.units[at] ?? 0) : written.charCodeAt(i)
        this.clause[out] = this.clause[at] ?? 0
        this.flags[out] = (this.flags[at] ?? 0) | (whole === undefined ? 0 : unitFlag.disguised)
        this.from[out] = start
        this.to[out] = end
        out++
      }
      at += width
    }
    this.length = out
  }

  private markFillers(): boolean {
    let found = false
    for (let at = 0; at < this.length;) {
      const filler = this.longestAt(fillersByFirst, at)
      for (let i = 0; i < (filler?.length ?? 0); i++) this.flags[at + i] = (this.flags[at + i] ?? 0) | unitFlag.filler
      found ||= filler !== undefined
      at += filler?.length ?? 1
    }
    return found
  }

  private longestAt(byFirst: ReadonlyMap<number, readonly string[]>, at: number): string | undefined {
    const words = byFirst.get(this.units[at] ?? 0)
    return words?.find((word) => {
      for (let i = 1; i < word.length; i++) {
        if (at + i >= this.length || this.units[at + i] !== word.charCodeAt(i)) return false
      }
      return true
    })
  }

  private grow(): void {
    const room = this.units.length * 2
    this.units = copyInto(new Uint16Array(room), this.units)
    this.from = copyInto(new Int32Array(room), this.from)
    this.to = copyInto(new Int32Array(room), this.to)
    this.clause = copyInto(new Uint16Array(room), this.clause)
    this.flags = copyInto(new Uint8Array(room), this.flags)
  }
}

function copyInto<T extends Uint16Array | Int32Array | Uint8Array>(target: T, source: T): T {
  target.set(source)
  return target
}

function decode(units: Uint16Array): string {
  if (units.length < 4_096) return String.fromCharCode(...units)
  let out = ''
  for (let i = 0; i < units.length; i += 4_096) out += String.fromCharCode(...units.subarray(i, i + 4_096))
  return out
}

function groupByFirst(words: readonly string[]): Map<number, string[]> {
  const map = new Map<number, string[]>()
  for (const word of [...words].sort((a, b) => b.length - a.length)) {
    const first = word.charCodeAt(0)
    map.set(first, [...(map.get(first) ?? []), word])
  }
  return map
}
