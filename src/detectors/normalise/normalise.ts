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
  /** A letter a–z. */
  latin: 16,
} as const

/**
 * A text as the matcher sees it. `units` holds letters, digits and Han only; unit i stands for
 * `original.slice(from[i], to[i])`, and surrogate pairs are never cut. The lists are plain arrays, because an utterance
 * is short: a typed array of more than 64 bytes costs more to make than its text costs to read.
 */
export type Normalised = {
  original: string
  text: string
  length: number
  units: readonly number[]
  from: readonly number[]
  to: readonly number[]
  /** Number of the clause a unit lies in; punctuation ends clauses. */
  clause: readonly number[]
  flags: readonly number[]
  /** All flags that some unit has. */
  seen: number
}

const fillersByFirst = groupByFirst(fillers)
const splitsByFirst = groupByFirst(splitCharacters.map(([parts]) => parts))
const wholeOf = new Map(splitCharacters)

/** Per unit, whether a filler or a split character may begin with it. */
const opens = new Uint8Array(65_536)
const opensFiller = 1
const opensSplit = 2
for (const unit of fillersByFirst.keys()) opens[unit] = opensFiller
for (const unit of splitsByFirst.keys()) opens[unit] = (opens[unit] ?? 0) | opensSplit

const firstHan = 0x3400
const lastHan = 0x9fff

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
        const many = unit >= firstHan && unit <= lastHan ? undefined : expand.get(unit)
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

type Lists = Record<'units' | 'from' | 'to' | 'clause' | 'flags', number[]>

/** Working space reused from text to text; what is kept of it is copied out. */
const scratch: Lists = { units: [], from: [], to: [], clause: [], flags: [] }

/** Collects units; at the end joins split characters and marks fillers. */
class Writer {
  private readonly original: string
  private readonly lists = scratch
  private length = 0
  private clauseNumber = 0
  private pendingMark = 0
  private seen = 0
  private opened = 0

  constructor(original: string) {
    this.original = original
  }

  put(unit: number, from: number, to: number, flags: number): void {
    const { lists } = this
    const at = this.length++
    const all = flags | this.pendingMark | (isLatin(unit) ? unitFlag.latin : 0)
    lists.units[at] = unit
    lists.from[at] = from
    lists.to[at] = to
    lists.clause[at] = this.clauseNumber
    lists.flags[at] = all
    this.pendingMark = 0
    this.seen |= all
    this.opened |= opens[unit] ?? 0
  }

  gloss(gloss: string, from: number, to: number): void {
    for (const char of gloss) this.put(char.charCodeAt(0), from, to, unitFlag.disguised)
  }

  mark(inserted: boolean): void {
    if (inserted && this.length > 0) this.pendingMark = unitFlag.markBefore
  }

  breakClause(): void {
    this.clauseNumber = Math.min(this.clauseNumber + 1, 65_535)
    this.pendingMark = 0
  }

  lastIsLatin(): boolean {
    return this.length > 0 && isLatin(this.lists.units[this.length - 1] ?? 0)
  }

  finish(): Normalised {
    if ((this.opened & opensSplit) !== 0) this.joinSplitCharacters()
    if ((this.opened & opensFiller) !== 0) this.markFillers()
    const { lists, length } = this
    const units = lists.units.slice(0, length)
    return {
      original: this.original,
      text: decode(units),
      length,
      units,
      from: lists.from.slice(0, length),
      to: lists.to.slice(0, length),
      clause: lists.clause.slice(0, length),
      flags: lists.flags.slice(0, length),
      seen: this.seen,
    }
  }

  private joinSplitCharacters(): void {
    const { units, from, to, clause, flags } = this.lists
    let out = 0
    for (let at = 0; at < this.length;) {
      const parts = this.longestAt(splitsByFirst, at)
      const whole = parts === undefined ? undefined : wholeOf.get(parts)
      const width = whole === undefined || parts === undefined ? 1 : parts.length
      const written = whole ?? ''
      const end = to[at + width - 1] ?? 0
      const start = from[at] ?? 0
      for (let i = 0; i < Math.max(1, written.length); i++) {
        units[out] = whole === undefined ? (units[at] ?? 0) : written.charCodeAt(i)
        clause[out] = clause[at] ?? 0
        flags[out] = (flags[at] ?? 0) | (whole === undefined ? 0 : unitFlag.disguised)
        from[out] = start
        to[out] = end
        out++
      }
      if (whole !== undefined) this.seen |= unitFlag.disguised
      at += width
    }
    this.length = out
  }

  private markFillers(): void {
    const { flags } = this.lists
    for (let at = 0; at < this.length;) {
      const filler = this.longestAt(fillersByFirst, at)
      if (filler !== undefined) this.seen |= unitFlag.filler
      const width = filler?.length ?? 0
      for (let i = 0; i < width; i++) flags[at + i] = (flags[at + i] ?? 0) | unitFlag.filler
      at += Math.max(1, width)
    }
  }

  private longestAt(byFirst: ReadonlyMap<number, readonly string[]>, at: number): string | undefined {
    const unit = this.lists.units[at] ?? 0
    if (opens[unit] === 0) return undefined
    for (const word of byFirst.get(unit) ?? none) if (this.isAt(word, at)) return word
    return undefined
  }

  private isAt(word: string, at: number): boolean {
    if (at + word.length > this.length) return false
    for (let i = 1; i < word.length; i++) if (this.lists.units[at + i] !== word.charCodeAt(i)) return false
    return true
  }
}

const none: readonly string[] = []

function isLatin(unit: number): boolean {
  return unit >= 97 && unit <= 122
}

/** Arguments of one call are limited, so a long text is decoded in pieces. */
function decode(units: number[]): string {
  if (units.length < 4_096) return String.fromCharCode.apply(null, units)
  let out = ''
  for (let i = 0; i < units.length; i += 4_096) out += String.fromCharCode.apply(null, units.slice(i, i + 4_096))
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
