import { z } from 'zod'
import { idUnits } from './limits.ts'
import { actorSchema } from './people.ts'

/** Kinds of measure, mildest first. */
export const actions = ['remind', 'warn', 'delist', 'interrupt', 'suspend', 'rectify', 'ban', 'expel'] as const
export const actionSchema = z.enum(actions)
export type Action = z.infer<typeof actionSchema>

export const actionNames: Readonly<Record<Action, { zh: string; en: string }>> = {
  remind: { zh: '提醒', en: 'Remind' },
  warn: { zh: '警告', en: 'Warn' },
  delist: { zh: '下架', en: 'Delist' },
  interrupt: { zh: '断播', en: 'Interrupt' },
  suspend: { zh: '停播', en: 'Suspend' },
  rectify: { zh: '停业整顿', en: 'Stop for rectification' },
  ban: { zh: '封禁', en: 'Ban' },
  expel: { zh: '清退', en: 'Expel' },
}

/** Measures that take the room off air and refuse it until they end. */
export const cuttingActions: readonly Action[] = ['interrupt', 'suspend', 'rectify', 'ban', 'expel']

/** What a measure lands on; never a viewer. */
export const subjectSchema = z.object({
  kind: z.enum(['host', 'room', 'session', 'product']),
  id: z.string().min(1).max(idUnits),
})
export type Subject = z.infer<typeof subjectSchema>

/** One status for wire, table and screen. */
export const enforcementStatuses = [
  'proposed',
  'issued',
  'received',
  'effective',
  'ended',
  'lifted',
  'reversed',
  'expired',
  'unconfirmed',
  'failed',
] as const
export const enforcementStatusSchema = z.enum(enforcementStatuses)
export type EnforcementStatus = z.infer<typeof enforcementStatusSchema>

/** A piece of evidence as it stood when the decision was made. */
export const evidenceSchema = z.object({
  sessionId: z.string(),
  seq: z.int(),
  atMs: z.int(),
  channel: z.string(),
  text: z.string(),
  span: z.tuple([z.int(), z.int()]).nullable(),
  alertId: z.string().nullable(),
})
export type Evidence = z.infer<typeof evidenceSchema>

/** A clause the decision stands on, pinned to the version in force at the moment of speech. */
export const groundSchema = z.object({
  basisId: z.string(),
  citation: z.string(),
  version: z.string(),
})
export type Ground = z.infer<typeof groundSchema>

/** One Action applied to one Subject, by someone, for a reason, until a time. */
export const enforcementSchema = z.object({
  id: z.string(),
  action: actionSchema,
  subject: subjectSchema,
  roomId: z.string().nullable(),
  roomTitle: z.string().nullable(),
  sessionId: z.string().nullable(),
  hostId: z.string().nullable(),
  hostName: z.string().nullable(),
  caseId: z.string().nullable(),
  caseNumber: z.int().nullable(),
  codes: z.array(z.string()),
  status: enforcementStatusSchema,
  reason: z.string(),
  /** What the host reads. */
  notice: z.string(),
  evidence: z.array(evidenceSchema),
  grounds: z.array(groundSchema),
  actor: actorSchema,
  issuedAt: z.iso.datetime(),
  /** Null for measures without an end of their own. */
  until: z.iso.datetime().nullable(),
  receivedAt: z.iso.datetime().nullable(),
  effectiveAt: z.iso.datetime().nullable(),
  endedAt: z.iso.datetime().nullable(),
  /** The measure this one undoes (a Reversal), and the one that undid this. */
  reverses: z.string().nullable(),
  reversedBy: z.string().nullable(),
  auditSeq: z.int(),
  demo: z.boolean(),
  rev: z.int(),
})
export type Enforcement = z.infer<typeof enforcementSchema>

/** What the room is told: enough to obey and to explain itself to its host. */
export const roomEnforcementSchema = z.object({
  enforcementId: z.string(),
  action: actionSchema,
  subject: subjectSchema,
  sessionId: z.string().nullable(),
  codes: z.array(z.string()),
  notice: z.string(),
  issuedAt: z.iso.datetime(),
  until: z.iso.datetime().nullable(),
})
export type RoomEnforcement = z.infer<typeof roomEnforcementSchema>

/** Longest suspension one moderator may order alone, in seconds. */
export const moderatorSuspendSeconds = 24 * 3_600

/** The command of console and API. The idempotency key makes a double press one action. */
export const issueEnforcementSchema = z.strictObject({
  idempotencyKey: z.string().min(8).max(128),
  caseId: z.string().min(1),
  /** `rev` of the case as the person saw it; a newer case answers `conflict`. */
  caseRev: z.int().min(0),
  action: z.enum(['remind', 'warn', 'suspend', 'ban']),
  /** Needed for `suspend`: whole seconds, at least one minute. */
  durationSeconds: z
    .int()
    .min(60)
    .max(30 * 24 * 3_600)
    .optional(),
  /** Clauses from the findings' basis; at least one. */
  basisIds: z.array(z.string().min(1)).min(1).max(20),
  /** `sessionId:seq` of the evidence; at least one. */
  evidenceIds: z.array(z.string().min(3)).min(1).max(50),
  /** Needed when the measure differs from the suggested step. */
  reason: z.string().max(1_000).default(''),
  note: z.string().max(2_000).default(''),
})
export type IssueEnforcement = z.infer<typeof issueEnforcementSchema>
export type IssueEnforcementInput = z.input<typeof issueEnforcementSchema>

/** Ends a running measure early; the lift is an enforcement of its own kind in the history and names the measure. */
export const liftEnforcementSchema = z.strictObject({
  idempotencyKey: z.string().min(8).max(128),
  enforcementId: z.string().min(1),
  reason: z.string().min(1, 'A lift needs a reason').max(1_000),
})
export type LiftEnforcement = z.infer<typeof liftEnforcementSchema>

/** The step the ladder proposes, with everything it was derived from. */
export const suggestionSchema = z.object({
  action: actionSchema,
  durationSeconds: z.int().nullable(),
  ladderVersion: z.string(),
  step: z.int(),
  /** Active strike weight before and after. */
  strikesBefore: z.int(),
  strikesAfter: z.int(),
  banThreshold: z.int(),
  /** In plain words, zh: 90 天内有效计分 2 … */
  inputs: z.array(z.string()),
})
export type Suggestion = z.infer<typeof suggestionSchema>
