import type { Category } from '../../contracts/category.ts'
import type { ExemptionHit, Finding } from '../../contracts/finding.ts'
import { courses } from '../analysis-context.ts'
import type { AnalysisContext, Course, CourseShares } from '../analysis-context.ts'
import type { Reading } from '../compose/read-utterance.ts'
import { isSeller } from '../compose/utterance.ts'
import type { ConceptSpan, Speaker } from '../compose/utterance.ts'
import type { CompiledRulePack } from '../pack/compiled-rule-pack.ts'
import { finish, hashName, hashUnits, mixIn, seeds } from './hash.ts'

/** Takes one feature: its hash, and the normalised positions of the words it stands for (none: start = end). */
export type FeatureSink = (hash: number, start: number, end: number) => void

/** An utterance as the classifier takes it. */
export type Heard = { reading: Reading; speaker: Speaker }

/** What the rules made of the event, before the classifier is asked. */
export type RuleOutcome = { findings: readonly Finding[]; exemptions: readonly ExemptionHit[] }

/** Longest run of characters at the opening and the end of an utterance that is a feature of its own. */
const edge = 3

/**
 * Features of the present utterance: its characters, pairs and triples of them, how it opens and ends, its concepts,
 * what rules and exemptions found, product category, licences, who speaks on which channel.
 */
export function presentFeatures(
  reading: Reading,
  speaker: Speaker,
  outcome: RuleOutcome | undefined,
  context: AnalysisContext,
  pack: CompiledRulePack,
  sink: FeatureSink,
): void {
  const { units, length } = reading.norm
  grams(units, length, seeds.text, true, sink)
  for (let n = 1; n <= edge && n <= length; n++) {
    sink(hashUnits(seeds.opening, units, 0, n), 0, n)
    sink(hashUnits(seeds.ending, units, length - n, length), length - n, length)
  }
  conceptFeatures(reading.spans, seeds.concept, pack, sink)
  if (outcome !== undefined) outcomeFeatures(outcome, sink)
  sink(hashName(`category ${categoryName(context.category)}`), 0, 0)
  sink(hashName(`speaker ${speaker}`), 0, 0)
  for (const licence of context.licences) sink(hashName(`licence ${licence.slice(0, 3)}`), 0, 0)
  if (context.licences.length > 0) sink(hashName('licensed'), 0, 0)
  sink(hashName(`length ${Math.min(6, Math.floor(length / 10))}`), 0, 0)
}

function outcomeFeatures({ findings, exemptions }: RuleOutcome, sink: FeatureSink): void {
  for (const { ruleId, code, severity, label } of findings) {
    sink(hashName(`rule ${ruleId}`), 0, 0)
    sink(hashName(`code ${code} ${severity >= 2}`), 0, 0)
    if (severity >= 2) sink(hashName(`label ${label}`), 0, 0)
  }
  if (!findings.some(({ severity }) => severity >= 2)) sink(hashName('label none'), 0, 0)
  for (const { code } of exemptions) sink(hashName(`exempt ${code}`), 0, 0)
}

/** Features of an earlier utterance: characters, pairs and concepts, told apart by whether seller or viewer said it. */
export function earlierFeatures(reading: Reading, speaker: Speaker, pack: CompiledRulePack, sink: FeatureSink): void {
  const seller = isSeller(speaker)
  grams(reading.norm.units, reading.norm.length, seller ? seeds.sellerBefore : seeds.viewerBefore, false, sink)
  conceptFeatures(reading.spans, seller ? seeds.sellerConceptBefore : seeds.viewerConceptBefore, pack, sink)
}

/**
 * How often the seller's utterances of the window taught, pushed own goods and so on (none, once, twice, more), and the
 * share of those that did in the whole session, in tenths up to four.
 */
export function courseFeatures(
  earlier: readonly Heard[],
  session: CourseShares | undefined,
  pack: CompiledRulePack,
  sink: FeatureSink,
): void {
  const counts = new Map<Course, number>()
  for (const { reading, speaker } of earlier) {
    if (!isSeller(speaker)) continue
    for (const name of coursesOf(reading, pack)) counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  // A line that somebody picked out to be judged is seldom harmless; of a running room nearly every one is.
  sink(hashName(`before ${Math.min(5, earlier.length)}`), 0, 0)
  for (const [name, count] of counts) sink(hashName(`before ${name} ${Math.min(3, count)}`), 0, 0)
  if (session === undefined) return
  for (const [name, share] of session) sink(hashName(`session ${name} ${Math.min(4, Math.round(share * 10))}`), 0, 0)
}

const coursesRead = new WeakMap<Reading, readonly Course[]>()

function coursesOf(reading: Reading, pack: CompiledRulePack): readonly Course[] {
  const known = coursesRead.get(reading)
  if (known !== undefined) return known
  const here = new Set(reading.spans.map(({ concept }) => concept))
  const found = courses.filter((name) => here.has(pack.discourse[name]))
  coursesRead.set(reading, found)
  return found
}

/** Runs of one, two and, where wanted, three characters. */
function grams(units: ArrayLike<number>, length: number, seed: number, triples: boolean, sink: FeatureSink): void {
  for (let i = 0; i < length; i++) {
    let hash = mixIn(seed, units[i] ?? 0)
    sink(finish(hash), i, i + 1)
    if (i + 1 >= length) return
    hash = mixIn(hash, units[i + 1] ?? 0)
    sink(finish(hash), i, i + 2)
    if (triples && i + 2 < length) sink(finish(mixIn(hash, units[i + 2] ?? 0)), i, i + 3)
  }
}

function conceptFeatures(spans: readonly ConceptSpan[], seed: number, pack: CompiledRulePack, sink: FeatureSink): void {
  const hashes = conceptHashes(pack)
  for (const { concept, start, end } of spans) sink((hashes[concept] ?? 0) ^ seed, start, end)
}

const hashesOf = new WeakMap<CompiledRulePack, Uint32Array>()

/** By name, not by number: the numbers of concepts change when a pack changes, its weights should not. */
function conceptHashes(pack: CompiledRulePack): Uint32Array {
  const known = hashesOf.get(pack)
  if (known !== undefined) return known
  const hashes = Uint32Array.from(pack.conceptIds.keys(), (name) => hashName(`concept ${name}`))
  hashesOf.set(pack, hashes)
  return hashes
}

function categoryName(category: Category | undefined): string {
  return category ?? 'unknown'
}
