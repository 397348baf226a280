import { rootState } from '../lexicon/double-array.ts'
import { scan } from '../lexicon/lexicon.ts'
import type { Entry } from '../lexicon/lexicon.ts'
import { normalise, unitFlag } from '../normalise/normalise.ts'
import type { Normalised } from '../normalise/normalise.ts'
import { syllableTable } from '../normalise/syllables.ts'
import type { CompiledRulePack } from '../pack/compiled-rule-pack.ts'
import { computedConcepts } from '../pack/computed-concepts.ts'
import { numberSpans } from './number-spans.ts'
import type { ConceptSpan } from './utterance.ts'

/** A text with the concepts seen in it, by position. */
export type Reading = {
  norm: Normalised
  spans: readonly ConceptSpan[]
}

type RawHit = { start: number; end: number; entry: Entry; how: ConceptSpan['how'] }

/** Finds all concepts in a text: as written, with fillers skipped, and by sound. */
export function readUtterance(text: string, pack: CompiledRulePack): Reading {
  const norm = normalise(text)
  const hits: RawHit[] = []
  literalHits(norm, pack, hits)
  if (mayStrip(norm)) strippedHits(norm, pack, hits)
  heardHits(norm, pack, hits)
  const spans = longestPerConcept(hits, norm.length)
  for (const { concept, start, end, value } of numberSpans(norm)) {
    spans.push({
      concept: computedConcepts.indexOf(concept),
      start,
      end,
      meant: norm.text.slice(start, end),
      how: 'plain',
      value,
    })
  }
  spans.sort((a, b) => a.start - b.start || b.end - a.end)
  return { norm, spans }
}

function literalHits(norm: Normalised, pack: CompiledRulePack, hits: RawHit[]): void {
  const { units } = norm
  scan(pack.literal, units, norm.length, rootState, (pattern, end, length) => {
    const start = end - length
    if (norm.clause[start] !== norm.clause[end - 1]) return
    if (!latinBorder(units, start, end)) return
    const disguised = isDisguised(norm, start, end)
    for (const entry of pack.literal.entries[pattern] ?? []) {
      hits.push({ start, end, entry, how: disguised ? 'disguised' : entry.kind === 'alias' ? 'alias' : 'plain' })
    }
  })
}

function isDisguised(norm: Normalised, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const flags = norm.flags[i] ?? 0
    if ((flags & unitFlag.disguised) !== 0) return true
    if (i > start && (flags & unitFlag.markBefore) !== 0) return true
  }
  return false
}

function isLatin(unit: number | undefined): boolean {
  return unit !== undefined && unit >= 97 && unit <= 122
}

function latinBorder(units: Uint16Array, start: number, end: number): boolean {
  if (start > 0 && isLatin(units[start]) && isLatin(units[start - 1])) return false
  return !(isLatin(units[end - 1]) && isLatin(units[end]))
}

/** A lone digit or letter between two Han characters, as in 减1肥. */
function isSandwiched(norm: Normalised, i: number): boolean {
  const single = isLatin(norm.units[i]) || ((norm.flags[i] ?? 0) & unitFlag.fromDigit) !== 0
  if (!single || i === 0 || i + 1 >= norm.length) return false
  return isPlainHan(norm, i - 1) && isPlainHan(norm, i + 1)
}

function isPlainHan(norm: Normalised, i: number): boolean {
  return (norm.units[i] ?? 0) >= 0x3400 && ((norm.flags[i] ?? 0) & unitFlag.fromDigit) === 0
}

function mayStrip(norm: Normalised): boolean {
  if (norm.hasFillers) return true
  for (let i = 1; i + 1 < norm.length; i++) if (isSandwiched(norm, i)) return true
  return false
}

/** Second pass without fillers and sandwiched digits; keeps only hits that such a unit had broken apart. */
function strippedHits(norm: Normalised, pack: CompiledRulePack, hits: RawHit[]): void {
  const kept: number[] = []
  for (let i = 0; i < norm.length; i++) {
    if (((norm.flags[i] ?? 0) & unitFlag.filler) === 0 && !isSandwiched(norm, i)) kept.push(i)
  }
  scan(
    pack.literal,
    Uint16Array.from(kept, (i) => norm.units[i] ?? 0),
    kept.length,
    rootState,
    (pattern, end, length) => {
      const start = kept[end - length] ?? 0
      const stop = (kept[end - 1] ?? 0) + 1
      if (stop - start === length || norm.clause[start] !== norm.clause[stop - 1]) return
      const widest = widestGap(kept, end - length, end)
      const disguised = hasSandwiched(norm, start, stop)
      for (const entry of pack.literal.entries[pattern] ?? []) {
        if (entry.filler === 0 || widest > entry.filler * 3 || entry.kind === 'allow') continue
        hits.push({
          start,
          end: stop,
          entry,
          how: disguised ? 'disguised' : entry.kind === 'alias' ? 'alias' : 'filler',
        })
      }
    },
  )
}

function widestGap(kept: readonly number[], from: number, to: number): number {
  let widest = 0
  for (let i = from + 1; i < to; i++) widest = Math.max(widest, (kept[i] ?? 0) - (kept[i - 1] ?? 0) - 1)
  return widest
}

function hasSandwiched(norm: Normalised, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (isSandwiched(norm, i)) return true
  return false
}

/** One syllable of the sounded view: which units it stands for. */
type Sounded = { heard: number; exact: number; tone: number; start: number; end: number; latin: boolean }

function heardHits(norm: Normalised, pack: CompiledRulePack, hits: RawHit[]): void {
  if (pack.phonetic.automaton.lengths.length === 0) return
  const { heard } = syllableTable()
  const latin = hasLatinRun(norm)
  const sounded = latin ? soundedWithLatin(norm) : undefined
  const count = sounded?.length ?? norm.length
  scan(
    pack.phonetic,
    sounded === undefined ? norm.units.map((unit) => heard[unit] ?? 0) : sounded.map((one) => one.heard),
    count,
    rootState,
    (pattern, end, length) => {
      const first = end - length
      const syllables: Sounded[] = []
      for (let i = first; i < end; i++) syllables.push(sounded?.[i] ?? soundOf(norm, i))
      const start = syllables[0]?.start ?? 0
      const stop = syllables[length - 1]?.end ?? 0
      if (norm.clause[start] !== norm.clause[stop - 1]) return
      for (const entry of pack.phonetic.entries[pattern] ?? []) {
        if (soundsSafely(norm, syllables, entry.meant)) hits.push({ start, end: stop, entry, how: 'heard' })
      }
    },
  )
}

function soundOf(norm: Normalised, i: number): Sounded {
  const { heard, exact, tone } = syllableTable()
  const unit = norm.units[i] ?? 0
  return { heard: heard[unit] ?? 0, exact: exact[unit] ?? 0, tone: tone[unit] ?? 0, start: i, end: i + 1, latin: false }
}

function hasLatinRun(norm: Normalised): boolean {
  for (let i = 1; i < norm.length; i++) if (isLatin(norm.units[i]) && isLatin(norm.units[i - 1])) return true
  return false
}

/** Reads Latin runs as pinyin where they are (`zhi疗`), longest syllable first. */
function soundedWithLatin(norm: Normalised): Sounded[] {
  const { bySpelling } = syllableTable()
  const out: Sounded[] = []
  let i = 0
  while (i < norm.length) {
    let taken = 0
    for (let size = isLatin(norm.units[i]) ? 6 : 0; size >= 2 && taken === 0; size--) {
      const spelling = norm.text.slice(i, i + size)
      const syllable = spelling.length === size ? bySpelling.get(spelling) : undefined
      if (syllable !== undefined) {
        out.push({ ...syllable, tone: 0, start: i, end: i + size, latin: true })
        taken = size
      }
    }
    if (taken === 0) {
      out.push(soundOf(norm, i))
      taken = 1
    }
    i += taken
  }
  return out
}

/**
 * Whether a match by sound may be believed. Loose matching costs precision: three syllables or more need one character
 * as written or all syllables exact; two need equal tones and one character as written, or pinyin letters.
 */
function soundsSafely(norm: Normalised, syllables: readonly Sounded[], meant: string): boolean {
  const { exact, tone } = syllableTable()
  let same = 0
  let exactly = 0
  let toned = 0
  let latin = 0
  syllables.forEach((syllable, i) => {
    const unit = meant.charCodeAt(i)
    if (!syllable.latin && norm.units[syllable.start] === unit) same++
    if (syllable.exact === exact[unit]) exactly++
    if (syllable.latin || syllable.tone === tone[unit]) toned++
    if (syllable.latin) latin++
  })
  const length = syllables.length
  if (same === length) return false // The literal pass has it.
  if (latin > 0) return same + latin === length && exactly === length
  if (length >= 3) return same >= length - 2 && (same >= 1 || exactly === length)
  return same === 1 && exactly === 2 && toned === 2
}

function longestPerConcept(hits: readonly RawHit[], length: number): ConceptSpan[] {
  const allowed = allowedByConcept(hits)
  const covered = literalCover(hits, length)
  const candidates = hits
    .filter((hit) => hit.entry.kind !== 'allow' && !isSpared(hit, allowed) && !isShadowed(hit, covered))
    .sort((a, b) => a.start - b.start || b.end - a.end)
  const lastEnd = new Map<number, number>()
  const spans: ConceptSpan[] = []
  for (const { start, end, entry, how } of candidates) {
    if (start < (lastEnd.get(entry.concept) ?? -1_000)) continue
    lastEnd.set(entry.concept, end)
    spans.push({ concept: entry.concept, start, end, meant: entry.meant, how })
  }
  return spans
}

function allowedByConcept(hits: readonly RawHit[]): ReadonlyMap<number, RawHit[]> {
  const allowed = new Map<number, RawHit[]>()
  for (const hit of hits) {
    if (hit.entry.kind !== 'allow') continue
    const list = allowed.get(hit.entry.concept)
    if (list === undefined) allowed.set(hit.entry.concept, [hit])
    else list.push(hit)
  }
  return allowed
}

/** No phrase of a pack is longer than this, so an allow phrase that ends further off cannot hold a hit. */
const longestPhrase = 64

/** Hits are reported by their end, so only the few allow phrases that end soon after the hit are looked at. */
function isSpared(hit: RawHit, allowed: ReadonlyMap<number, readonly RawHit[]>): boolean {
  const list = allowed.get(hit.entry.concept)
  if (list === undefined) return false
  let low = 0
  let high = list.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((list[middle]?.end ?? 0) < hit.end) low = middle + 1
    else high = middle
  }
  for (let i = low; i < list.length; i++) {
    const allow = list[i]
    if (allow === undefined || allow.end > hit.end + longestPhrase) return false
    if (allow.start <= hit.start && allow.end >= hit.end) return true
  }
  return false
}

/** Marks what words as written cover: a reading by sound gives way to any words that are really there. */
function literalCover(hits: readonly RawHit[], length: number): Uint8Array | undefined {
  if (!hits.some(({ how }) => how === 'heard')) return undefined
  const covered = new Uint8Array(length)
  for (const { start, end, how } of hits) {
    if (how !== 'heard' && end - start >= 2) covered.fill(1, Math.max(0, start), end)
  }
  return covered
}

function isShadowed(hit: RawHit, covered: Uint8Array | undefined): boolean {
  return hit.how === 'heard' && covered !== undefined && coveredBetween(covered, hit)
}

function coveredBetween(covered: Uint8Array, hit: RawHit): boolean {
  for (let i = hit.start; i < hit.end; i++) if (covered[i] === 1) return true
  return false
}
