import { z } from 'zod'
import { categorySchema, licencesSchema } from './category.ts'
import { idUnits, limits } from './limits.ts'

/** Position of an event in its session: `seq` counts from 1 without gaps; `atMs` is milliseconds since the session began. */
const position = {
  seq: z.int().min(1).max(2_147_483_647),
  atMs: z
    .int()
    .min(0)
    .max(7 * 24 * 3_600_000),
}
const text = z.string().min(1).max(limits.textUnits)
const id = z.string().min(1).max(idUnits)

/** A stretch of what the host or the assistant said. A partial is a hint and never evidence. */
export const speechEventSchema = z.strictObject({
  ...position,
  channel: z.literal('speech'),
  text,
  partial: z.boolean().default(false),
  /** Ties partials to the final that replaces them. */
  utteranceId: id.optional(),
  /** `seq` of the earlier speech event this one corrects. */
  revises: z.int().min(1).optional(),
  confidence: z.number().min(0).max(1).optional(),
  speaker: z.enum(['host', 'assistant']).default('host'),
})

/** One message of the audience, or of the seller's own staff. */
export const chatEventSchema = z.strictObject({
  ...position,
  channel: z.literal('chat'),
  text,
  userId: id,
  userName: z.string().max(idUnits),
  staff: z.boolean().optional(),
})

/** The product on the counter. From here on it overrides the session's category and licences. */
export const productSchema = z.strictObject({
  id,
  title: z.string().min(1).max(300),
  category: categorySchema.optional(),
  licences: licencesSchema.optional(),
  priceFen: z.int().min(0).optional(),
  /** Registered facts by name, such as `工艺: 机制`; a spoken claim that contradicts one is evidence. */
  facts: z.record(z.string().min(1).max(100), z.string().max(500)).optional(),
})
export type Product = z.infer<typeof productSchema>

export const productEventSchema = z.strictObject({
  ...position,
  channel: z.literal('product'),
  product: productSchema,
})

export const audienceEventSchema = z.strictObject({
  ...position,
  channel: z.literal('audience'),
  viewers: z.int().min(0),
})

export const endEventSchema = z.strictObject({ ...position, channel: z.literal('end') })

/** Anything a room sends. `(sessionId, seq)` is its id, written `sessionId:seq`. */
export const roomEventSchema = z.discriminatedUnion('channel', [
  speechEventSchema,
  chatEventSchema,
  productEventSchema,
  audienceEventSchema,
  endEventSchema,
])
export type RoomEvent = z.infer<typeof roomEventSchema>
export type RoomEventInput = z.input<typeof roomEventSchema>
export type SpeechEvent = z.infer<typeof speechEventSchema>
export type ChatEvent = z.infer<typeof chatEventSchema>
export type Channel = RoomEvent['channel']
