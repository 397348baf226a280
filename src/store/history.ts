import { sql, type RawBuilder, type SelectQueryBuilder, type SqlBool } from 'kysely'
import type { Alert, AlertDetail } from '../contracts/alert.ts'
import type { AuditEntry } from '../contracts/audit.ts'
import type { Case } from '../contracts/case.ts'
import { cuttingActions, type Enforcement } from '../contracts/enforcement.ts'
import { ok, refuse, type Result } from '../contracts/errors.ts'
import type {
  AlertQuery,
  AuditQuery,
  CaseQuery,
  EnforcementQuery,
  Page,
  Room,
  RoomDetail,
  SessionQuery,
  Transcript,
  TranscriptQuery,
} from '../contracts/history.ts'
import type { Session } from '../contracts/session.ts'
import { listAudit } from './audit-log.ts'
import {
  caseDetail,
  coverageGaps,
  selectAlerts,
  selectCases,
  toAlert,
  toCase,
  toTranscriptLine,
} from './case-detail.ts'
import type { Db } from './database.ts'
import { selectEnforcements, toEnforcement } from './enforcement-store.ts'
import { selectSessions, toSession } from './sessions.ts'

/**
 * Reads for lists and details. Every list is newest first and pages by the place of its last row, not by a number of
 * rows, so that rows which arrive meanwhile neither repeat nor hide any.
 */

/** Beyond this many rows a total is not counted. */
const mostCounted = 10_000
/** Milliseconds of stream time shown around the findings of one alert. */
const contextMs = 30_000

/** Alerts, newest first. `bad_request` for a cursor that no page gave. */
export async function listAlerts(db: Db, query: AlertQuery): Promise<Result<Page<Alert>>> {
  return listPage(db, {
    table: 'alerts',
    time: 'opened_at',
    query,
    conditions: [
      anyOf('alerts.state', query.state),
      anyOf('alerts.code', query.code),
      query.minSeverity === undefined ? null : sql<SqlBool>`alerts.severity >= ${query.minSeverity}`,
      equals('alerts.room_id', query.roomId),
      equals('alerts.session_id', query.sessionId),
      demoFilter('alerts', query.demo),
    ],
    select: selectAlerts(db),
    map: toAlert,
  })
}

/** Cases, newest first. `bad_request` for a cursor that no page gave. */
export async function listCases(db: Db, query: CaseQuery): Promise<Result<Page<Case>>> {
  return listPage(db, {
    table: 'cases',
    time: 'opened_at',
    query,
    conditions: [
      anyOf('cases.status', query.status),
      equals('cases.room_id', query.roomId),
      demoFilter('cases', query.demo),
    ],
    select: selectCases(db),
    map: toCase,
  })
}

/** Measures and their reversals, newest first. `bad_request` for a cursor that no page gave. */
export async function listEnforcements(db: Db, query: EnforcementQuery): Promise<Result<Page<Enforcement>>> {
  return listPage(db, {
    table: 'enforcements',
    time: 'issued_at',
    query,
    conditions: [
      query.from === undefined ? null : sql<SqlBool>`enforcements.issued_at >= ${query.from}::timestamptz`,
      query.to === undefined ? null : sql<SqlBool>`enforcements.issued_at < ${query.to}::timestamptz`,
      anyOf('enforcements.action', query.action),
      anyOf('enforcements.status', query.status),
      query.code === undefined ? null : sql<SqlBool>`enforcements.codes && ${query.code}::text[]`,
      anyOf('enforcements.actor_id', query.actorId),
      equals('enforcements.host_id', query.hostId),
      equals('enforcements.room_id', query.roomId),
      query.q === undefined ? null : mentions(query.q),
      demoFilter('enforcements', query.demo),
    ],
    select: selectEnforcements(db),
    map: toEnforcement,
  })
}

/** Broadcasts, newest first. `bad_request` for a cursor that no page gave. */
export async function listSessions(db: Db, query: SessionQuery): Promise<Result<Page<Session>>> {
  return listPage(db, {
    table: 'sessions',
    time: 'started_at',
    query,
    conditions: [
      query.live === undefined ? null : sql<SqlBool>`(sessions.ended_at IS NULL) = ${query.live}`,
      equals('sessions.room_id', query.roomId),
      demoFilter('sessions', query.demo),
    ],
    select: selectSessions(db),
    map: toSession,
  })
}

/** The audit chain, newest first; its cursor is a place in the chain. */
export async function pageAudit(db: Db, query: AuditQuery): Promise<Result<Page<AuditEntry>>> {
  const before = query.cursor === undefined ? undefined : Number(query.cursor)
  if (before !== undefined && !(Number.isSafeInteger(before) && before > 0)) return badCursor()
  const kind = query.kind === undefined ? {} : { kind: query.kind }
  const entries = await listAudit(db, {
    ...kind,
    ...(before === undefined ? {} : { before }),
    limit: query.limit + 1,
  })
  const items = entries.slice(0, query.limit)
  const total = await countUpTo(db, 'audit_log', query.kind === undefined ? [] : [sql<SqlBool>`kind = ${query.kind}`])
  const last = items.at(-1)
  return ok({ items, nextCursor: entries.length > items.length && last ? String(last.seq) : null, total })
}

/** Rooms, live ones first, then by their last broadcast. `bad_request` for a cursor that no page gave. */
export async function listRooms(db: Db, query: SessionQuery): Promise<Result<Page<Room>>> {
  const after = query.cursor === undefined ? null : readCursor(query.cursor)
  if (after === undefined) return badCursor()
  const filters = allOf([
    query.live === undefined ? null : sql<SqlBool>`live = ${query.live}`,
    equals('id', query.roomId),
    query.demo === 'include' ? null : sql<SqlBool>`demo = ${query.demo === 'only'}`,
  ])
  const ranked = sql`
    SELECT rooms.id, rooms.title, rooms.host_id, hosts.name AS host_name, rooms.live_url, rooms.demo,
      latest.id AS session_id, latest.id IS NOT NULL AND latest.ended_at IS NULL AS live,
      coalesce(latest.started_at, rooms.created_at) AS at
    FROM rooms JOIN hosts ON hosts.id = rooms.host_id
    LEFT JOIN LATERAL (
      SELECT id, ended_at, started_at FROM sessions WHERE room_id = rooms.id ORDER BY epoch DESC LIMIT 1
    ) AS latest ON true`
  const { rows } = await sql<RoomRow>`
    SELECT ranked.*, ${micros(sql.ref('ranked.at'))} AS page_at FROM (${ranked}) AS ranked
    WHERE ${filters} AND ${
      after === null ? sql`true` : sql`(live, at, id) < (${after.live}, ${moment(after.micros)}, ${after.id})`
    }
    ORDER BY live DESC, at DESC, id DESC LIMIT ${query.limit + 1}`.execute(db)
  const counted = await sql<{ count: number }>`
    SELECT count(*)::int AS count FROM (
      SELECT 1 FROM (${ranked}) AS ranked WHERE ${filters} LIMIT ${mostCounted + 1}
    ) AS counted`.execute(db)
  const shown = rows.slice(0, query.limit)
  const last = shown.at(-1)
  return ok({
    items: await toRooms(db, shown),
    nextCursor: rows.length > shown.length && last ? writeCursor(last.page_at, last.id, last.live) : null,
    total: totalOf(counted.rows[0]?.count ?? 0),
  })
}

/** One room as its own screen needs it: its live or last broadcast, that one's alerts and gaps, the room's measures. */
export async function roomDetail(db: Db, roomId: string): Promise<RoomDetail | undefined> {
  const found = await listRooms(db, { roomId, limit: 1, demo: 'include' })
  const room = found.ok ? found.value.items[0] : undefined
  if (!room) return undefined
  const alerts = room.session
    ? await selectAlerts(db)
        .where('alerts.session_id', '=', room.session.id)
        .orderBy('alerts.opened_at', 'desc')
        .orderBy('alerts.id', 'desc')
        .limit(500)
        .execute()
    : []
  const enforcements = await selectEnforcements(db)
    .where('enforcements.room_id', '=', roomId)
    .orderBy('enforcements.issued_at', 'desc')
    .orderBy('enforcements.id', 'desc')
    .limit(100)
    .execute()
  return {
    room,
    session: room.session,
    alerts: alerts.map(toAlert),
    enforcements: enforcements.map(toEnforcement),
    gaps: room.session ? await coverageGaps(db, room.session.id) : [],
  }
}

/** One alert with its findings and the words around them; undefined when there is none. */
export async function alertDetail(db: Db, alertId: string): Promise<AlertDetail | undefined> {
  const row = await selectAlerts(db).where('alerts.id', '=', alertId).executeTakeFirst()
  if (!row) return undefined
  const alert = toAlert(row)
  const detail = await caseDetail(db, alert.caseId, () => null)
  if (!detail) throw new Error(`Alert ${alertId} names case ${alert.caseId}, which does not exist`)
  return {
    alert,
    findings: detail.findings.filter((finding) => finding.alertId === alertId),
    session: detail.session,
    transcript: detail.transcript.filter(
      (line) =>
        (line.channel === 'speech' || line.channel === 'chat') &&
        line.atMs >= alert.firstAtMs - contextMs &&
        line.atMs <= alert.lastAtMs + contextMs,
    ),
    gaps: detail.gaps,
  }
}

/**
 * Lines of a session, oldest first: the newest, those before a `seq`, or those after one. `firstSeq` and `lastSeq` are
 * those of the answer; when it is empty, 0 and the `seq` asked after.
 */
export async function readTranscript(db: Db, sessionId: string, query: TranscriptQuery): Promise<Transcript> {
  const onwards = query.afterSeq !== undefined
  let select = db
    .selectFrom('events')
    .select(['seq', 'at_ms', 'body', 'received_at'])
    .where('session_id', '=', sessionId)
    .orderBy('seq', onwards ? 'asc' : 'desc')
    .limit(query.limit)
  if (query.afterSeq !== undefined) select = select.where('seq', '>', query.afterSeq)
  if (query.beforeSeq !== undefined) select = select.where('seq', '<', query.beforeSeq)
  const rows = await select.execute()
  const lines = (onwards ? rows : rows.reverse()).map(toTranscriptLine)
  return { lines, firstSeq: lines[0]?.seq ?? 0, lastSeq: lines.at(-1)?.seq ?? query.afterSeq ?? 0 }
}

type RoomRow = {
  id: string
  title: string
  host_id: string
  host_name: string
  live_url: string | null
  demo: boolean
  session_id: string | null
  live: boolean
  page_at: number
}

async function toRooms(db: Db, rows: readonly RoomRow[]): Promise<Room[]> {
  if (rows.length === 0) return []
  const roomIds = rows.map((row) => row.id)
  const sessionIds = rows.map((row) => row.session_id).filter((id) => id !== null)
  const sessionRows =
    sessionIds.length === 0 ? [] : await selectSessions(db).where('sessions.id', 'in', sessionIds).execute()
  const alertRows = await db
    .selectFrom('alerts')
    .select(['room_id', sql<number>`count(*)::int`.as('count')])
    .where('room_id', 'in', roomIds)
    .where('state', '=', 'open')
    .groupBy('room_id')
    .execute()
  const measures = await runningMeasures(db, roomIds, [...new Set(rows.map((row) => row.host_id))])
  const sessions = new Map(sessionRows.map((row) => [row.id, toSession(row)]))
  const openAlerts = new Map(alertRows.map((row) => [row.room_id, row.count]))
  return rows.map((row) => ({
    id: row.id,
    title: row.title,
    hostId: row.host_id,
    hostName: row.host_name,
    liveUrl: row.live_url,
    demo: row.demo,
    session: row.session_id === null ? null : (sessions.get(row.session_id) ?? null),
    openAlerts: openAlerts.get(row.id) ?? 0,
    ...stateUnder(measures.filter((measure) => concerns(measure, row))),
  }))
}

type RunningMeasure = { action: string; subject_kind: string; subject_id: string; until: Date | null }

/** Measures that keep these rooms or hosts off air now; an interruption ends one broadcast and is none of them. */
function runningMeasures(db: Db, roomIds: readonly string[], hostIds: readonly string[]): Promise<RunningMeasure[]> {
  return db
    .selectFrom('enforcements')
    .select(['action', 'subject_kind', 'subject_id', 'until'])
    .where('ended_at', 'is', null)
    .where('reverses', 'is', null)
    .where('action', 'in', [...cuttingActions])
    .where('action', '<>', 'interrupt')
    .where((eb) =>
      eb.or([
        eb.and([eb('subject_kind', '=', 'room'), eb('subject_id', 'in', [...roomIds])]),
        eb.and([eb('subject_kind', '=', 'host'), eb('subject_id', 'in', [...hostIds])]),
      ]),
    )
    .where((eb) => eb.or([eb('until', 'is', null), eb('until', '>', sql<Date>`now()`)]))
    .execute()
}

function concerns(measure: RunningMeasure, row: RoomRow): boolean {
  return measure.subject_id === (measure.subject_kind === 'room' ? row.id : row.host_id)
}

function stateUnder(measures: readonly RunningMeasure[]): { suspendedUntil: string | null; banned: boolean } {
  const ends = measures.map((measure) => measure.until).filter((until) => until !== null)
  const latest = ends.sort((a, b) => b.getTime() - a.getTime())[0]
  return { suspendedUntil: latest?.toISOString() ?? null, banned: measures.some((measure) => measure.until === null) }
}

type PagedTable = 'alerts' | 'cases' | 'enforcements' | 'sessions'

type PageRequest<DB, TB extends keyof DB, O, T> = {
  table: PagedTable
  /** The column that orders the list; ties are broken by `id`. */
  time: string
  query: { cursor?: string | undefined; limit: number }
  conditions: readonly (RawBuilder<SqlBool> | null)[]
  select: SelectQueryBuilder<DB, TB, O>
  map: (row: O) => T
}

async function listPage<DB, TB extends keyof DB, O, T>(
  db: Db,
  request: PageRequest<DB, TB, O, T>,
): Promise<Result<Page<T>>> {
  const { table, query } = request
  const after = query.cursor === undefined ? null : readCursor(query.cursor)
  if (after === undefined) return badCursor()
  const time = sql.ref(`${table}.${request.time}`)
  const id = sql.ref(`${table}.id`)
  const conditions = request.conditions.filter((condition) => condition !== null)
  let select = request.select.where(allOf(conditions))
  if (after) select = select.where(sql<SqlBool>`(${time}, ${id}) < (${moment(after.micros)}, ${after.id})`)
  const rows = await select
    .select([micros(time).as('page_at'), sql<string>`${id}`.as('page_id')])
    .orderBy(sql`${time}`, 'desc')
    .orderBy(sql`${id}`, 'desc')
    .limit(query.limit + 1)
    .execute()
  const shown = rows.slice(0, query.limit) as (O & { page_at: number; page_id: string })[]
  const last = shown.at(-1)
  return ok({
    items: shown.map((row) => request.map(row)),
    nextCursor: rows.length > shown.length && last ? writeCursor(last.page_at, last.page_id, false) : null,
    total: await countUpTo(db, table, conditions),
  })
}

/** Rows that fit, or null beyond `mostCounted`. */
async function countUpTo(
  db: Db,
  table: PagedTable | 'audit_log',
  conditions: readonly RawBuilder<SqlBool>[],
): Promise<number | null> {
  const { rows } = await sql<{ count: number }>`
    SELECT count(*)::int AS count FROM (
      SELECT 1 FROM ${sql.table(table)} WHERE ${allOf(conditions)} LIMIT ${mostCounted + 1}
    ) AS counted`.execute(db)
  return totalOf(rows[0]?.count ?? 0)
}

function totalOf(counted: number): number | null {
  return counted > mostCounted ? null : counted
}

function allOf(conditions: readonly (RawBuilder<SqlBool> | null)[]): RawBuilder<SqlBool> {
  const real = conditions.filter((condition) => condition !== null)
  return real.length === 0 ? sql<SqlBool>`true` : sql<SqlBool>`${sql.join(real, sql` AND `)}`
}

function anyOf(column: string, values: readonly string[] | undefined): RawBuilder<SqlBool> | null {
  return values === undefined ? null : sql<SqlBool>`${sql.ref(column)} = ANY(${values}::text[])`
}

function equals(column: string, value: string | undefined): RawBuilder<SqlBool> | null {
  return value === undefined ? null : sql<SqlBool>`${sql.ref(column)} = ${value}`
}

function demoFilter(table: PagedTable, demo: 'include' | 'exclude' | 'only'): RawBuilder<SqlBool> | null {
  return demo === 'include' ? null : sql<SqlBool>`${sql.ref(`${table}.demo`)} = ${demo === 'only'}`
}

/** The words in reason, notice, host or room of a measure; `%`, `_` and `\` stand for themselves. */
function mentions(words: string): RawBuilder<SqlBool> {
  const pattern = `%${words.replace(/[\\%_]/g, '\\$&')}%`
  return sql<SqlBool>`concat_ws(
    E'\n', enforcements.reason, enforcements.notice, enforcements.host_name, enforcements.host_id,
    enforcements.room_title, enforcements.room_id
  ) ILIKE ${pattern}`
}

/** A moment in whole microseconds: a JavaScript date would drop three digits, and with them rows. */
function micros(column: RawBuilder<unknown>): RawBuilder<number> {
  return sql<number>`(extract(epoch FROM ${column}) * 1000000)::bigint`
}

function moment(microseconds: number): RawBuilder<Date> {
  return sql<Date>`(timestamptz 'epoch' + ${microseconds}::bigint * interval '1 microsecond')`
}

type Place = { micros: number; id: string; live: boolean }

function writeCursor(microseconds: number, id: string, live: boolean): string {
  return Buffer.from(JSON.stringify([microseconds, id, live])).toString('base64url')
}

/** The place a cursor names, or undefined when no page gave it. */
function readCursor(cursor: string): Place | undefined {
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
  } catch {
    return undefined
  }
  if (!Array.isArray(value) || value.length !== 3) return undefined
  const [microseconds, id, live] = value as unknown[]
  if (typeof microseconds !== 'number' || !Number.isSafeInteger(microseconds)) return undefined
  if (typeof id !== 'string' || id.includes('\0') || typeof live !== 'boolean') return undefined
  return { micros: microseconds, id, live }
}

function badCursor() {
  return refuse('bad_request', 'cursor: take it from nextCursor of the page before', { field: 'cursor' })
}
