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

/** Features of the present utterance and its circumstances. */
export function tellPresent(input: ClassifierInput, sink: FeatureSink): void {
  const { present, earlier, outcome, context, pack } = input
  presentFeatures(present.reading, present.speaker, outcome, context, pack, sink)
  courseFeatures(earlier, pack, sink)
}

/** Features of what was said just before. */
export function tellEarlier({ earlier, pack }: ClassifierInput, sink: FeatureSink): void {
  for (const { reading, speaker } of earlier.slice(-readClosely)) earlierFeatures(reading, speaker, pack, sink)
}

/** Linear score per class over the distinct slots of the present utterance, scaled to unit length. */
export function linearScore(weights: Weights, input: ClassifierInput): Float64Array {
  const { classes, values, biases } = weights
  const slots = slotsOf(weights.mask, input)
  const total = new Float64Array(classes)
  for (const slot of slots) {
    for (let i = 0, at = slot * classes; i < classes; i++, at++) total[i] = (total[i] ?? 0) + (values[at] ?? 0)
  }
  const scale = 1 / Math.sqrt(slots.length || 1)
  return total.map((sum, i) => sum * scale + (biases[i] ?? 0))
}

/** The distinct slots of the present utterance. */
export function slotsOf(mask: number, input: ClassifierInput): number[] {
  const slots = new Set<number>()
  tellPresent(input, (hash) => slots.add(hash & mask))
  return [...slots]
}
