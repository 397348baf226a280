import type { CompiledRulePack } from '../../detectors/pack/compiled-rule-pack.ts'
import { logLikelihood } from './likelihood.ts'
import { isKnownBetween, type Line } from './lines.ts'
import type { Sighting } from './sighting.ts'
import type { Wordbook } from './wordbook.ts'

/** A word is known by the company it keeps, but not by less than this. */
const leastMeetings = 3
const leastFrames = 2
const longestWord = 6
/** A likelihood below this is chance: about one in a thousand. */
const leastLikelihood = 11

/**
 * Finds words that stand where the terms of a concept stand: beside the same neighbours, more often than chance has it.
 * They need not sound or look like the term: code words are found this way. Only neighbours that are typical of the
 * concept count; most words stand beside 的 and 了. The lines are gone through four times, so that what is kept between
 * is small: frames of terms, how often those occur, words that meet in them, how often those occur.
 */
export function companyWords(lines: readonly Line[], book: Wordbook, pack: CompiledRulePack): Sighting[] {
  const { typical, places } = typicalFrames(lines, book, pack)
  const { meetings, byConcept } = meetingsIn(lines, typical, book)
  const counts = countWords(lines, new Set(meetings.keys()))
  return [...meetings].flatMap(([text, byName]) =>
    [...byName].flatMap(([concept, met]) => {
      const weight = logLikelihood(met.length, counts.get(text) ?? 0, byConcept.get(concept) ?? 0, places)
      return weight < leastLikelihood ? [] : sightingsOf(text, concept, met, weight, typical)
    }),
  )
}

/** One or two dictionary words in a row, and the frames they stand in. */
type Place = { line: Line; start: number; end: number; text: string; frames: readonly string[] }
type Meeting = { place: Place; frames: readonly string[] }
/** How often each term of a concept stands in a frame. */
type Terms = Map<string, number>
/** Per frame, the concepts that are typical of it. */
type Typical = ReadonlyMap<string, ReadonlyMap<string, Terms>>

function placesOf(line: Line): Place[] {
  const { words, norm } = line
  const places: Place[] = []
  for (let i = 0; i + 1 < words.length; i++) {
    for (let j = i + 1; j <= Math.min(i + 2, words.length - 1); j++) {
      const [start, end] = [words[i] ?? 0, words[j] ?? 0]
      if (norm.clause[start] !== norm.clause[end - 1] || end - start > longestWord) continue
      const frames = framesAround(line, i, j)
      if (frames.length > 0) places.push({ line, start, end, text: norm.text.slice(start, end), frames })
    }
  }
  return places
}

/** The neighbours on both sides, the two before and the two behind, as far as the clause reaches. */
function framesAround({ norm, words }: Line, i: number, j: number): string[] {
  const clause = norm.clause[words[i] ?? 0]
  const word = (k: number): string => {
    const at = words[k]
    if (k < 0 || at === undefined || at >= norm.length || norm.clause[at] !== clause) return ''
    return norm.text.slice(at, words[k + 1] ?? norm.length)
  }
  const [before2, before, after, after2] = [word(i - 2), word(i - 1), word(j), word(j + 1)]
  return [
    before !== '' && after !== '' ? `${before} _ ${after}` : '',
    before2 !== '' ? `${before2} ${before} _` : '',
    after2 !== '' ? `_ ${after} ${after2}` : '',
  ].filter(Boolean)
}

/** The frames in which the terms of a concept stand more often than chance has it, and how many places there are. */
function typicalFrames(
  lines: readonly Line[],
  book: Wordbook,
  pack: CompiledRulePack,
): { typical: Typical; places: number } {
  const names = [...pack.conceptIds.keys()]
  const typical = new Map<string, Map<string, Terms>>()
  const concepts = new Map<string, number>()
  for (const line of lines) {
    const terms = termsIn(line, names, book, pack)
    if (terms.size === 0) continue
    for (const { start, end, frames } of placesOf(line)) {
      for (const { concept, meant } of terms.get(placeKey(start, end)) ?? []) {
        bump(concepts, concept)
        for (const frame of frames) {
          const here = typical.get(frame) ?? new Map<string, Terms>()
          typical.set(frame, here)
          const counted = here.get(concept) ?? new Map<string, number>()
          here.set(concept, counted)
          bump(counted, meant)
        }
      }
    }
  }
  const frames = new Map<string, number>()
  let places = 0
  for (const line of lines) {
    for (const place of placesOf(line)) {
      places++
      for (const frame of place.frames) if (typical.has(frame)) bump(frames, frame)
    }
  }
  for (const [frame, here] of typical) {
    for (const [concept, terms] of here) {
      const both = [...terms.values()].reduce((sum, count) => sum + count, 0)
      const weight = logLikelihood(both, frames.get(frame) ?? 0, concepts.get(concept) ?? 0, places)
      if (both < 2 || weight < leastLikelihood) here.delete(concept)
    }
    if (here.size === 0) typical.delete(frame)
  }
  return { typical, places }
}

type TermHere = { concept: string; meant: string }

/** The terms of content in a line, by where they stand; words of context and of discourse stand everywhere. */
function termsIn(
  { spans }: Line,
  names: readonly string[],
  book: Wordbook,
  pack: CompiledRulePack,
): ReadonlyMap<number, TermHere[]> {
  const here = new Map<number, TermHere[]>()
  for (const { concept, start, end, meant, how } of spans) {
    const name = names[concept]
    if (how !== 'plain' || name === undefined || end - start < 2) continue
    if (pack.context.all.has(concept) || pack.discourseNames.has(concept)) continue
    if (book.terms.get(meant)?.includes(name) !== true) continue
    const key = placeKey(start, end)
    here.set(key, [...(here.get(key) ?? []), { concept: name, meant }])
  }
  return here
}

function placeKey(start: number, end: number): number {
  return start * 64 + (end - start)
}

/** Words that a pack does not list, in the frames of concepts. */
function meetingsIn(
  lines: readonly Line[],
  typical: Typical,
  book: Wordbook,
): { meetings: Map<string, Map<string, Meeting[]>>; byConcept: ReadonlyMap<string, number> } {
  const meetings = new Map<string, Map<string, Meeting[]>>()
  const byConcept = new Map<string, number>()
  for (const line of lines) {
    for (const place of placesOf(line)) {
      const framesOf = new Map<string, string[]>()
      for (const frame of place.frames) {
        for (const concept of typical.get(frame)?.keys() ?? []) {
          framesOf.set(concept, [...(framesOf.get(concept) ?? []), frame])
        }
      }
      for (const concept of framesOf.keys()) bump(byConcept, concept)
      if (framesOf.size === 0 || place.text.length < 2 || book.isListed(place.text)) continue
      if (isKnownBetween(line, place.start, place.end)) continue
      const byName = meetings.get(place.text) ?? new Map<string, Meeting[]>()
      meetings.set(place.text, byName)
      for (const [concept, frames] of framesOf) {
        const met = byName.get(concept) ?? []
        byName.set(concept, met)
        met.push({ place, frames })
      }
    }
  }
  for (const [text, byName] of meetings) {
    for (const [concept, met] of byName) if (met.length < leastMeetings) byName.delete(concept)
    if (byName.size === 0) meetings.delete(text)
  }
  return { meetings, byConcept }
}

function countWords(lines: readonly Line[], wanted: ReadonlySet<string>): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  if (wanted.size === 0) return counts
  for (const line of lines) for (const { text } of placesOf(line)) if (wanted.has(text)) bump(counts, text)
  return counts
}

function sightingsOf(
  text: string,
  concept: string,
  meetings: readonly Meeting[],
  weight: number,
  typical: Typical,
): Sighting[] {
  const frames = meetings.flatMap((meeting) => meeting.frames)
  if (new Set(frames).size < leastFrames) return []
  const meant = commonestTerm(frames, concept, typical)
  if (meant === null || meant.includes(text) || text.includes(meant)) return []
  const found = { kind: 'company', meant, concepts: [concept], nearness: 0.3, weight } as const
  return meetings.map(({ place: { line, start, end } }): Sighting => ({ ...found, line, start, end }))
}

/** The term that stands in these frames most. */
function commonestTerm(frames: readonly string[], concept: string, typical: Typical): string | null {
  const votes = new Map<string, number>()
  for (const frame of frames)
    for (const [term, count] of typical.get(frame)?.get(concept) ?? []) bump(votes, term, count)
  const [best] = [...votes].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
  return best?.[0] ?? null
}

function bump(counts: Map<string, number>, key: string, by = 1): void {
  counts.set(key, (counts.get(key) ?? 0) + by)
}
