import type { Selectable } from 'kysely'
import { slaSeconds, type Alert, type TranscriptLine } from '../contracts/alert.ts'
import { caseSchema, caseStatuses, type Case, type CaseDetail } from '../contracts/case.ts'
import type { Finding } from '../contracts/finding.ts'
import type { CoverageGap } from '../contracts/session.ts'
import { coverageGapSchema } from '../contracts/session.ts'
import { codeSchema, labelSchema } from '../contracts/taxonomy.ts'
import type { Db, Tx } from './database.ts'
import { selectEnforcements, toEnforcement } from './enforcement-store.ts'
import type { Database } from './schema.ts'
import { findSession } from './sessions.ts'

/** Looks up a clause as it was in force on a day (ISO date, Beijing); null when it is unknown or was not yet in force. */
export type CitationLookup = (
  basisId: string,
  isoDate: string,
) => { citation: string; version: string; summary: string } | null

/** Alerts with the case, session and claimer their contract form needs, ready for a `where`. */
export function selectAlerts(db: Db | Tx) {
  return db
    .selectFrom('alerts')
    .innerJoin('cases', 'cases.id', 'alerts.case_id')
    .innerJoin('sessions', 'sessions.id', 'alerts.session_id')
    .leftJoin('people as claimer', 'claimer.id', 'cases.claimed_by')
    .selectAll('alerts')
    .select([
      'cases.number as case_number',
      'cases.status as case_status',
      'cases.claimed_by',
      'cases.claimed_until',
      'claimer.name as claimed_by_name',
      'sessions.title as room_title',
      'sessions.host_name',
    ])
}
export type AlertRow = Awaited<ReturnType<ReturnType<typeof selectAlerts>['execute']>>[number]

/** An alert as contracts know it: what the fold derived, plus what people made of it. */
export function toAlert(row: AlertRow): Alert {
  const seed = row.seed
  return {
    id: row.id,
    sessionId: row.session_id,
    roomId: row.room_id,
    roomTitle: row.room_title,
    hostId: row.host_id,
    hostName: row.host_name,
    code: codeSchema.parse(row.code),
    label: labelSchema.parse(row.label),
    severity: row.severity,
    score: seed.score,
    anchorSeq: seed.anchorSeq,
    firstSeq: seed.firstSeq,
    lastSeq: seed.lastSeq,
    raisedAtSeq: seed.raisedAtSeq,
    hits: seed.hits,
    firstAtMs: seed.firstAtMs,
    lastAtMs: seed.lastAtMs,
    quote: seed.quote,
    quoteSeq: seed.quoteSeq,
    quoteText: seed.quoteText,
    span: seed.span,
    ruleId: seed.ruleId,
    state: alertState(row.state),
    withdrawnBecause: seed.withdrawnBecause,
    caseId: row.case_id,
    caseNumber: row.case_number,
    caseStatus: caseStatus(row.case_status),
    claimedBy: row.claimed_by,
    claimedByName: row.claimed_by_name,
    claimedUntil: row.claimed_until?.toISOString() ?? null,
    openedAt: row.opened_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    slaDueAt: new Date(row.opened_at.getTime() + (slaSeconds[row.severity] ?? 3_600) * 1_000).toISOString(),
    viewers: row.viewers,
    demo: row.demo,
    rev: row.rev,
  }
}

/** Cases with the name of whoever holds them, ready for a `where`. */
export function selectCases(db: Db | Tx) {
  return db
    .selectFrom('cases')
    .leftJoin('people as claimer', 'claimer.id', 'cases.claimed_by')
    .selectAll('cases')
    .select('claimer.name as claimed_by_name')
}
export type CaseWithClaimer = Awaited<ReturnType<ReturnType<typeof selectCases>['execute']>>[number]

/** A case as contracts know it. */
export function toCase(row: CaseWithClaimer): Case {
  return {
    id: row.id,
    number: row.number,
    sessionId: row.session_id,
    roomId: row.room_id,
    hostId: row.host_id,
    status: caseStatus(row.status),
    severity: row.severity,
    claimedBy: row.claimed_by,
    claimedByName: row.claimed_by_name,
    claimedUntil: row.claimed_until?.toISOString() ?? null,
    openedAt: row.opened_at.toISOString(),
    resolvedAt: row.resolved_at?.toISOString() ?? null,
    resolvedBy: row.resolved_by,
    resolvedByName: row.resolved_by_name,
    decision: caseSchema.shape.decision.parse(row.decision),
    dismissReason: caseSchema.shape.dismissReason.parse(row.dismiss_reason),
    follows: row.follows,
    demo: row.demo,
    rev: row.rev,
  }
}

/** One case, or undefined. */
export async function caseById(db: Db | Tx, id: string): Promise<Case | undefined> {
  const row = await selectCases(db).where('cases.id', '=', id).executeTakeFirst()
  return row && toCase(row)
}

/** The alerts of a case, oldest first. */
export async function alertsOfCase(db: Db | Tx, caseId: string): Promise<Alert[]> {
  const rows = await selectAlerts(db)
    .where('alerts.case_id', '=', caseId)
    .orderBy('alerts.opened_at')
    .orderBy('alerts.id')
    .execute()
  return rows.map(toAlert)
}

/** Several alerts, in the order of their ids as asked; unknown ids are left out. */
export async function alertsByIds(db: Db | Tx, ids: readonly string[]): Promise<Alert[]> {
  if (ids.length === 0) return []
  const rows = await selectAlerts(db).where('alerts.id', 'in', ids).execute()
  const byId = new Map(rows.map((row) => [row.id, toAlert(row)]))
  return ids.map((id) => byId.get(id)).filter((alert) => alert !== undefined)
}

/** The findings of a case's alerts, in the order the words were spoken; of alerts that stand, those that stand. */
export async function findingsOfCase(db: Db | Tx, caseId: string): Promise<(Finding & { alertId: string })[]> {
  const rows = await selectFindings(db, caseId)
    .where((eb) => eb.or([eb('findings.withdrawn_by', 'is', null), eb('alerts.state', '=', 'withdrawn')]))
    .execute()
  return rows.map((row) => ({ ...row.finding, alertId: row.alert_id }))
}

/** The findings of those alerts of a case that were not withdrawn: what a decision may rest on. */
export async function standingFindings(db: Db | Tx, caseId: string): Promise<(Finding & { alertId: string })[]> {
  const rows = await selectFindings(db, caseId)
    .where('alerts.state', '<>', 'withdrawn')
    .where('findings.withdrawn_by', 'is', null)
    .execute()
  return rows.map((row) => ({ ...row.finding, alertId: row.alert_id }))
}

function selectFindings(db: Db | Tx, caseId: string) {
  return db
    .selectFrom('findings')
    .innerJoin('alerts', 'alerts.id', 'findings.alert_id')
    .select(['findings.finding', 'alerts.id as alert_id'])
    .where('alerts.case_id', '=', caseId)
    .orderBy('findings.seq')
    .orderBy('findings.code')
    .orderBy('findings.rule_id')
    .orderBy('findings.span_start')
}

/**
 * Everything needed to decide a case, but for the suggested step, which the ladder adds. Undefined when there is no
 * such case.
 */
export async function caseDetail(
  db: Db | Tx,
  caseId: string,
  citation: CitationLookup,
): Promise<Omit<CaseDetail, 'suggestion'> | undefined> {
  const found = await caseById(db, caseId)
  if (!found) return undefined
  const [alerts, findings, session] = await Promise.all([
    alertsOfCase(db, caseId),
    findingsOfCase(db, caseId),
    findSession(db, found.sessionId),
  ])
  if (!session) throw new Error(`Case ${caseId} names session ${found.sessionId}, which does not exist`)
  const [transcript, gaps, hostEnforcements] = await Promise.all([
    linesAround(db, session.id, alerts),
    coverageGaps(db, session.id),
    enforcementsOfHost(db, found.hostId),
  ])
  const standing = findings.filter(({ alertId }) =>
    alerts.some(({ id, state }) => id === alertId && state !== 'withdrawn'),
  )
  const spokenAt = await momentsOfSpeech(db, session.id, new Date(session.startedAt), standing)
  return {
    case: found,
    alerts,
    findings,
    session,
    transcript,
    gaps,
    grounds: groundsOf(standing, spokenAt, citation),
    hostEnforcements,
  }
}

/** The calendar day in Beijing, ISO date: the day by which a law is in force. */
export function beijingDate(moment: Date): string {
  return new Date(moment.getTime() + 8 * 3_600_000).toISOString().slice(0, 10)
}

/** When each finding's words were spoken, by the `seq` that completed it: the session's start plus stream time. */
export async function momentsOfSpeech(
  db: Db | Tx,
  sessionId: string,
  startedAt: Date,
  findings: readonly Pick<Finding, 'seq'>[],
): Promise<Map<number, Date>> {
  const seqs = [...new Set(findings.map((finding) => finding.seq))]
  if (seqs.length === 0) return new Map()
  const rows = await db
    .selectFrom('events')
    .select(['seq', 'at_ms'])
    .where('session_id', '=', sessionId)
    .where('seq', 'in', seqs)
    .execute()
  return new Map(rows.map((row) => [row.seq, new Date(startedAt.getTime() + row.at_ms)]))
}

/** Each clause the findings rest on once, in the version in force when the first of them was spoken. */
export function groundsOf(
  findings: readonly Pick<Finding, 'seq' | 'basis'>[],
  spokenAt: ReadonlyMap<number, Date>,
  citation: CitationLookup,
): CaseDetail['grounds'] {
  const grounds = new Map<string, CaseDetail['grounds'][number]>()
  for (const finding of findings) {
    const moment = spokenAt.get(finding.seq)
    if (!moment) continue
    for (const basisId of finding.basis) {
      if (grounds.has(basisId)) continue
      const clause = citation(basisId, beijingDate(moment))
      if (clause) grounds.set(basisId, { basisId, ...clause })
    }
  }
  return [...grounds.values()]
}

/** An event as a transcript line. Names of viewers are masked: none of them is ever the one a measure lands on. */
export function toTranscriptLine(row: {
  seq: number
  at_ms: number
  body: Selectable<Database['events']>['body']
  received_at: Date
}): TranscriptLine {
  const line = { seq: row.seq, atMs: row.at_ms, receivedAt: row.received_at.toISOString() }
  const event = row.body
  switch (event.channel) {
    case 'speech':
      return {
        ...line,
        channel: 'speech',
        text: event.text,
        speaker: event.speaker,
        partial: event.partial,
        ...(event.utteranceId === undefined ? {} : { utteranceId: event.utteranceId }),
        ...(event.revises === undefined ? {} : { revises: event.revises }),
        ...(event.confidence === undefined ? {} : { confidence: event.confidence }),
      }
    case 'chat': {
      const staff = event.staff === true
      return {
        ...line,
        channel: 'chat',
        text: event.text,
        userName: staff ? event.userName : maskedName(event.userName),
        staff,
      }
    }
    case 'product':
      return { ...line, channel: 'product', text: event.product.title }
    case 'audience':
      return { ...line, channel: 'audience', text: String(event.viewers) }
    case 'end':
      return { ...line, channel: 'end', text: '' }
  }
}

/** Stretches of a session that were not analysed, in order. */
export async function coverageGaps(db: Db | Tx, sessionId: string): Promise<CoverageGap[]> {
  const rows = await db
    .selectFrom('coverage_gaps')
    .selectAll()
    .where('session_id', '=', sessionId)
    .orderBy('from_seq')
    .limit(500)
    .execute()
  return rows.map((row) => ({
    sessionId: row.session_id,
    fromSeq: row.from_seq,
    toSeq: row.to_seq,
    reason: coverageGapSchema.shape.reason.parse(row.reason),
    at: row.at.toISOString(),
  }))
}

/** Milliseconds of stream time shown before the first and after the last finding. */
const contextMs = 30_000
/** Most lines one case shows; a longer stretch keeps what stands within `contextMs` of a finding. */
const mostLines = 2_000

async function linesAround(db: Db | Tx, sessionId: string, alerts: readonly Alert[]): Promise<TranscriptLine[]> {
  if (alerts.length === 0) return []
  const from = Math.min(...alerts.map((alert) => alert.firstAtMs)) - contextMs
  const to = Math.max(...alerts.map((alert) => alert.lastAtMs)) + contextMs
  const select = db
    .selectFrom('events')
    .select(['seq', 'at_ms', 'body', 'received_at'])
    .where('session_id', '=', sessionId)
    .where('at_ms', '>=', from)
    .where('at_ms', '<=', to)
    .orderBy('seq')
  const rows = await select.limit(mostLines + 1).execute()
  if (rows.length <= mostLines) return rows.map(toTranscriptLine)
  const hits = [...new Set(alerts.flatMap((alert) => alert.hits))]
  const near = await select
    .where((eb) =>
      eb.exists(
        eb
          .selectFrom('events as hit')
          .select('hit.seq')
          .where('hit.session_id', '=', sessionId)
          .where('hit.seq', 'in', hits)
          .where('hit.at_ms', '>=', eb('events.at_ms', '-', contextMs))
          .where('hit.at_ms', '<=', eb('events.at_ms', '+', contextMs)),
      ),
    )
    .limit(mostLines)
    .execute()
  return near.map(toTranscriptLine)
}

async function enforcementsOfHost(db: Db | Tx, hostId: string): Promise<CaseDetail['hostEnforcements']> {
  const rows = await selectEnforcements(db)
    .where('enforcements.host_id', '=', hostId)
    .orderBy('enforcements.issued_at', 'desc')
    .orderBy('enforcements.id', 'desc')
    .limit(50)
    .execute()
  return rows.map(toEnforcement)
}

function maskedName(name: string): string {
  const first = [...name][0] ?? ''
  return `${first}***`
}

function alertState(state: string): Alert['state'] {
  if (state === 'open' || state === 'resolved' || state === 'withdrawn') return state
  throw new Error(`An alert is stored with the unknown state ${state}`)
}

function caseStatus(status: string): Case['status'] {
  const known = caseStatuses.find((one) => one === status)
  if (!known) throw new Error(`A case is stored with the unknown status ${status}`)
  return known
}
