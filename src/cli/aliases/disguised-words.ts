import { unitFlag, type Normalised } from '../../detectors/normalise/normalise.ts'
import { syllableTable } from '../../detectors/normalise/syllables.ts'
import type { Line } from './lines.ts'
import type { Kind, Sighting } from './sighting.ts'
import type { Wordbook } from './wordbook.ts'

/** Most characters of a term on either side of what disguises it. */
const mostBeside = 3
const longestTerm = 6
const longestRun = 12
const longestInsertion = 3

/** Parts of characters that hardly ever stand by themselves: whoever writes one is writing another character in pieces. */
const looseParts = new Set('氵冫扌讠疒艹饣钅纟忄犭礻衤亻彳阝刂宀辶攵')
/** A term with a gap: what stands before and behind it, and what the gap hides. */
type Gap = { term: string; hidden: string }

/**
 * Finds terms of the pack that are partly spelled out (降xue糖, g血压), have letters or pictures inserted that the engine
 * does not skip by itself (减xx肥), or a character written in pieces (风氵显).
 */
export function disguisedWords(book: Wordbook): (line: Line) => Sighting[] {
  const { gaps, whole } = gapsOf(book)
  const spelled = spelledTerms(book)

  return (line) => {
    const found: Sighting[] = []
    const { norm } = line
    const see = (kind: Kind, start: number, end: number, meant: string, nearness: number, weight: number): void => {
      if (norm.clause[start] !== norm.clause[end - 1]) return
      const concepts = book.terms.get(meant) ?? []
      if (book.isListed(norm.text.slice(start, end)) || isSeen(line, start, end)) return
      found.push({ kind, line, start, end, meant, concepts, nearness, weight })
    }
    for (const [from, to] of foreignRuns(norm)) {
      const run = norm.text.slice(from, to)
      for (const term of spelled.get(run) ?? []) see('latin', from, to, term, 0.6, spelledWeight(run.length))
      for (const { before, behind, start, end } of surroundings(norm, from, to)) {
        for (const { term, hidden } of gaps.get(`${before}|${behind}`) ?? []) {
          const nearness = readsAs(run, hidden, before.length + behind.length)
          if (nearness > 0) see('latin', start, end, term, nearness, spelledWeight(run.length))
        }
        const term = before + behind
        if (before !== '' && behind !== '' && run.length <= longestInsertion && whole.has(term)) {
          see('inserted', start, end, term, 0.8, spelledWeight(term.length))
        }
      }
    }
    for (const at of pieces(norm)) {
      const parts = norm.text.slice(at, at + 2)
      for (const { before, behind, start, end } of surroundings(norm, at, at + 2)) {
        for (const { term, hidden } of gaps.get(`${before}|${behind}`) ?? []) {
          const nearness = hidden.length === 1 ? joinsTo(parts, hidden) : 0
          if (nearness > 0) see('split', start, end, term, nearness, spelledWeight(term.length))
        }
      }
    }
    return found
  }
}

/** Letters do not stand inside a Chinese word by chance, the less the more of them there are. */
function spelledWeight(letters: number): number {
  return 15 + 5 * Math.min(letters, 5)
}

function gapsOf(book: Wordbook): { gaps: ReadonlyMap<string, Gap[]>; whole: ReadonlySet<string> } {
  const gaps = new Map<string, Gap[]>()
  const whole = new Set<string>()
  for (const term of book.terms.keys()) {
    if (term.length < 2 || term.length > longestTerm || !isHan(term)) continue
    whole.add(term)
    for (let from = 0; from <= Math.min(mostBeside, term.length - 1); from++) {
      for (let to = Math.max(from + 1, term.length - mostBeside); to <= term.length; to++) {
        if (to - from === term.length) continue
        const key = `${term.slice(0, from)}|${term.slice(to)}`
        const gap = { term, hidden: term.slice(from, to) }
        const known = gaps.get(key)
        if (known) known.push(gap)
        else gaps.set(key, [gap])
      }
    }
  }
  return { gaps, whole }
}

/** Terms by their whole spelling (`zhiliao`), and longer ones by their initials (`gxy`). */
function spelledTerms(book: Wordbook): ReadonlyMap<string, string[]> {
  const spelled = new Map<string, string[]>()
  for (const term of book.terms.keys()) {
    if (term.length < 2 || term.length > longestTerm || !isHan(term)) continue
    const ways = term.length >= 3 ? [spellingOf(term), initialsOf(term)] : [spellingOf(term)]
    for (const way of ways) spelled.set(way, [...(spelled.get(way) ?? []), term])
  }
  return spelled
}

function isHan(text: string): boolean {
  return /^[\u4e00-\u9fa5]+$/u.test(text)
}

/** Stretches of letters, digits and pictures among Han. */
function foreignRuns(norm: Normalised): [number, number][] {
  const runs: [number, number][] = []
  for (let from = 0; from < norm.length; from++) {
    if (!isForeign(norm, from)) continue
    let to = from + 1
    while (to < norm.length && isForeign(norm, to) && norm.clause[to] === norm.clause[from]) to++
    if (to - from <= longestRun) runs.push([from, to])
    from = to - 1
  }
  return runs
}

function isForeign({ units, flags }: Normalised, at: number): boolean {
  const unit = units[at] ?? 0
  return (unit >= 97 && unit <= 122) || ((flags[at] ?? 0) & (unitFlag.fromDigit | unitFlag.disguised)) !== 0
}

type Surrounding = { before: string; behind: string; start: number; end: number }

/** What may belong to the term on either side of a stretch. */
function surroundings(norm: Normalised, from: number, to: number): Surrounding[] {
  const all: Surrounding[] = []
  for (let start = from; start >= Math.max(0, from - mostBeside); start--) {
    for (let end = to; end <= Math.min(norm.length, to + mostBeside); end++) {
      if (start === from && end === to) continue
      all.push({ before: norm.text.slice(start, from), behind: norm.text.slice(to, end), start, end })
    }
  }
  return all
}

/** Whether letters spell the hidden characters; 0 when they do not. Initials alone need more of the term around them. */
function readsAs(letters: string, hidden: string, beside: number): number {
  if (letters === spellingOf(hidden)) return 1
  if (letters !== initialsOf(hidden)) return 0
  return beside + letters.length >= 3 ? 0.7 : 0
}

function spellingOf(text: string): string {
  return Array.from(text, syllableOf).join('')
}

function initialsOf(text: string): string {
  return Array.from(text, (char) => syllableOf(char).charAt(0)).join('')
}

let spellings: ReadonlyMap<number, string> | undefined

/** The toneless spelling of a character; empty when it has none. */
function syllableOf(char: string): string {
  const { exact, bySpelling } = syllableTable()
  spellings ??= new Map([...bySpelling].map(([spelling, ids]) => [ids.exact, spelling]))
  return spellings.get(exact[char.charCodeAt(0)] ?? 0) ?? ''
}

/** Where two characters may be one in pieces. */
function pieces({ text, length }: Normalised): number[] {
  const found: number[] = []
  for (let at = 0; at + 1 < length; at++) {
    if (looseParts.has(text.charAt(at)) || looseParts.has(text.charAt(at + 1))) found.push(at)
  }
  return found
}

/** How well two parts make up a character: best when one of them sounds like the whole, as in most characters. */
function joinsTo(parts: string, whole: string): number {
  if (parts.includes(whole)) return 0
  return rimeOf(parts.charAt(0)) === rimeOf(whole) || rimeOf(parts.charAt(1)) === rimeOf(whole) ? 0.9 : 0.35
}

/** The syllable behind its first consonants. */
function rimeOf(char: string): string {
  const syllable = syllableOf(char)
  return syllable.replace(/^(?:zh|ch|sh|[bpmfdtnlgkhjqxzcsryw])/u, '') || `?${char}`
}

/** Whether the engine sees a longer word of the pack there already. */
function isSeen(line: Line, start: number, end: number): boolean {
  return line.spans.some((span) => span.end - span.start >= 2 && span.start <= start && span.end >= end)
}
