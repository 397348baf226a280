import { z } from 'zod'
import { categorySchema, licencesSchema } from './category.ts'
import { spanSchema, severitySchema, verdictSchema } from './finding.ts'
import { limits } from './limits.ts'
import { codeSchema, exemptionCodeSchema, labelSchema } from './taxonomy.ts'

/** One line of `livewarden detect`. */
export const detectInputSchema = z.strictObject({
  id: z.union([z.string(), z.number()]),
  channel: z.enum(['speech', 'chat']),
  category: categorySchema.optional(),
  licences: licencesSchema.optional(),
  /** Earlier utterances, oldest first. `弹幕`, `公屏` or `chat` before a colon is a viewer, `助播`/`助理` the assistant. */
  context: z.array(z.string().max(limits.textUnits)).max(50).optional(),
  text: z
    .string()
    .min(1)
    .max(limits.textUnits * 10),
})
export type DetectInput = z.infer<typeof detectInputSchema>

export const detectOutputSchema = z.object({
  id: z.union([z.string(), z.number()]),
  verdict: verdictSchema,
  label: labelSchema,
  findings: z.array(
    z.object({
      code: codeSchema,
      label: labelSchema,
      severity: severitySchema,
      score: z.number(),
      span: spanSchema,
      quote: z.string(),
      ruleId: z.string(),
    }),
  ),
  exemptions: z.array(
    z.object({
      code: exemptionCodeSchema,
      exempts: codeSchema,
      span: spanSchema,
      quote: z.string(),
      ruleId: z.string(),
    }),
  ),
})
export type DetectOutput = z.infer<typeof detectOutputSchema>
