import { z } from 'zod'
import { alertSchema } from './alert.ts'
import { caseSchema, claimCaseSchema, dismissCaseSchema, releaseCaseSchema } from './case.ts'
import { enforcementSchema, issueEnforcementSchema, liftEnforcementSchema } from './enforcement.ts'
import { coverageGapSchema, sessionSchema } from './session.ts'
import { transcriptLineSchema } from './alert.ts'

/** Facts the console is pushed, each with the entity's `rev`; a lower `rev` than the one held is ignored. */
export const consoleFactSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('alert.opened'), alert: alertSchema }),
  z.object({ type: z.literal('alert.updated'), alert: alertSchema }),
  z.object({ type: z.literal('alert.withdrawn'), alert: alertSchema }),
  z.object({ type: z.literal('case.updated'), case: caseSchema }),
  z.object({ type: z.literal('enforcement.issued'), enforcement: enforcementSchema }),
  z.object({ type: z.literal('enforcement.updated'), enforcement: enforcementSchema }),
  z.object({ type: z.literal('session.started'), session: sessionSchema }),
  z.object({ type: z.literal('session.ended'), session: sessionSchema }),
  z.object({ type: z.literal('coverage.gap'), gap: coverageGapSchema }),
])
export type ConsoleFact = z.infer<typeof consoleFactSchema>

/** A fact with its place in the one stream every console follows. */
export const streamItemSchema = z.object({ streamSeq: z.int(), at: z.iso.datetime(), fact: consoleFactSchema })
export type StreamItem = z.infer<typeof streamItemSchema>

/** Everything open, as of one `streamSeq`; facts after it are pushed on top. */
export const snapshotSchema = z.object({
  asOfSeq: z.int(),
  serverTime: z.iso.datetime(),
  alerts: z.array(alertSchema),
  sessions: z.array(sessionSchema),
  /** Open alerts per severity, independent of how many were sent. */
  counts: z.record(z.string(), z.int()),
  /** Live sessions that pushed no speech for 30 s: blind spots. */
  blind: z.array(z.string()),
})
export type Snapshot = z.infer<typeof snapshotSchema>

export const sinceSchema = z.strictObject({ streamSeq: z.int().min(0) })
/** Follow one session's transcript; an empty answer to `room.unwatch`. */
export const watchRoomSchema = z.strictObject({ sessionId: z.string().min(1).max(64) })

/** What the console may send over its socket, by event name. The same commands exist as HTTP routes. */
export const consoleUp = {
  since: sinceSchema,
  'room.watch': watchRoomSchema,
  'room.unwatch': watchRoomSchema,
  'case.claim': claimCaseSchema,
  'case.release': releaseCaseSchema,
  'case.dismiss': dismissCaseSchema,
  'enforcement.issue': issueEnforcementSchema,
  'enforcement.lift': liftEnforcementSchema,
} as const
export type ConsoleUpType = keyof typeof consoleUp

export const sinceReplySchema = z.discriminatedUnion('kind', [
  /** Everything after the asked `streamSeq`, in order, without a gap. */
  z.object({ kind: z.literal('complete'), items: z.array(streamItemSchema), throughSeq: z.int() }),
  z.object({ kind: z.literal('snapshot'), snapshot: snapshotSchema }),
])
export type SinceReply = z.infer<typeof sinceReplySchema>

/** What the console is sent unasked. */
export const consoleDown = {
  /** Every 2 s: last `streamSeq` and server time. "Live" is computed from this, never from the socket's state. */
  hb: z.object({ seq: z.int(), t: z.iso.datetime(), blind: z.int(), online: z.int() }),
  batch: z.object({ items: z.array(streamItemSchema) }),
  'room.lines': z.object({ sessionId: z.string(), lines: z.array(transcriptLineSchema) }),
} as const
export type ConsoleDownType = keyof typeof consoleDown
export type ConsoleDownData<T extends ConsoleDownType> = z.infer<(typeof consoleDown)[T]>
