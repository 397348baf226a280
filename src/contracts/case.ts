import { z } from 'zod'
import { alertSchema, transcriptLineSchema } from './alert.ts'
import { enforcementSchema, groundSchema, suggestionSchema } from './enforcement.ts'
import { findingSchema, severitySchema } from './finding.ts'
import { coverageGapSchema, sessionSchema } from './session.ts'

export const caseStatuses = ['open', 'claimed', 'escalated', 'resolved'] as const

/** Why a case was closed without a measure; it feeds the precision of rules. */
export const dismissReasons = ['false_rule', 'false_transcript', 'context', 'duplicate', 'other'] as const
export const dismissReasonNames: Readonly<Record<(typeof dismissReasons)[number], string>> = {
  false_rule: '误报-规则',
  false_transcript: '误报-转写',
  context: '语境允许(否定、引用、科普)',
  duplicate: '重复',
  other: '其他',
}

/** A unit of human review; alerts with the same anchor share one. */
export const caseSchema = z.object({
  id: z.string(),
  number: z.int(),
  sessionId: z.string(),
  roomId: z.string(),
  hostId: z.string(),
  status: z.enum(caseStatuses),
  severity: severitySchema,
  claimedBy: z.string().nullable(),
  claimedByName: z.string().nullable(),
  claimedUntil: z.iso.datetime().nullable(),
  openedAt: z.iso.datetime(),
  resolvedAt: z.iso.datetime().nullable(),
  resolvedBy: z.string().nullable(),
  resolvedByName: z.string().nullable(),
  decision: z.enum(['dismiss', 'remind', 'warn', 'suspend', 'ban']).nullable(),
  dismissReason: z.enum(dismissReasons).nullable(),
  /** The resolved case this one follows, when its alert went on after the decision. */
  follows: z.string().nullable(),
  demo: z.boolean(),
  rev: z.int(),
})
export type Case = z.infer<typeof caseSchema>

/** A case beside everything needed to decide it. */
export const caseDetailSchema = z.object({
  case: caseSchema,
  alerts: z.array(alertSchema),
  findings: z.array(findingSchema.extend({ alertId: z.string() })),
  session: sessionSchema,
  transcript: z.array(transcriptLineSchema),
  gaps: z.array(coverageGapSchema),
  suggestion: suggestionSchema,
  /** The clauses the findings rest on, in the version in force when the words were spoken. */
  grounds: z.array(groundSchema.extend({ summary: z.string() })),
  hostEnforcements: z.array(enforcementSchema),
})
export type CaseDetail = z.infer<typeof caseDetailSchema>

export const claimCaseSchema = z.strictObject({ caseId: z.string().min(1) })
export const releaseCaseSchema = z.strictObject({ caseId: z.string().min(1) })
export const dismissCaseSchema = z.strictObject({
  idempotencyKey: z.string().min(8).max(128),
  caseId: z.string().min(1),
  caseRev: z.int().min(0),
  reason: z.enum(dismissReasons),
  note: z.string().max(2_000).default(''),
})
export type DismissCase = z.infer<typeof dismissCaseSchema>

/** Seconds a claim lasts without renewal. */
export const claimSeconds = 60
