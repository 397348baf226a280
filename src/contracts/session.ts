import { z } from 'zod'
import { categorySchema, licencesSchema } from './category.ts'
import { idUnits } from './limits.ts'

const id = z.string().min(1).max(idUnits)

/** Only web addresses become links on the console. */
export const liveUrlSchema = z
  .url({ protocol: /^https?$/, error: 'liveUrl must be an http or https address' })
  .max(2_000)

export const hostSchema = z.strictObject({ id, name: z.string().min(1).max(idUnits) })
export type Host = z.infer<typeof hostSchema>

/** What a room says of one broadcast when it begins or resumes it. */
export const sessionStartSchema = z.strictObject({
  roomId: id,
  /** The producer's own name of the broadcast: the same one resumes, another ends the older. */
  sessionRef: id.optional(),
  title: z.string().min(1).max(300),
  host: hostSchema,
  category: categorySchema.optional(),
  licences: licencesSchema.default([]),
  startedAt: z.iso.datetime({ offset: true }).optional(),
  liveUrl: liveUrlSchema.optional(),
})
export type SessionStart = z.infer<typeof sessionStartSchema>
export type SessionStartInput = z.input<typeof sessionStartSchema>

export const sessionEndReasons = ['end', 'taken_over', 'measure', 'silence'] as const

/** One broadcast 场次 of a room, as the console and the history show it. */
export const sessionSchema = z.object({
  id: z.string(),
  roomId: z.string(),
  title: z.string(),
  host: hostSchema,
  category: categorySchema.nullable(),
  licences: z.array(z.string()),
  liveUrl: z.string().nullable(),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime().nullable(),
  endReason: z.enum(sessionEndReasons).nullable(),
  /** Last `seq` stored, and last `seq` analysed: the difference is what has not been watched yet. */
  lastSeq: z.int(),
  processedSeq: z.int(),
  lastEventAt: z.iso.datetime().nullable(),
  lastSpeechAt: z.iso.datetime().nullable(),
  viewers: z.int().nullable(),
  demo: z.boolean(),
  rev: z.int(),
})
export type Session = z.infer<typeof sessionSchema>

/** A stretch of a session that was not analysed: "no alert" and "not watched" never look alike. */
export const coverageGapSchema = z.object({
  sessionId: z.string(),
  fromSeq: z.int(),
  toSeq: z.int(),
  reason: z.enum(['seq_gap', 'lag', 'sampled', 'outage', 'poison']),
  at: z.iso.datetime(),
})
export type CoverageGap = z.infer<typeof coverageGapSchema>
