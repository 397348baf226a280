import { z } from 'zod'
import { codeSchema } from './taxonomy.ts'

/** The families the classifier tells apart from lawful talk. */
export const violationFamilies = ['efficacy', 'spec', 'blindbox'] as const
export type ViolationFamily = (typeof violationFamilies)[number]

const family = z.strictObject({
  bias: z.number(),
  /** A score (log-odds) of at least this makes a finding by itself. */
  raise: z.number(),
  /** A rule's finding that scores below this is kept as a hint of severity 1, not as a finding. */
  keep: z.number(),
})

/**
 * The second stage of a rule pack, in its file `classifier.json`: linear weights over hashed features, written by
 * `livewarden train`. It is part of the pack, so that a pack's hash names both and a replay judges as the room was judged.
 */
export const classifierFileSchema = z.strictObject({
  format: z.literal(1),
  /** What it was trained on: corpus size and day. */
  trained: z.string().max(200),
  /** Log2 of the number of slots the features are hashed into. */
  bits: z.int().min(8).max(22),
  /** Weight of the earlier utterances beside the present one. */
  contextWeight: z.number().min(0).max(2),
  /** Value of one step of an Int8 weight. */
  step: z.number().positive(),
  families: z.strictObject({ efficacy: family, spec: family, blindbox: family }),
  /** Int8 weights, slot after slot with a value per family, raw deflate, base64. */
  weights: z.string(),
  /** Which code of its family a text speaks of: `bits`, `step` and weights as above, with a value per code. */
  codes: z.strictObject({
    bits: z.int().min(8).max(18),
    step: z.number().positive(),
    names: z.array(codeSchema).min(1),
    biases: z.array(z.number()),
    weights: z.string(),
  }),
})
export type ClassifierFile = z.infer<typeof classifierFileSchema>
