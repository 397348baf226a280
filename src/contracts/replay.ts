import { z } from 'zod'
import { categorySchema, licencesSchema } from './category.ts'
import { limits } from './limits.ts'
import { productSchema } from './room-event.ts'

/** First line of a replay file. Replay files are the one place with snake_case names. */
export const replayHeaderSchema = z.object({
  room_id: z.string().min(1),
  title: z.string().default(''),
  host: z.union([z.string(), z.object({ id: z.string(), name: z.string() })]).optional(),
  category: categorySchema.optional(),
  licences: licencesSchema.optional(),
  demo: z.boolean().optional(),
  live_url: z.string().optional(),
})
export type ReplayHeader = z.infer<typeof replayHeaderSchema>

/** Every further line. `t` is milliseconds since the session began; `partial` absent means final. */
export const replayLineSchema = z.object({
  seq: z.int().min(1),
  t: z.number().min(0),
  channel: z.enum(['speech', 'chat', 'product', 'audience', 'end']),
  text: z.string().max(limits.textUnits).optional(),
  user: z.string().optional(),
  partial: z.boolean().optional(),
  speaker: z.enum(['host', 'assistant']).optional(),
  utterance_id: z.string().optional(),
  revises: z.int().optional(),
  confidence: z.number().optional(),
  staff: z.boolean().optional(),
  product: productSchema.optional(),
  viewers: z.int().optional(),
})
export type ReplayLine = z.infer<typeof replayLineSchema>

/** One alert as `livewarden replay` prints it. */
export const replayAlertSchema = z.object({
  code: z.string(),
  label: z.string(),
  severity: z.int(),
  score: z.number(),
  first_seq: z.int(),
  last_seq: z.int(),
  raised_at_seq: z.int(),
  hits: z.array(z.int()),
  quote: z.string(),
})
export type ReplayAlert = z.infer<typeof replayAlertSchema>
