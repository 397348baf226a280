import { z } from 'zod'
import { alertSchema, transcriptLineSchema } from './alert.ts'
import { auditEntrySchema } from './audit.ts'
import { caseSchema } from './case.ts'
import { actionSchema, enforcementSchema, enforcementStatusSchema } from './enforcement.ts'
import { coverageGapSchema, sessionSchema } from './session.ts'
import { codeSchema } from './taxonomy.ts'

const page = {
  /** Opaque; taken from `nextCursor` of the page before. */
  cursor: z.string().max(400).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
}
/** A value given once or several times in the query string. */
function many<T extends z.ZodType>(schema: T) {
  return z.preprocess(
    (value) => (value === undefined || Array.isArray(value) ? value : [value]),
    z.array(schema).max(50).optional(),
  )
}
/** Demo rooms stay out of history and statistics unless asked for. */
const demo = z.enum(['include', 'exclude', 'only']).default('include')

export const enforcementQuerySchema = z.strictObject({
  ...page,
  from: z.iso.datetime({ offset: true }).optional(),
  to: z.iso.datetime({ offset: true }).optional(),
  action: many(actionSchema),
  status: many(enforcementStatusSchema),
  code: many(codeSchema),
  actorId: many(z.string().max(128)),
  hostId: z.string().max(128).optional(),
  roomId: z.string().max(128).optional(),
  /** Words in reason, notice, host or room. */
  q: z.string().max(200).optional(),
  demo,
})
export type EnforcementQuery = z.infer<typeof enforcementQuerySchema>

export const alertQuerySchema = z.strictObject({
  ...page,
  state: many(z.enum(['open', 'resolved', 'withdrawn'])),
  code: many(codeSchema),
  minSeverity: z.coerce.number().int().min(1).max(5).optional(),
  roomId: z.string().max(128).optional(),
  sessionId: z.string().max(64).optional(),
  demo,
})
export type AlertQuery = z.infer<typeof alertQuerySchema>

export const caseQuerySchema = z.strictObject({
  ...page,
  status: many(z.enum(['open', 'claimed', 'escalated', 'resolved'])),
  roomId: z.string().max(128).optional(),
  demo,
})
export type CaseQuery = z.infer<typeof caseQuerySchema>

export const sessionQuerySchema = z.strictObject({
  ...page,
  live: z.stringbool().optional(),
  roomId: z.string().max(128).optional(),
  demo,
})
export type SessionQuery = z.infer<typeof sessionQuerySchema>

export const auditQuerySchema = z.strictObject({
  ...page,
  kind: z.string().max(64).optional(),
})
export type AuditQuery = z.infer<typeof auditQuerySchema>

export const transcriptQuerySchema = z.strictObject({
  /** Lines with `seq` below this one (paging back), or the newest when absent. */
  beforeSeq: z.coerce.number().int().min(1).optional(),
  afterSeq: z.coerce.number().int().min(0).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(200),
})
export type TranscriptQuery = z.infer<typeof transcriptQuerySchema>

/** A page of a list, newest first. */
export function pageOf<T extends z.ZodType>(item: T) {
  return z.object({
    items: z.array(item),
    nextCursor: z.string().nullable(),
    /** Exact up to 10,000; `null` beyond, which the screen shows as "10,000+". */
    total: z.int().nullable(),
  })
}
export type Page<T> = { items: T[]; nextCursor: string | null; total: number | null }

export const enforcementPageSchema = pageOf(enforcementSchema)
export const alertPageSchema = pageOf(alertSchema)
export const casePageSchema = pageOf(caseSchema)
export const sessionPageSchema = pageOf(sessionSchema)
export const auditPageSchema = pageOf(auditEntrySchema)

/** A permanent live room with its broadcasts. */
export const roomSchema = z.object({
  id: z.string(),
  title: z.string(),
  hostId: z.string(),
  hostName: z.string(),
  liveUrl: z.string().nullable(),
  demo: z.boolean(),
  session: sessionSchema.nullable(),
  openAlerts: z.int(),
  suspendedUntil: z.iso.datetime().nullable(),
  banned: z.boolean(),
})
export type Room = z.infer<typeof roomSchema>
export const roomPageSchema = pageOf(roomSchema)

/** One room as its own screen needs it. */
export const roomDetailSchema = z.object({
  room: roomSchema,
  session: sessionSchema.nullable(),
  alerts: z.array(alertSchema),
  enforcements: z.array(enforcementSchema),
  gaps: z.array(coverageGapSchema),
})
export type RoomDetail = z.infer<typeof roomDetailSchema>

export const transcriptSchema = z.object({ lines: z.array(transcriptLineSchema), firstSeq: z.int(), lastSeq: z.int() })
export type Transcript = z.infer<typeof transcriptSchema>
