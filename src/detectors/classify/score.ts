import type { AnalysisContext } from '../analysis-context.ts'
import type { CompiledRulePack } from '../pack/compiled-rule-pack.ts'
import type { Weights } from './classifier.ts'
import { courseFeatures, earlierFeatures, presentFeatures } from './features.ts'
import type { FeatureSink, Heard, RuleOutcome } from './features.ts'

/** How many utterances before the present one are read word by word. */
const readClosely = 4

/** All the classifier is told about one event. */
export type ClassifierInput = {
  present: Heard
  /** The window, oldest first. */
  earlier: readonly Heard[]
  /** Absent when only the words are to be weighed. */
  outcome: RuleOutcome | undefined
  context: AnalysisContext
  pack: CompiledRulePack
}

/**
 * Log-odds per class. Two blocks of distinct features, the present utterance and what was said before it, each scaled to
 * unit length, so that long talk weighs no more than short talk.
 */
export function score(weights: Weights, contextWeight: number, input: ClassifierInput): Float64Array {
  const total = Float64Array.from(weights.biases)
  addBlock(weights, 1, total, (sink) => tellPresent(input, sink))
  if (contextWeight > 0) addBlock(weights, contextWeight, total, (sink) => tellEarlier(input, sink))
  return total
}

/** How much each position of the present text moves one class, in log-odds; the explanation of a score. */
export function weighWords(weights: Weights, classNumber: number, input: ClassifierInput): Float64Array {
  const { length } = input.present.reading.norm
  const byPosition = new Float64Array(length)
  const { fresh, count } = distinct(weights.mask)
  const told: { slot: number; start: number; end: number }[] = []
  tellPresent(input, (hash, start, end) => {
    const slot = hash & weights.mask
    if (fresh(slot)) told.push({ slot, start, end })
  })
  const scale = 1 / Math.sqrt(count() || 1)
  for (const { slot, start, end } of told) {
    const each = ((weights.values[slot * weights.classes + classNumber] ?? 0) * scale) / Math.max(1, end - start)
    for (let i = Math.max(0, start); i < Math.min(length, end); i++) byPosition[i] = (byPosition[i] ?? 0) + each
  }
  return byPosition
}

/** The distinct slots of both blocks: what training sees of an event. */
export function slotsOf(bits: number, input: ClassifierInput): { present: number[]; earlier: number[] } {
  const mask = (1 << bits) - 1
  return {
    present: slotsTold(mask, (sink) => tellPresent(input, sink)),
    earlier: slotsTold(mask, (sink) => tellEarlier(input, sink)),
  }
}

function slotsTold(mask: number, tell: (sink: FeatureSink) => void): number[] {
  const slots: number[] = []
  const { fresh } = distinct(mask)
  tell((hash) => {
    const slot = hash & mask
    if (fresh(slot)) slots.push(slot)
  })
  return slots
}

function tellPresent({ present, earlier, outcome, context, pack }: ClassifierInput, sink: FeatureSink): void {
  presentFeatures(present.reading, present.speaker, outcome, context, pack, sink)
  courseFeatures(earlier, pack, sink)
}

function tellEarlier({ earlier, pack }: ClassifierInput, sink: FeatureSink): void {
  for (const { reading, speaker } of earlier.slice(-readClosely)) earlierFeatures(reading, speaker, pack, sink)
}

function addBlock(
  { mask, classes, values }: Weights,
  weight: number,
  total: Float64Array,
  tell: (sink: FeatureSink) => void,
): void {
  const { fresh, count } = distinct(mask)
  const sums = new Float64Array(classes)
  tell((hash) => {
    const slot = hash & mask
    if (!fresh(slot)) return
    for (let i = 0, at = slot * classes; i < classes; i++, at++) sums[i] = (sums[i] ?? 0) + (values[at] ?? 0)
  })
  const scale = weight / Math.sqrt(count() || 1)
  for (let i = 0; i < classes; i++) total[i] = (total[i] ?? 0) + (sums[i] ?? 0) * scale
}

const scratch = new Map<number, { stamps: Uint32Array; now: number }>()

/** Tells whether a slot is met for the first time. The stamps are scratch memory: nothing of one call reaches the next. */
function distinct(mask: number): { fresh: (slot: number) => boolean; count: () => number } {
  const known = scratch.get(mask) ?? { stamps: new Uint32Array(mask + 1), now: 0 }
  scratch.set(mask, known)
  if (known.now === 0xffffffff) {
    known.stamps.fill(0)
    known.now = 0
  }
  const { stamps } = known
  const now = ++known.now
  let count = 0
  return {
    fresh(slot) {
      if (stamps[slot] === now) return false
      stamps[slot] = now
      count++
      return true
    },
    count: () => count,
  }
}
