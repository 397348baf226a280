import { rootState } from '../lexicon/double-array.ts'
import { scan } from '../lexicon/lexicon.ts'
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

/** An allow phrase in the text: terms of its concept inside it are not seen. */
type Allowed = { concept: number; start: number; end: number }

/** What the passes over a text have found so far. */
type Found = { spans: ConceptSpan[]; allowed: Allowed[] }

/** Finds all concepts in a text: as written, with fillers skipped, and by sound. */
export function readUtterance(text: string, pack: CompiledRulePack): Reading {
  const norm = normalise(text)
  const found: Found = { spans: [], allowed: [] }
  literalHits(norm, pack, found)
  if (mayStrip(norm)) strippedHits(norm, pack, found)
  heardHits(norm, pack, found)
  const spans = withoutAllowed(found)
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
  return { norm, spans: longestPerConcept(inTextOrder(spans, norm.length), pack.conceptIds.size) }
}

function literalHits(norm: Normalised, pack: CompiledRulePack, found: Found): void {
  const { units, clause } = norm
  const mayBeDisguised = (norm.seen & (unitFlag.disguised | unitFlag.markBefore)) !== 0
  const mayCutLatin = (norm.seen & unitFlag.latin) !== 0
  scan(pack.literal, units, norm.length, rootState, (pattern, end, length) => {
    const start = end - length
    if (clause[start] !== clause[end - 1]) return
    if (mayCutLatin && !latinBorder(units, start, end)) return
    const disguised = mayBeDisguised && isDisguised(norm, start, end)
    for (const entry of pack.literal.entries[pattern] ?? []) {
      const { concept, kind, meant } = entry
      if (kind === 'allow') found.allowed.push({ concept, start, end })
      else
        found.spans.push({
          concept,
          start,
          end,
          meant,
          how: disguised ? 'disguised' : kind === 'alias' ? kind : 'plain',
        })
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

function latinBorder(units: readonly number[], start: number, end: number): boolean {
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
  if ((norm.seen & unitFlag.filler) !== 0) return true
  if ((norm.seen & (unitFlag.latin | unitFlag.fromDigit)) === 0) return false
  for (let i = 1; i + 1 < norm.length; i++) if (isSandwiched(norm, i)) return true
  return false
}

/** Second pass without fillers and sandwiched digits; keeps only hits that such a unit had broken apart. */
function strippedHits(norm: Normalised, pack: CompiledRulePack, found: Found): void {
  const { clause } = norm
  const kept: number[] = []
  const units: number[] = []
  for (let i = 0; i < norm.length; i++) {
    if (((norm.flags[i] ?? 0) & unitFlag.filler) !== 0 || isSandwiched(norm, i)) continue
    kept.push(i)
    units.push(norm.units[i] ?? 0)
  }
  scan(pack.literal, units, units.length, rootState, (pattern, end, length) => {
    const start = kept[end - length] ?? 0
    const stop = (kept[end - 1] ?? 0) + 1
    if (stop - start === length || clause[start] !== clause[stop - 1]) return
    const widest = widestGap(kept, end - length, end)
    const disguised = hasSandwiched(norm, start, stop)
    for (const { concept, kind, meant, filler } of pack.literal.entries[pattern] ?? []) {
      if (filler === 0 || widest > filler * 3 || kind === 'allow') continue
      const how = disguised ? 'disguised' : kind === 'alias' ? kind : 'filler'
      found.spans.push({ concept, start, end: stop, meant, how })
    }
  })
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

/**
 * A text as it sounds: syllable i stands for the units from `starts[i]` up to `starts[i + 1]`. Latin letters that spell
 * a syllable (`zhi疗`) are one; any other unit is a syllable of its own.
 */
type Sounds = { heard: number[]; starts: readonly number[] | undefined; spelt: readonly string[] | undefined }

function heardHits(norm: Normalised, pack: CompiledRulePack, found: Found): void {
  if (pack.phonetic.automaton.lengths.length === 0) return
  const sounds = soundsOf(norm)
  const { heard, starts } = sounds
  const written = found.spans.length
  scan(pack.phonetic, heard, heard.length, rootState, (pattern, end, length) => {
    const first = end - length
    const start = starts?.[first] ?? first
    const stop = starts?.[end] ?? end
    if (norm.clause[start] !== norm.clause[stop - 1]) return
    for (const { concept, meant } of pack.phonetic.entries[pattern] ?? []) {
      if (soundsSafely(norm, sounds, first, end, meant))
        found.spans.push({ concept, start, end: stop, meant, how: 'heard' })
    }
  })
  if (found.spans.length > written) dropShadowed(found, written, norm.length)
}

function soundsOf(norm: Normalised): Sounds {
  if ((norm.seen & unitFlag.latin) !== 0 && hasLatinRun(norm)) return soundsWithLatin(norm)
  const { heard } = syllableTable()
  return { heard: norm.units.map((unit) => heard[unit] ?? 0), starts: undefined, spelt: undefined }
}

function hasLatinRun(norm: Normalised): boolean {
  for (let i = 1; i < norm.length; i++) if (isLatin(norm.units[i]) && isLatin(norm.units[i - 1])) return true
  return false
}

/** Reads Latin runs as pinyin where they are, longest syllable first. */
function soundsWithLatin(norm: Normalised): Sounds {
  const { heard, bySpelling } = syllableTable()
  const sounds = { heard: [] as number[], starts: [] as number[], spelt: [] as string[] }
  let i = 0
  while (i < norm.length) {
    const unit = norm.units[i] ?? 0
    const spelling = isLatin(unit) ? longestSpelling(norm, i) : ''
    sounds.starts.push(i)
    sounds.spelt.push(spelling)
    sounds.heard.push(spelling === '' ? (heard[unit] ?? 0) : (bySpelling.get(spelling)?.heard ?? 0))
    i += Math.max(1, spelling.length)
  }
  sounds.starts.push(i)
  return sounds
}

const longestSyllable = 6

function longestSpelling(norm: Normalised, at: number): string {
  const { bySpelling } = syllableTable()
  let run = 1
  while (run < longestSyllable && isLatin(norm.units[at + run])) run++
  for (let size = run; size >= 2; size--) {
    const spelling = norm.text.slice(at, at + size)
    if (bySpelling.has(spelling)) return spelling
  }
  return ''
}

/**
 * Whether a match by sound may be believed. Loose matching costs precision: three syllables or more need one character
 * as written or all syllables exact; two need equal tones and one character as written, or pinyin letters.
 */
function soundsSafely(norm: Normalised, sounds: Sounds, first: number, end: number, meant: string): boolean {
  const { exact, tone, bySpelling } = syllableTable()
  let same = 0
  let exactly = 0
  let toned = 0
  let latin = 0
  for (let i = first; i < end; i++) {
    const wanted = meant.charCodeAt(i - first)
    const spelling = sounds.spelt?.[i] ?? ''
    const unit = norm.units[sounds.starts?.[i] ?? i] ?? 0
    if (spelling !== '') {
      latin++
      if (bySpelling.get(spelling)?.exact === exact[wanted]) exactly++
    } else {
      if (unit === wanted) same++
      if (exact[unit] === exact[wanted]) exactly++
      if (tone[unit] === tone[wanted]) toned++
    }
  }
  const length = end - first
  if (same === length) return false // The literal pass has it.
  if (latin > 0) return same + latin === length && exactly === length
  if (length >= 3) return same >= length - 2 && (same >= 1 || exactly === length)
  return same === 1 && exactly === 2 && toned === 2
}

/** A reading by sound gives way to any words of two characters or more that are really there. */
function dropShadowed(found: Found, written: number, length: number): void {
  const covered = new Uint8Array(length)
  const cover = ({ start, end }: { start: number; end: number }): void => {
    if (end - start >= 2) covered.fill(1, start, end)
  }
  for (let i = 0; i < written; i++) cover(found.spans[i] ?? { start: 0, end: 0 })
  found.allowed.forEach(cover)
  const heard = found.spans.splice(written)
  for (const span of heard) if (!isCovered(covered, span)) found.spans.push(span)
}

function isCovered(covered: Uint8Array, { start, end }: ConceptSpan): boolean {
  for (let i = start; i < end; i++) if (covered[i] === 1) return true
  return false
}

/** All that no allow phrase of the same concept holds. */
function withoutAllowed({ spans, allowed }: Found): ConceptSpan[] {
  if (allowed.length === 0) return spans
  const byConcept = new Map<number, Phrases>()
  for (const phrase of allowed) {
    const phrases = byConcept.get(phrase.concept)
    if (phrases === undefined) byConcept.set(phrase.concept, { list: [phrase], at: 0 })
    else phrases.list.push(phrase)
  }
  return spans.filter((span) => !isAllowed(span, byConcept.get(span.concept)))
}

/** Allow phrases of a concept by their end, and how many end before the span last looked at. */
type Phrases = { list: Allowed[]; at: number }

/** No phrase of a pack is longer than this, so an allow phrase that ends further off cannot hold a hit. */
const longestPhrase = 64

/** Spans come by their end, pass after pass, so only the few phrases that end soon after the span are looked at. */
function isAllowed(span: ConceptSpan, phrases: Phrases | undefined): boolean {
  if (phrases === undefined) return false
  const { list } = phrases
  if ((list[phrases.at - 1]?.end ?? -1) >= span.end) phrases.at = 0
  while ((list[phrases.at]?.end ?? Infinity) < span.end) phrases.at++
  for (let i = phrases.at; i < list.length; i++) {
    const phrase = list[i]
    if (phrase === undefined || phrase.end > span.end + longestPhrase) return false
    if (phrase.start <= span.start) return true
  }
  return false
}

/** Working space for `inTextOrder` and `longestPerConcept`. */
let firstAt = new Int32Array(1_024)
let lastEnd = new Int32Array(1_024)
const nextOf: number[] = []

/** By start, the longer first, else as they came. Sorted in buckets: comparing would take more than linear time. */
function inTextOrder(spans: readonly ConceptSpan[], length: number): ConceptSpan[] {
  if (firstAt.length < length) firstAt = new Int32Array(length * 2)
  firstAt.fill(-1, 0, length)
  for (let i = spans.length - 1; i >= 0; i--) {
    const { start, end } = spans[i] ?? noSpan
    let before = -1
    let at = firstAt[start] ?? -1
    while (at >= 0 && (spans[at]?.end ?? 0) > end) {
      before = at
      at = nextOf[at] ?? -1
    }
    nextOf[i] = at
    if (before < 0) firstAt[start] = i
    else nextOf[before] = i
  }
  const ordered: ConceptSpan[] = []
  for (let start = 0; start < length; start++) {
    for (let at = firstAt[start] ?? -1; at >= 0; at = nextOf[at] ?? -1) ordered.push(spans[at] ?? noSpan)
  }
  return ordered
}

const noSpan: ConceptSpan = { concept: -1, start: 0, end: 0, meant: '', how: 'plain' }

/** Of overlapping spans of one concept, the one that begins first and is longest; every number is kept. */
function longestPerConcept(ordered: ConceptSpan[], concepts: number): ConceptSpan[] {
  if (lastEnd.length < concepts) lastEnd = new Int32Array(concepts)
  lastEnd.fill(0, 0, concepts)
  return ordered.filter(({ concept, start, end, value }) => {
    if (value !== undefined) return true
    if (start < (lastEnd[concept] ?? 0)) return false
    lastEnd[concept] = end
    return true
  })
}
