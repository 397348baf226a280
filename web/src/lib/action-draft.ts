import type { CaseDetail } from '../../../src/contracts/case.ts'
import { dismissReasons } from '../../../src/contracts/case.ts'
import {
  moderatorSuspendSeconds,
  type Action,
  type IssueEnforcementInput,
  type Suggestion,
} from '../../../src/contracts/enforcement.ts'
import type { Permission } from '../../../src/contracts/people.ts'

/** What the panel can choose: one of four measures, or no violation. */
export const choices = ['dismiss', 'remind', 'warn', 'suspend', 'ban'] as const
export type Choice = (typeof choices)[number]
export type DismissReason = (typeof dismissReasons)[number]

/** What a moderator has prepared for one case and not yet submitted. */
export type ActionDraft = {
  choice: Choice
  durationSeconds: number
  basisIds: string[]
  evidenceIds: string[]
  reason: string
  note: string
  dismissReason: DismissReason | null
}

/** Durations the panel offers for a suspension, in seconds. */
export const suspendDurations = [600, 3_600, 24 * 3_600, 3 * 24 * 3_600, 7 * 24 * 3_600, 30 * 24 * 3_600] as const
const defaultDuration = 24 * 3_600

/** The panel's choice nearest to a suggested measure; the panel knows four of the eight. */
export function choiceOf(action: Action): Choice {
  switch (action) {
    case 'remind':
      return 'remind'
    case 'warn':
    case 'delist':
      return 'warn'
    case 'interrupt':
    case 'suspend':
    case 'rectify':
      return 'suspend'
    case 'ban':
    case 'expel':
      return 'ban'
  }
}

/**
 * Ids of the lines a case rests on, as `sessionId:seq`, oldest first. Only final words and chat are evidence: partials
 * and products, which a finding may rest on too, are left out.
 */
export function evidenceIdsOf(detail: CaseDetail): string[] {
  const lines = new Map(detail.transcript.map((line) => [line.seq, line]))
  const isEvidence = (seq: number) => {
    const line = lines.get(seq)
    return line === undefined || line.channel === 'chat' || (line.channel === 'speech' && line.partial !== true)
  }
  const seqs = new Set<number>()
  for (const finding of detail.findings) for (const seq of [finding.seq, ...finding.evidenceSeqs]) seqs.add(seq)
  for (const alert of detail.alerts) if (seqs.size === 0) seqs.add(alert.quoteSeq)
  return [...seqs]
    .filter(isEvidence)
    .sort((a, b) => a - b)
    .map((seq) => `${detail.case.sessionId}:${seq}`)
}

/** The panel as it opens: the suggested step as far as this person may go, every clause, every piece of evidence. */
export function freshDraft(detail: CaseDetail, allowed: readonly Permission[]): ActionDraft {
  const suggested = choiceOf(detail.suggestion.action)
  const mayBan = allowed.includes('enforcement.ban')
  const duration = detail.suggestion.durationSeconds ?? defaultDuration
  return {
    choice: suggested === 'ban' && !mayBan ? 'suspend' : suggested,
    durationSeconds: mayBan ? duration : Math.min(duration, moderatorSuspendSeconds),
    basisIds: detail.grounds.map((ground) => ground.basisId).slice(0, 20),
    evidenceIds: evidenceIdsOf(detail).slice(0, 50),
    reason: '',
    note: '',
    dismissReason: null,
  }
}

/** Whether a draft leaves the suggested step, so that it owes a reason. */
export function leavesSuggestion(draft: ActionDraft, suggestion: Suggestion): boolean {
  if (draft.choice === 'dismiss') return false
  if (draft.choice !== suggestion.action) return true
  return (
    draft.choice === 'suspend' &&
    suggestion.durationSeconds !== null &&
    draft.durationSeconds !== suggestion.durationSeconds
  )
}

export type DraftProblem = 'dismissReason' | 'basis' | 'evidence' | 'reason'

/** The first thing a draft lacks before it can be submitted; null when nothing. The service checks the same. */
export function draftProblem(draft: ActionDraft, suggestion: Suggestion): DraftProblem | null {
  if (draft.choice === 'dismiss') return draft.dismissReason === null ? 'dismissReason' : null
  if (draft.basisIds.length === 0) return 'basis'
  if (draft.evidenceIds.length === 0) return 'evidence'
  if (leavesSuggestion(draft, suggestion) && draft.reason.trim() === '') return 'reason'
  return null
}

/** The command a draft becomes; `dismiss` has its own route and no body here. */
export function enforcementBody(
  draft: ActionDraft & { choice: Exclude<Choice, 'dismiss'> },
  caseId: string,
  caseRev: number,
  idempotencyKey: string,
): IssueEnforcementInput {
  return {
    idempotencyKey,
    caseId,
    caseRev,
    action: draft.choice,
    ...(draft.choice === 'suspend' ? { durationSeconds: draft.durationSeconds } : {}),
    basisIds: draft.basisIds,
    evidenceIds: draft.evidenceIds,
    reason: draft.reason.trim(),
    note: draft.note.trim(),
  }
}

/** A stored draft, if it still has the shape of one; anything else is thrown away. */
export function parseDraft(text: string | null): ActionDraft | null {
  if (text === null) return null
  try {
    const value: unknown = JSON.parse(text)
    return isDraft(value) ? value : null
  } catch {
    return null
  }
}

function isDraft(value: unknown): value is ActionDraft {
  if (typeof value !== 'object' || value === null) return false
  const draft = value as Record<string, unknown>
  const texts = (list: unknown) => Array.isArray(list) && list.every((item) => typeof item === 'string')
  return (
    choices.some((choice) => choice === draft['choice']) &&
    typeof draft['durationSeconds'] === 'number' &&
    texts(draft['basisIds']) &&
    texts(draft['evidenceIds']) &&
    typeof draft['reason'] === 'string' &&
    typeof draft['note'] === 'string' &&
    (draft['dismissReason'] === null || dismissReasons.some((reason) => reason === draft['dismissReason']))
  )
}
