import { z } from 'zod'
import { coverageGapSchema, sessionSchema } from './session.ts'
import { findingSchema, severitySchema } from './finding.ts'
import { codeSchema, labelSchema } from './taxonomy.ts'

/** Severities of the console: S0 must be decided within 60 s, S1 3 min, S2 10 min, S3 60 min. */
export const slaSeconds: Readonly<Record<number, number>> = { 5: 60, 4: 180, 3: 600, 2: 3_600 }

export const alertStates = ['open', 'resolved', 'withdrawn'] as const

/**
 * Findings of one code in one session, until ten minutes of stream time pass without one. Severity 1 raises none.
 * The id is derived from session, code and anchor, so that a replay cannot double it.
 */
export const alertSchema = z.object({
  id: z.string(),
  sessionId: z.string(),
  roomId: z.string(),
  roomTitle: z.string(),
  hostId: z.string(),
  hostName: z.string(),
  code: codeSchema,
  label: labelSchema,
  severity: severitySchema,
  score: z.number(),
  /** The event that opened the group. */
  anchorSeq: z.int(),
  firstSeq: z.int(),
  lastSeq: z.int(),
  /** The event that completed the evidence. */
  raisedAtSeq: z.int(),
  /** The event that completed each finding of the group. */
  hits: z.array(z.int()),
  /** Stream time of the first and the last finding, milliseconds since the session began. */
  firstAtMs: z.int(),
  lastAtMs: z.int(),
  /** Strongest quote, and where it stands in its event's text. */
  quote: z.string(),
  quoteSeq: z.int(),
  quoteText: z.string(),
  span: z.tuple([z.int(), z.int()]),
  ruleId: z.string(),
  state: z.enum(alertStates),
  withdrawnBecause: z.string().nullable(),
  caseId: z.string(),
  caseNumber: z.int(),
  caseStatus: z.enum(['open', 'claimed', 'escalated', 'resolved']),
  claimedBy: z.string().nullable(),
  claimedByName: z.string().nullable(),
  claimedUntil: z.iso.datetime().nullable(),
  openedAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
  slaDueAt: z.iso.datetime(),
  viewers: z.int().nullable(),
  demo: z.boolean(),
  rev: z.int(),
})
export type Alert = z.infer<typeof alertSchema>

/** One line of the transcript around an alert. */
export const transcriptLineSchema = z.object({
  seq: z.int(),
  atMs: z.int(),
  channel: z.enum(['speech', 'chat', 'product', 'audience', 'end']),
  text: z.string(),
  speaker: z.enum(['host', 'assistant']).optional(),
  userName: z.string().optional(),
  staff: z.boolean().optional(),
  partial: z.boolean().optional(),
  utteranceId: z.string().optional(),
  revises: z.int().optional(),
  confidence: z.number().optional(),
  receivedAt: z.iso.datetime(),
})
export type TranscriptLine = z.infer<typeof transcriptLineSchema>

export const alertDetailSchema = z.object({
  alert: alertSchema,
  findings: z.array(findingSchema),
  session: sessionSchema,
  /** Speech and chat from 30 s before the first finding to 30 s after the last, oldest first. */
  transcript: z.array(transcriptLineSchema),
  gaps: z.array(coverageGapSchema),
})
export type AlertDetail = z.infer<typeof alertDetailSchema>
