import { z } from 'zod'
import { codeSchema, exemptionCodeSchema, labelSchema } from './taxonomy.ts'

/** UTF-16 offsets into the text as the room sent it, end exclusive. */
export const spanSchema = z.tuple([z.int().nonnegative(), z.int().positive()])
export type Span = z.infer<typeof spanSchema>

export const severitySchema = z.int().min(1).max(5)

/** One concept the engine saw: its name, the words as said and the reading they were matched as. */
export const conceptHitSchema = z.object({
  concept: z.string(),
  /** What people call it, from the pack; absent in findings recorded before packs gave it. */
  zh: z.string().optional(),
  seq: z.int().optional(),
  span: spanSchema,
  quote: z.string(),
  /** Present when what was said differs from what was meant: homophone, split characters, inserted marks. */
  reading: z.string().optional(),
})
export type ConceptHit = z.infer<typeof conceptHitSchema>

/** A reason not to punish that the engine weighed: `applied` says whether it held, `because` why it did not, in plain Chinese. */
export const exemptionHitSchema = z.object({
  code: exemptionCodeSchema,
  /** The code of the finding it spared or failed to spare. */
  exempts: codeSchema,
  span: spanSchema,
  quote: z.string(),
  ruleId: z.string(),
  applied: z.boolean(),
  because: z.string().optional(),
})
export type ExemptionHit = z.infer<typeof exemptionHitSchema>

/** One detector's claim about one span of one event. Never changed once written. */
export const findingSchema = z.object({
  /** Event that completed the evidence, and the events it rests on, oldest first, that one included. */
  seq: z.int(),
  evidenceSeqs: z.array(z.int()),
  code: codeSchema,
  /** Family the finding counts for; evasion and shill codes take that of the claim they carry. */
  label: labelSchema,
  ruleId: z.string(),
  /** What people call the rule; absent in findings recorded before it was kept. */
  ruleZh: z.string().optional(),
  packVersion: z.string(),
  severity: severitySchema,
  score: z.number().min(0).max(1),
  span: spanSchema,
  quote: z.string(),
  /** The normalised reading of the quote when it differs from it. */
  reading: z.string().optional(),
  concepts: z.array(conceptHitSchema),
  exemptions: z.array(exemptionHitSchema),
  /** Severity modifiers and context that were weighed, in plain Chinese such as `面向老年人 +1`. */
  notes: z.array(z.string()),
  /** Law in force at the time of speech: ids of `legal.ts`. */
  basis: z.array(z.string()),
})
export type Finding = z.infer<typeof findingSchema>

export const verdicts = ['pass', 'flag', 'hold', 'block'] as const
/** What all findings on one event add up to. */
export const verdictSchema = z.enum(verdicts)
export type Verdict = z.infer<typeof verdictSchema>
