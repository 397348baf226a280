import { z } from 'zod'
import { codeSchema } from './taxonomy.ts'

/** The families the classifier tells apart from lawful talk. */
export const violationFamilies = ['efficacy', 'spec', 'blindbox'] as const
export type ViolationFamily = (typeof violationFamilies)[number]

const thresholds = z.strictObject({
  /** Log-odds against lawful talk from which the classifier makes a finding by itself. */
  raise: z.number(),
  /** A rule's finding that scores below this is kept as a hint of severity 1, not as a finding. */
  keep: z.number(),
})

/** Raw deflate, base64. */
const bytes = z.string()

/**
 * The second stage of a rule pack, in its file `classifier.json`, written by `livewarden train`. It is part of the pack,
 * so that a pack's hash names both and a replay judges as the room was judged.
 *
 * Every known feature has a row of `width` numbers. The rows of what is seen are summed, scaled, cut at zero, and weighed
 * into one score for lawful talk and one per family; the scores of all members are averaged.
 */
export const classifierFileSchema = z.strictObject({
  format: z.literal(1),
  /** What it was trained on. */
  trained: z.string().max(200),
  /** Weight of the earlier utterances beside the present one. */
  contextWeight: z.number().min(0).max(2),
  /** Hashes of the known features as little-endian Uint32, ascending. */
  features: bytes,
  width: z.int().min(1).max(256),
  members: z
    .array(
      z.strictObject({
        /** Value of one step of a row's Int8 numbers. */
        step: z.number().positive(),
        /** Int8, feature after feature. */
        rows: bytes,
        hidden: z.array(z.number()),
        /** Lawful talk, then the families: `width` weights and a bias each. */
        outputs: z.array(z.strictObject({ bias: z.number(), weights: z.array(z.number()) })).length(4),
      }),
    )
    .min(1),
  thresholds: z.strictObject({ efficacy: thresholds, spec: thresholds, blindbox: thresholds }),
  /**
   * Added to both thresholds in a running room. A line that somebody picked out to be judged is seldom harmless, of a
   * room's talk nearly every line is; the scores know that, and a person reads few false alerts per hour gladly.
   */
  running: thresholds,
  /** Which code of its family a text speaks of: linear weights over features hashed into 2^`bits` slots. */
  codes: z.strictObject({
    bits: z.int().min(8).max(18),
    step: z.number().positive(),
    names: z.array(codeSchema).min(1),
    biases: z.array(z.number()),
    /** Int8, slot after slot with a value per code. */
    weights: bytes,
  }),
})
export type ClassifierFile = z.infer<typeof classifierFileSchema>
