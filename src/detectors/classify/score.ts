import type { AnalysisContext } from '../analysis-context.ts'
import type { CompiledRulePack } from '../pack/compiled-rule-pack.ts'
import type { Weights } from './classifier.ts'
import { courseFeatures, presentFeatures } from './features.ts'
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
  courseFeatures(earlier, context.course, pack, sink)
}

/** What was said just before, latest last. */
export function justBefore({ earlier }: ClassifierInput): readonly Heard[] {
  return earlier.slice(-readClosely)
}

/** Linear score of the classes [from, to) over distinct slots, scaled to unit length. */
export function linearScore(weights: Weights, slots: readonly number[], from: number, to: number): Float64Array {
  const { classes, values, step, biases } = weights
  const total = new Float64Array(to - from)
  for (const slot of slots) {
    for (let i = from, at = slot * classes + from; i < to; i++, at++)
      total[i - from] = (total[i - from] ?? 0) + (values[at] ?? 0)
  }
  const scale = step / Math.sqrt(slots.length || 1)
  return total.map((sum, i) => sum * scale + (biases[from + i] ?? 0))
}

/** The features that have a slot of their own: the `mask + 1` most frequent ones. */
export function slotsOf(mask: number, features: readonly number[]): number[] {
  return features.filter((feature) => feature <= mask)
}
