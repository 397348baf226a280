import { sql, type Selectable } from 'kysely'
import { categorySchema } from '../contracts/category.ts'
import type { Session } from '../contracts/session.ts'
import { sessionEndReasons } from '../contracts/session.ts'
import type { Db, Tx } from './database.ts'
import type { SessionRow } from './schema.ts'

/** A session as contracts know it; `processedSeq` comes from the worker's cursor. */
export function toSession(row: Selectable<SessionRow> & { processed_seq: number | null }): Session {
  return {
    id: row.id,
    roomId: row.room_id,
    title: row.title,
    host: { id: row.host_id, name: row.host_name },
    category: categorySchema.nullable().catch(null).parse(row.category),
    licences: row.licences,
    liveUrl: row.live_url,
    startedAt: row.started_at.toISOString(),
    endedAt: row.ended_at?.toISOString() ?? null,
    endReason: sessionEndReasons.find((reason) => reason === row.end_reason) ?? null,
    lastSeq: row.last_seq,
    processedSeq: row.processed_seq ?? 0,
    lastEventAt: row.last_event_at?.toISOString() ?? null,
    lastSpeechAt: row.last_speech_at?.toISOString() ?? null,
    viewers: row.viewers,
    demo: row.demo,
    rev: row.rev,
  }
}

/** Sessions with their cursors, ready for a `where`. */
export function selectSessions(db: Db | Tx) {
  return db
    .selectFrom('sessions')
    .leftJoin('session_cursors', 'session_cursors.session_id', 'sessions.id')
    .selectAll('sessions')
    .select('session_cursors.processed_seq')
}

/** One session, or undefined. */
export async function findSession(db: Db | Tx, id: string): Promise<Session | undefined> {
  const row = await selectSessions(db).where('sessions.id', '=', id).executeTakeFirst()
  return row && toSession(row)
}

export type EndReason = (typeof sessionEndReasons)[number]

/** Ends sessions that are still live; returns them as they now stand. Ending twice changes nothing. */
export async function endSessions(tx: Db | Tx, ids: readonly string[], reason: EndReason): Promise<Session[]> {
  if (ids.length === 0) return []
  const ended = await tx
    .updateTable('sessions')
    .set((eb) => ({ ended_at: sql<Date>`now()`, end_reason: reason, rev: eb('rev', '+', 1) }))
    .where('id', 'in', ids)
    .where('ended_at', 'is', null)
    .returning('id')
    .execute()
  const sessions = await Promise.all(ended.map(({ id }) => findSession(tx, id)))
  return sessions.filter((session) => session !== undefined)
}

/** Live sessions of a room or of a host. */
export async function liveSessionIds(tx: Db | Tx, of: { roomId: string } | { hostId: string }): Promise<string[]> {
  const select = tx.selectFrom('sessions').select('id').where('ended_at', 'is', null)
  const rows = await (
    'roomId' in of ? select.where('room_id', '=', of.roomId) : select.where('host_id', '=', of.hostId)
  ).execute()
  return rows.map((row) => row.id)
}

/** Live sessions that sent nothing for so many seconds. */
export async function silentSessionIds(tx: Tx, seconds: number): Promise<string[]> {
  const rows = await tx
    .selectFrom('sessions')
    .select('id')
    .where('ended_at', 'is', null)
    .where('last_event_at', '<', sql<Date>`now() - make_interval(secs => ${seconds})`)
    .forUpdate()
    .skipLocked()
    .limit(500)
    .execute()
  return rows.map((row) => row.id)
}
