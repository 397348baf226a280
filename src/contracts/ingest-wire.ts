import { z } from 'zod'
import { roomEnforcementSchema } from './enforcement.ts'
import { wireErrorSchema } from './errors.ts'
import { limits } from './limits.ts'
import { roomEventSchema } from './room-event.ts'
import { sessionStartSchema } from './session.ts'

/** Bumped when a message changes shape; a test pins a hash of the schemas beside it. */
export const PROTOCOL_VERSION = 1

export const authSchema = z.strictObject({ key: z.string().min(1).max(200) })

export const sessionStartedSchema = z.object({
  sessionId: z.string(),
  /** The first `seq` not stored yet; send from here. */
  resumeFrom: z.int(),
  /** Measures of this room and host the producer has not acknowledged, and those still running. */
  enforcements: z.array(roomEnforcementSchema),
})
export type SessionStarted = z.infer<typeof sessionStartedSchema>

export const eventsAppendSchema = z.strictObject({
  sessionId: z.string().min(1).max(64),
  events: z.array(roomEventSchema).min(1).max(limits.batchEvents),
})
export type EventsAppend = z.infer<typeof eventsAppendSchema>

export const eventsAcceptedSchema = z.object({
  /** Everything up to this `seq` is committed, as data or as a declared gap. */
  acceptedThrough: z.int(),
  retryAfterMs: z.int().optional(),
  /** HTTP only: measures the producer has not acknowledged. */
  enforcements: z.array(roomEnforcementSchema).optional(),
})
export type EventsAccepted = z.infer<typeof eventsAcceptedSchema>

export const enforcementAckSchema = z.strictObject({
  enforcementId: z.string().min(1).max(64),
  status: z.enum(['received', 'obeyed']),
})
export type EnforcementAck = z.infer<typeof enforcementAckSchema>

/** What a room may send, by message type. */
export const ingestUp = {
  auth: authSchema,
  'session.start': sessionStartSchema,
  'events.append': eventsAppendSchema,
  'enforcement.ack': enforcementAckSchema,
} as const
export type IngestUpType = keyof typeof ingestUp

/** What a room may be sent unasked, by message type. */
export const ingestDown = {
  'enforcement.issued': roomEnforcementSchema,
  'enforcement.lifted': z.object({ enforcementId: z.string(), sessionId: z.string().nullable(), reason: z.string() }),
  'flow.paused': z.object({ retryAfterMs: z.int() }),
  'session.closed': z.object({
    sessionId: z.string().nullable(),
    /** The WebSocket close code that follows, or would. */
    code: z.int(),
    reason: z.string(),
    until: z.iso.datetime().nullable().optional(),
  }),
} as const
export type IngestDownType = keyof typeof ingestDown
export type IngestDownData<T extends IngestDownType> = z.infer<(typeof ingestDown)[T]>

/** Frame of the plain WebSocket; Socket.IO uses event = type, one argument = data, acknowledgement = reply. */
export const frameSchema = z.strictObject({
  type: z.string().min(1).max(64),
  id: z.union([z.string().max(64), z.int()]).optional(),
  data: z.unknown(),
})

export const replySchema = z.union([
  z.object({ ok: z.literal(true), data: z.unknown() }),
  z.object({ ok: z.literal(false), error: wireErrorSchema }),
])
export type Reply = z.infer<typeof replySchema>

/** Close codes of the ingest sockets. */
export const closeCodes = {
  unauthorised: 4401,
  measure: 4403,
  takenOver: 4409,
  lagging: 4429,
  restart: 1012,
  tooLarge: 1009,
} as const
