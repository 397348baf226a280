import { describe, expect, it } from 'vitest'
import type { CaseDetail } from '../../src/contracts/case.ts'
import { issueEnforcementSchema, moderatorSuspendSeconds, type Suggestion } from '../../src/contracts/enforcement.ts'
import type { Finding } from '../../src/contracts/finding.ts'
import {
  draftProblem,
  enforcementBody,
  evidenceIdsOf,
  freshDraft,
  leavesSuggestion,
  parseDraft,
} from '../../web/src/lib/action-draft.ts'

const suggestion: Suggestion = {
  action: 'suspend',
  durationSeconds: 3_600,
  ladderVersion: '2026-1',
  step: 4,
  strikesBefore: 1,
  strikesAfter: 3,
  banThreshold: 6,
  inputs: [],
}
const finding: Finding & { alertId: string } = {
  alertId: 'a',
  seq: 7,
  evidenceSeqs: [3, 5, 7],
  code: 'efficacy.food_cure',
  label: 'efficacy',
  ruleId: 'r',
  packVersion: '1',
  severity: 5,
  score: 0.9,
  span: [0, 2],
  quote: '根治',
  concepts: [],
  exemptions: [],
  notes: [],
  basis: ['ad-17'],
}
const receivedAt = '2026-11-23T06:00:00.000Z'
const session: CaseDetail['session'] = {
  id: 's1',
  roomId: 'r1',
  title: '茶',
  host: { id: 'h1', name: '伍姐' },
  category: 'food',
  licences: [],
  liveUrl: null,
  startedAt: receivedAt,
  endedAt: null,
  endReason: null,
  lastSeq: 9,
  processedSeq: 9,
  lastEventAt: null,
  lastSpeechAt: null,
  viewers: null,
  demo: false,
  rev: 1,
}

function detail(change: Partial<Suggestion> = {}): CaseDetail {
  return {
    case: {
      id: 'c1',
      number: 1,
      sessionId: 's1',
      roomId: 'r1',
      hostId: 'h1',
      status: 'open',
      severity: 5,
      claimedBy: null,
      claimedByName: null,
      claimedUntil: null,
      openedAt: receivedAt,
      resolvedAt: null,
      resolvedBy: null,
      resolvedByName: null,
      decision: null,
      dismissReason: null,
      follows: null,
      demo: false,
      rev: 4,
    },
    alerts: [],
    findings: [finding],
    session,
    transcript: [
      { seq: 3, atMs: 0, channel: 'product', text: '桑叶茶', receivedAt },
      { seq: 5, atMs: 0, channel: 'speech', text: '根', partial: true, receivedAt },
      { seq: 7, atMs: 0, channel: 'speech', text: '根治', receivedAt },
    ],
    gaps: [],
    suggestion: { ...suggestion, ...change },
    grounds: [{ basisId: 'ad-17', citation: '《广告法》第十七条', version: '2021', summary: '' }],
    hostEnforcements: [],
  }
}

describe('the action panel', () => {
  it('opens at the suggested step with every clause and the lines that are evidence', () => {
    const draft = freshDraft(detail(), ['enforcement.ban'])
    expect(draft).toMatchObject({
      choice: 'suspend',
      durationSeconds: 3_600,
      basisIds: ['ad-17'],
      evidenceIds: ['s1:7'],
    })
    expect(leavesSuggestion(draft, suggestion)).toBe(false)
    expect(draftProblem(draft, suggestion)).toBeNull()
  })

  it('stays within what a moderator may order, and then asks for the reason', () => {
    const week = detail({ durationSeconds: 604_800 })
    const draft = freshDraft(week, ['case.act', 'enforcement.issue'])
    expect(draft.durationSeconds).toBe(moderatorSuspendSeconds)
    expect(draftProblem(draft, week.suggestion)).toBe('reason')
    const ban = detail({ action: 'ban', durationSeconds: null })
    expect(freshDraft(ban, []).choice).toBe('suspend')
    expect(freshDraft(ban, ['enforcement.ban']).choice).toBe('ban')
  })

  it('leaves products and partial words out of the evidence', () => {
    expect(evidenceIdsOf(detail())).toEqual(['s1:7'])
  })

  it('asks for clause, evidence, reason and cause in turn', () => {
    const draft = freshDraft(detail(), [])
    expect(draftProblem({ ...draft, basisIds: [] }, suggestion)).toBe('basis')
    expect(draftProblem({ ...draft, evidenceIds: [] }, suggestion)).toBe('evidence')
    expect(draftProblem({ ...draft, choice: 'warn' }, suggestion)).toBe('reason')
    expect(draftProblem({ ...draft, choice: 'warn', reason: '首次' }, suggestion)).toBeNull()
    expect(draftProblem({ ...draft, durationSeconds: 600 }, suggestion)).toBe('reason')
    expect(draftProblem({ ...draft, choice: 'dismiss' }, suggestion)).toBe('dismissReason')
    expect(draftProblem({ ...draft, choice: 'dismiss', dismissReason: 'context' }, suggestion)).toBeNull()
  })

  it('sends a command that the contract accepts, with a duration only for a suspension', () => {
    const draft = freshDraft(detail(), [])
    const suspend = enforcementBody({ ...draft, choice: 'suspend' }, 'c1', 4, 'k'.repeat(32))
    const warn = enforcementBody({ ...draft, choice: 'warn' }, 'c1', 4, 'k'.repeat(32))
    expect(issueEnforcementSchema.parse(suspend)).toMatchObject({ caseRev: 4, durationSeconds: 3_600 })
    expect(issueEnforcementSchema.parse(warn)).not.toHaveProperty('durationSeconds')
  })

  it('brings a stored draft back, and throws anything else away', () => {
    const draft = freshDraft(detail(), [])
    expect(parseDraft(JSON.stringify(draft))).toEqual(draft)
    for (const text of [null, '', '{}', '[]', 'null', JSON.stringify({ ...draft, choice: 'expel' })]) {
      expect(parseDraft(text)).toBeNull()
    }
  })
})
