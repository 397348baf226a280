import { sql } from 'kysely'
import { uuidv7 } from 'uuidv7'
import type { AlertSeed } from '../contracts/alert-seed.ts'
import type { AuditDraft } from '../contracts/audit.ts'
import { categorySchema, type Category } from '../contracts/category.ts'
import type { Finding } from '../contracts/finding.ts'
import type { RoomChange } from '../contracts/room-change.ts'
import type { RoomEvent } from '../contracts/room-event.ts'
import { alertsByIds, caseById } from './case-detail.ts'
import { appendAudit } from './audit-log.ts'
import { appendFacts, type LogEntry } from './console-log.ts'
import type { Db, Tx } from './database.ts'
import { assertFence, type Lease } from './partition-leases.ts'

/** A session that has events the worker has not folded, or an end it has not settled. */
export type LaggingSession = {
  sessionId: string
  roomId: string
  hostId: string
  category: Category | null
  licences: string[]
  startedAt: string
  demo: boolean
  viewers: number | null
  lastSeq: number
  ended: boolean
  processedSeq: number
  packHash: string | null
}

/** Sessions of a partition that lag, the longest waiting first. */
export async function laggingSessions(db: Db, partition: number, limit: number): Promise<LaggingSession[]> {
  const { rows } = await sql<{
    id: string
    room_id: string
    host_id: string
    category: string | null
    licences: string[]
    started_at: Date
    demo: boolean
    viewers: number | null
    last_seq: number
    ended: boolean
    processed_seq: number
    pack_hash: string | null
  }>`
    SELECT s.id, s.room_id, s.host_id, s.category, s.licences, s.started_at, s.demo, s.viewers, s.last_seq,
      s.ended_at IS NOT NULL AS ended, c.processed_seq,
      (SELECT pack_hash FROM session_packs p WHERE p.session_id = s.id ORDER BY from_seq DESC LIMIT 1) AS pack_hash
    FROM session_cursors c JOIN sessions s ON s.id = c.session_id
    WHERE c.partition = ${partition} AND NOT c.settled AND (s.last_seq > c.processed_seq OR s.ended_at IS NOT NULL)
    ORDER BY s.last_event_at LIMIT ${limit}`.execute(db)
  return rows.map((row) => ({
    sessionId: row.id,
    roomId: row.room_id,
    hostId: row.host_id,
    category: categorySchema.nullable().catch(null).parse(row.category),
    licences: row.licences,
    startedAt: row.started_at.toISOString(),
    demo: row.demo,
    viewers: row.viewers,
    lastSeq: row.last_seq,
    ended: row.ended,
    processedSeq: row.processed_seq,
    packHash: row.pack_hash,
  }))
}

/** Events a session gets in a batch at the least, however many others wait. */
const leastShare = 10

/** Partitions with something to do, straight from Postgres: the sweeper's view, in case the queue lost a wake-up. */
export async function laggingPartitions(db: Db): Promise<number[]> {
  const { rows } = await sql<{ partition: number }>`
    SELECT DISTINCT c.partition FROM session_cursors c JOIN sessions s ON s.id = c.session_id
    WHERE NOT c.settled AND (s.last_seq > c.processed_seq OR s.ended_at IS NOT NULL)`.execute(db)
  return rows.map((row) => row.partition)
}

/** Events a worker has not folded yet, over all sessions. */
export async function lagEvents(db: Db): Promise<number> {
  const { rows } = await sql<{ lag: number }>`
    SELECT coalesce(sum(s.last_seq - c.processed_seq), 0)::int AS lag
    FROM session_cursors c JOIN sessions s ON s.id = c.session_id WHERE NOT c.settled`.execute(db)
  return rows[0]?.lag ?? 0
}

/**
 * Events of several sessions after each one's own place, in `seq` order within a session: about `limit` in all, and for
 * every session a share, so that one long upload does not keep the others waiting.
 */
export async function eventsAfter(
  db: Db,
  places: readonly { sessionId: string; afterSeq: number }[],
  limit: number,
): Promise<Map<string, RoomEvent[]>> {
  const share = Math.max(leastShare, Math.floor(limit / Math.max(1, places.length)))
  const { rows } = await sql<{ session_id: string; body: RoomEvent }>`
    SELECT picked.session_id, picked.body
    FROM unnest(${places.map((place) => place.sessionId)}::text[], ${places.map((place) => place.afterSeq)}::int[])
      WITH ORDINALITY AS asked (session_id, after_seq, place)
    CROSS JOIN LATERAL (
      SELECT events.session_id, events.seq, events.body FROM events
      WHERE events.session_id = asked.session_id AND events.seq > asked.after_seq
      ORDER BY events.seq LIMIT ${share}
    ) AS picked
    ORDER BY asked.place, picked.seq`.execute(db)
  const bySession = new Map<string, RoomEvent[]>()
  for (const row of rows) {
    const events = bySession.get(row.session_id)
    if (events) events.push(row.body)
    else bySession.set(row.session_id, [row.body])
  }
  return bySession
}

/** The stored room state of a session and the seq it was folded to, if there is one of these versions. */
export async function roomSnapshot(
  db: Db,
  sessionId: string,
  versions: readonly number[],
): Promise<{ seq: number; state: unknown } | null> {
  const row = await db
    .selectFrom('session_cursors')
    .select(['snapshot', 'snapshot_seq'])
    .where('session_id', '=', sessionId)
    .where('snapshot_version', 'in', [...versions])
    .where('snapshot', 'is not', null)
    .executeTakeFirst()
  return row ? { seq: row.snapshot_seq, state: row.snapshot } : null
}

/** Which pack judged which events of a session, oldest first. */
export async function sessionPacks(db: Db, sessionId: string): Promise<{ fromSeq: number; packHash: string }[]> {
  const rows = await db
    .selectFrom('session_packs')
    .select(['from_seq', 'pack_hash'])
    .where('session_id', '=', sessionId)
    .orderBy('from_seq')
    .execute()
  return rows.map((row) => ({ fromSeq: row.from_seq, packHash: row.pack_hash }))
}

/** What folding a stretch of one session brought. */
export type SessionProgress = {
  session: LaggingSession
  processedSeq: number
  changes: RoomChange[]
  poisons: { seq: number; error: string }[]
  snapshot: { version: number; state: unknown } | null
  /** Set when this stretch is the first under a pack. */
  pack: { fromSeq: number; hash: string } | null
  settled: boolean
}

/**
 * The one transaction of analysis: findings, alerts, cases, console facts, dead letters, packs, snapshots and the moved
 * cursors, or nothing. Throws FenceLostError when another holder took the partition.
 */
export async function commitAnalysis(db: Db, lease: Lease, folded: readonly SessionProgress[]): Promise<number> {
  return db.transaction().execute(async (tx) => {
    await assertFence(tx, lease)
    const progress = await stillThere(tx, folded)
    if (progress.length === 0) return 0
    const facts: LogEntry[] = []
    for (const one of progress) {
      await saveFindings(tx, one)
      await saveAlerts(tx, one, facts)
      await savePoisons(tx, one, facts)
    }
    await savePacks(tx, progress)
    await moveCursors(tx, progress)
    await appendFacts(tx, facts)
    return facts.length
  })
}

/** Sessions that were not removed meanwhile (a demo that was cleared); holds them in place until the commit. */
async function stillThere(tx: Tx, progress: readonly SessionProgress[]): Promise<SessionProgress[]> {
  const rows = await tx
    .selectFrom('sessions')
    .select('id')
    .where(
      'id',
      'in',
      progress.map(({ session }) => session.sessionId),
    )
    .orderBy('id')
    .forKeyShare()
    .execute()
  const ids = new Set(rows.map((row) => row.id))
  return progress.filter(({ session }) => ids.has(session.sessionId))
}

async function saveFindings(tx: Tx, progress: SessionProgress): Promise<void> {
  const rows = progress.changes.flatMap((change) => {
    if (change.type === 'alert.withdrawn' || change.type === 'evidence.replaced') return []
    const alertId = 'alert' in change ? change.alert.id : null
    return change.findings.map((finding) => findingRow(progress.session.sessionId, alertId, finding))
  })
  if (rows.length > 0) {
    await tx
      .insertInto('findings')
      .values(rows)
      .onConflict((conflict) => conflict.doNothing())
      .execute()
  }
  // After the insert: a finding of this very stretch may have been corrected away by its end.
  for (const change of progress.changes) {
    if (change.type === 'evidence.replaced') await withdrawFindings(tx, progress.session.sessionId, change)
  }
}

/** Marks what rested on corrected words. */
async function withdrawFindings(tx: Tx, sessionId: string, replaced: { seq: number; bySeq: number }): Promise<void> {
  await tx
    .updateTable('findings')
    .set({ withdrawn_by: replaced.bySeq })
    .where('session_id', '=', sessionId)
    .where('seq', '<', replaced.bySeq)
    .where('withdrawn_by', 'is', null)
    .where(sql<boolean>`finding -> 'evidenceSeqs' @> ${JSON.stringify([replaced.seq])}::jsonb`)
    .execute()
}

function findingRow(sessionId: string, alertId: string | null, finding: Finding) {
  return {
    session_id: sessionId,
    seq: finding.seq,
    code: finding.code,
    rule_id: finding.ruleId,
    span_start: finding.span[0],
    alert_id: alertId,
    finding: JSON.stringify(finding),
    withdrawn_by: null,
  }
}

/** The alerts of a stretch as they stand at its end; one that opened and was updated inside it is one new alert. */
function lastOfEach(changes: readonly RoomChange[]): { alert: AlertSeed; newFindings: boolean }[] {
  const last = new Map<string, { alert: AlertSeed; newFindings: boolean }>()
  for (const change of changes) {
    if (!('alert' in change)) continue
    const newFindings = change.type !== 'alert.withdrawn' && change.findings.length > 0
    const before = last.get(change.alert.id)
    last.set(change.alert.id, { alert: change.alert, newFindings: newFindings || (before?.newFindings ?? false) })
  }
  return [...last.values()]
}

async function saveAlerts(tx: Tx, progress: SessionProgress, facts: LogEntry[]): Promise<void> {
  const changed = lastOfEach(progress.changes)
  if (changed.length === 0) return
  const known = await tx
    .selectFrom('alerts')
    .select(['id', 'case_id'])
    .where(
      'id',
      'in',
      changed.map(({ alert }) => alert.id),
    )
    .execute()
  const caseOf = new Map(known.map((row) => [row.id, row.case_id]))
  const touchedCases = new Set<string>()
  for (const { alert, newFindings } of changed) {
    const caseId = await caseFor(tx, progress.session, alert, caseOf.get(alert.id) ?? null, newFindings)
    await saveAlert(tx, progress.session, alert, caseId)
    touchedCases.add(caseId)
  }
  const closed = await closeEmptyCases(tx, [...touchedCases])
  const regraded = await regradeCases(tx, [...touchedCases])
  const { roomId, demo } = progress.session
  const alerts = await alertsByIds(
    tx,
    changed.map(({ alert }) => alert.id),
  )
  for (const alert of alerts) {
    const type =
      alert.state === 'withdrawn' ? 'alert.withdrawn' : caseOf.has(alert.id) ? 'alert.updated' : 'alert.opened'
    facts.push({ roomId, demo, fact: { type, alert } })
  }
  for (const caseId of [...closed, ...regraded]) {
    const found = await caseById(tx, caseId)
    if (found) facts.push({ roomId, demo, fact: { type: 'case.updated', case: found } })
  }
}

/**
 * The case an alert belongs to. Alerts with one anchor share it. A finding that joins an alert whose case is resolved
 * opens a new case that names the old: decisions never reach back into what was said later.
 */
async function caseFor(
  tx: Tx,
  session: LaggingSession,
  alert: AlertSeed,
  knownCaseId: string | null,
  newFindings: boolean,
): Promise<string> {
  let select = tx.selectFrom('cases').select(['id', 'status', 'severity'])
  select = knownCaseId
    ? select.where('id', '=', knownCaseId)
    : select.where('session_id', '=', session.sessionId).where('anchor_seq', '=', alert.anchorSeq)
  const current = await select.orderBy('opened_at', 'desc').limit(1).forUpdate().executeTakeFirst()
  if (current && (current.status !== 'resolved' || !newFindings)) {
    return current.id
  }
  const id = uuidv7()
  await tx
    .insertInto('cases')
    .values({
      id,
      session_id: session.sessionId,
      room_id: session.roomId,
      host_id: session.hostId,
      anchor_seq: alert.anchorSeq,
      severity: alert.severity,
      claimed_by: null,
      resolved_by: null,
      resolved_by_name: null,
      decision: null,
      dismiss_reason: null,
      follows: current?.id ?? null,
      demo: session.demo,
    })
    .execute()
  return id
}

async function saveAlert(tx: Tx, session: LaggingSession, alert: AlertSeed, caseId: string): Promise<void> {
  const row = {
    case_id: caseId,
    label: alert.label,
    severity: alert.severity,
    state: alert.state,
    seed: JSON.stringify(alert),
    viewers: session.viewers,
  }
  await tx
    .insertInto('alerts')
    .values({
      id: alert.id,
      session_id: session.sessionId,
      room_id: session.roomId,
      host_id: session.hostId,
      code: alert.code,
      demo: session.demo,
      ...row,
    })
    .onConflict((conflict) =>
      conflict.column('id').doUpdateSet((eb) => ({
        ...row,
        // A decision stays: only a new case (new findings) makes a resolved alert open again.
        state:
          alert.state === 'withdrawn'
            ? 'withdrawn'
            : eb
                .case()
                .when(eb.and([eb('alerts.state', '=', 'resolved'), eb('alerts.case_id', '=', caseId)]))
                .then('resolved')
                .else('open')
                .end(),
        rev: eb('alerts.rev', '+', 1),
        updated_at: sql<Date>`now()`,
      })),
    )
    .execute()
}

/** A case is as grave as the gravest of its alerts that stand: also when a correction made that one milder. */
async function regradeCases(tx: Tx, caseIds: readonly string[]): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    UPDATE cases SET severity = standing.severity, rev = cases.rev + 1
    FROM (
      SELECT case_id, max(severity) AS severity FROM alerts
      WHERE case_id = ANY(${[...caseIds]}::text[]) AND state <> 'withdrawn' GROUP BY case_id
    ) AS standing
    WHERE cases.id = standing.case_id AND cases.status <> 'resolved' AND cases.severity <> standing.severity
    RETURNING cases.id`.execute(tx)
  return rows.map((row) => row.id)
}

/** A case whose alerts were all withdrawn has nothing left to decide. */
async function closeEmptyCases(tx: Tx, caseIds: readonly string[]): Promise<string[]> {
  const rows = await tx
    .updateTable('cases')
    .set((eb) => ({
      status: 'resolved',
      decision: 'dismiss',
      dismiss_reason: 'false_transcript',
      resolved_at: sql<Date>`now()`,
      resolved_by_name: 'livewarden',
      note: 'All alerts were withdrawn after a transcript correction.',
      claimed_by: null,
      claimed_until: null,
      rev: eb('rev', '+', 1),
    }))
    .where('id', 'in', [...caseIds])
    .where('status', '<>', 'resolved')
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('alerts')
            .select('alerts.id')
            .whereRef('alerts.case_id', '=', 'cases.id')
            .where('alerts.state', '<>', 'withdrawn'),
        ),
      ),
    )
    .returning('id')
    .execute()
  for (const { id } of rows) await appendAudit(tx, closedByCorrection(id))
  return rows.map((row) => row.id)
}

function closedByCorrection(caseId: string): AuditDraft {
  return {
    kind: 'case.closed',
    actor: { kind: 'service', id: 'livewarden', name: 'livewarden', role: 'service' },
    subject: `case:${caseId}`,
    reason: 'All alerts were withdrawn after a correction.',
    evidenceIds: [],
    requestId: '',
    body: { caseId },
  }
}

async function savePoisons(tx: Tx, progress: SessionProgress, facts: LogEntry[]): Promise<void> {
  const { sessionId, roomId, demo } = progress.session
  for (const { seq, error } of progress.poisons) {
    await tx
      .insertInto('dead_letters')
      .values({ session_id: sessionId, seq, error })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
    await tx
      .insertInto('coverage_gaps')
      .values({ session_id: sessionId, from_seq: seq, to_seq: seq, reason: 'poison' })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
    const gap = { sessionId, fromSeq: seq, toSeq: seq, reason: 'poison' as const, at: new Date().toISOString() }
    facts.push({ roomId, demo, fact: { type: 'coverage.gap', gap } })
  }
}

async function savePacks(tx: Tx, progress: readonly SessionProgress[]): Promise<void> {
  const rows = progress.flatMap(({ session, pack }) =>
    pack ? [{ session_id: session.sessionId, from_seq: pack.fromSeq, pack_hash: pack.hash }] : [],
  )
  if (rows.length === 0) return
  await tx
    .insertInto('session_packs')
    .values(rows)
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

async function moveCursors(tx: Tx, progress: readonly SessionProgress[]): Promise<void> {
  await sql`
    UPDATE session_cursors SET
      processed_seq = moved.processed_seq,
      settled = moved.settled,
      snapshot = CASE WHEN moved.snapshot IS NULL THEN session_cursors.snapshot ELSE moved.snapshot::jsonb END,
      snapshot_seq = CASE WHEN moved.snapshot IS NULL THEN session_cursors.snapshot_seq ELSE moved.processed_seq END,
      snapshot_version = CASE WHEN moved.snapshot IS NULL THEN session_cursors.snapshot_version ELSE moved.snapshot_version END,
      snapshot_at = CASE WHEN moved.snapshot IS NULL THEN session_cursors.snapshot_at ELSE now() END
    FROM unnest(
      ${progress.map((one) => one.session.sessionId)}::text[],
      ${progress.map((one) => one.processedSeq)}::int[],
      ${progress.map((one) => one.settled)}::boolean[],
      ${progress.map((one) => (one.snapshot ? JSON.stringify(one.snapshot.state) : null))}::text[],
      ${progress.map((one) => one.snapshot?.version ?? 0)}::int[]
    ) AS moved (session_id, processed_seq, settled, snapshot, snapshot_version)
    WHERE session_cursors.session_id = moved.session_id`.execute(tx)
}
