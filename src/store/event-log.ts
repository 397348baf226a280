import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import { cuttingActions } from '../contracts/enforcement.ts'
import type { RoomEvent } from '../contracts/room-event.ts'
import { appendFacts, type LogEntry } from './console-log.ts'
import type { Db, Tx } from './database.ts'
import { endSessions } from './sessions.ts'

/** Events of one session as a producer sent them, ascending and without a hole inside. */
export type EventBatch = {
  sessionId: string
  events: readonly RoomEvent[]
  /** The hole that begins at this seq has been offered long enough: store it as not analysed. Null: accept none. */
  acceptGapAt: number | null
}

/** What became of one batch. */
export type BatchOutcome =
  | { kind: 'accepted'; acceptedThrough: number; fresh: number; ended: boolean }
  | { kind: 'gap'; expectedSeq: number }
  | { kind: 'conflict'; seq: number }
  | { kind: 'unknown' }
  | { kind: 'closed'; endReason: string | null; roomId: string; hostId: string }

type LiveSession = {
  id: string
  room_id: string
  host_id: string
  demo: boolean
  last_seq: number
  ended_at: Date | null
  end_reason: string | null
}

type FreshEvent = { sessionId: string; event: RoomEvent; hash: Buffer }

/**
 * Commits many batches in one transaction: what was new, what was known already, what leaves a hole. After it returns,
 * everything `accepted` is on disk. Throws when the database is away; then nothing was stored.
 */
export async function commitBatches(db: Db, batches: readonly EventBatch[]): Promise<BatchOutcome[]> {
  return db.transaction().execute(async (tx) => {
    const ids = [...new Set(batches.map((batch) => batch.sessionId))].sort()
    const sessions = await lockSessions(tx, ids)
    const known = await knownHashes(tx, batches, sessions)
    const fresh: FreshEvent[] = []
    const gaps: { sessionId: string; fromSeq: number; toSeq: number }[] = []
    const ended = new Set<string>()
    const outcomes = batches.map((batch): BatchOutcome => {
      const session = sessions.get(batch.sessionId)
      if (!session) return { kind: 'unknown' }
      return placeBatch(batch, session, known, fresh, gaps, ended)
    })
    await insertEvents(tx, fresh)
    await insertGaps(tx, gaps, sessions)
    await moveSessions(tx, fresh)
    await closeEnded(tx, [...ended], sessions)
    return outcomes
  })
}

/** Content of an event as 128 bits: the same seq with another content is a conflict. */
export function contentHash(event: RoomEvent): Buffer {
  return createHash('sha256').update(JSON.stringify(event)).digest().subarray(0, 16)
}

function placeBatch(
  batch: EventBatch,
  session: LiveSession,
  known: ReadonlyMap<string, Buffer>,
  fresh: FreshEvent[],
  gaps: { sessionId: string; fromSeq: number; toSeq: number }[],
  ended: Set<string>,
): BatchOutcome {
  const closed = session.ended_at !== null || ended.has(session.id)
  const first = batch.events[0]
  const last = batch.events[batch.events.length - 1]
  if (!first || !last) return { kind: 'accepted', acceptedThrough: session.last_seq, fresh: 0, ended: false }
  const news: FreshEvent[] = []
  for (const event of batch.events) {
    const hash = contentHash(event)
    if (event.seq > session.last_seq) {
      news.push({ sessionId: session.id, event, hash })
      continue
    }
    const stored = known.get(`${session.id}:${event.seq}`) ?? freshHash(fresh, session.id, event.seq)
    // A seq inside a declared gap has no content: it was given up, and stays so.
    if (stored && !stored.equals(hash)) return { kind: 'conflict', seq: event.seq }
  }
  const next = news[0]
  if (!next) return { kind: 'accepted', acceptedThrough: session.last_seq, fresh: 0, ended: closed }
  if (closed) {
    return { kind: 'closed', endReason: session.end_reason ?? 'end', roomId: session.room_id, hostId: session.host_id }
  }
  const expectedSeq = session.last_seq + 1
  if (next.event.seq > expectedSeq) {
    if (batch.acceptGapAt !== expectedSeq) return { kind: 'gap', expectedSeq }
    gaps.push({ sessionId: session.id, fromSeq: expectedSeq, toSeq: next.event.seq - 1 })
  }
  fresh.push(...news)
  session.last_seq = last.seq
  const endsHere = news.some(({ event }) => event.channel === 'end')
  if (endsHere) ended.add(session.id)
  return { kind: 'accepted', acceptedThrough: last.seq, fresh: news.length, ended: endsHere }
}

function freshHash(fresh: readonly FreshEvent[], sessionId: string, seq: number): Buffer | undefined {
  return fresh.find((item) => item.sessionId === sessionId && item.event.seq === seq)?.hash
}

async function lockSessions(tx: Tx, ids: readonly string[]): Promise<Map<string, LiveSession>> {
  const rows = await tx
    .selectFrom('sessions')
    .select(['id', 'room_id', 'host_id', 'demo', 'last_seq', 'ended_at', 'end_reason'])
    .where('id', 'in', [...ids])
    // One order for all, or two gateways could wait for each other.
    .orderBy('id')
    // Not FOR UPDATE: that would wait for the worker, whose cases and alerts refer to these rows.
    .forNoKeyUpdate()
    .execute()
  return new Map(rows.map((row) => [row.id, row]))
}

/** Hashes of stored events that a batch offers again. */
async function knownHashes(
  tx: Tx,
  batches: readonly EventBatch[],
  sessions: ReadonlyMap<string, LiveSession>,
): Promise<Map<string, Buffer>> {
  const ids: string[] = []
  const seqs: number[] = []
  for (const batch of batches) {
    const lastSeq = sessions.get(batch.sessionId)?.last_seq ?? 0
    for (const event of batch.events) {
      if (event.seq > lastSeq) continue
      ids.push(batch.sessionId)
      seqs.push(event.seq)
    }
  }
  if (ids.length === 0) return new Map()
  const { rows } = await sql<{ session_id: string; seq: number; hash: Buffer }>`
    SELECT events.session_id, events.seq, events.hash
    FROM unnest(${ids}::text[], ${seqs}::int[]) AS asked (session_id, seq)
    JOIN events ON events.session_id = asked.session_id AND events.seq = asked.seq`.execute(tx)
  return new Map(rows.map((row) => [`${row.session_id}:${row.seq}`, row.hash]))
}

async function insertEvents(tx: Tx, fresh: readonly FreshEvent[]): Promise<void> {
  if (fresh.length === 0) return
  await sql`
    INSERT INTO events (session_id, seq, channel, at_ms, body, hash)
    SELECT session_id, seq, channel, at_ms, body::jsonb, hash
    FROM unnest(
      ${fresh.map((item) => item.sessionId)}::text[],
      ${fresh.map((item) => item.event.seq)}::int[],
      ${fresh.map((item) => item.event.channel)}::text[],
      ${fresh.map((item) => item.event.atMs)}::bigint[],
      ${fresh.map((item) => JSON.stringify(item.event))}::text[],
      ${fresh.map((item) => item.hash)}::bytea[]
    ) AS fresh (session_id, seq, channel, at_ms, body, hash)`.execute(tx)
}

async function insertGaps(
  tx: Tx,
  gaps: readonly { sessionId: string; fromSeq: number; toSeq: number }[],
  sessions: ReadonlyMap<string, LiveSession>,
): Promise<void> {
  if (gaps.length === 0) return
  const rows = await tx
    .insertInto('coverage_gaps')
    .values(
      gaps.map((gap) => ({
        session_id: gap.sessionId,
        from_seq: gap.fromSeq,
        to_seq: gap.toSeq,
        reason: 'seq_gap',
      })),
    )
    .returningAll()
    .execute()
  await appendFacts(
    tx,
    rows.map((row): LogEntry => {
      const session = sessions.get(row.session_id)
      return {
        roomId: session?.room_id ?? null,
        demo: session?.demo ?? false,
        fact: {
          type: 'coverage.gap',
          gap: {
            sessionId: row.session_id,
            fromSeq: row.from_seq,
            toSeq: row.to_seq,
            reason: 'seq_gap',
            at: row.at.toISOString(),
          },
        },
      }
    }),
  )
}

/** Moves every session to its newest event, in one statement. */
async function moveSessions(tx: Tx, fresh: readonly FreshEvent[]): Promise<void> {
  const moves = new Map<string, { lastSeq: number; spoke: boolean; viewers: number | null }>()
  for (const { sessionId, event } of fresh) {
    const move = moves.get(sessionId) ?? { lastSeq: 0, spoke: false, viewers: null }
    move.lastSeq = Math.max(move.lastSeq, event.seq)
    if (event.channel === 'speech') move.spoke = true
    if (event.channel === 'audience') move.viewers = event.viewers
    moves.set(sessionId, move)
  }
  if (moves.size === 0) return
  const values = [...moves.values()]
  await sql`
    UPDATE sessions SET
      last_seq = moved.last_seq,
      last_event_at = now(),
      last_speech_at = CASE WHEN moved.spoke THEN now() ELSE sessions.last_speech_at END,
      viewers = coalesce(moved.viewers, sessions.viewers)
    FROM unnest(
      ${[...moves.keys()]}::text[],
      ${values.map((move) => move.lastSeq)}::int[],
      ${values.map((move) => move.spoke)}::boolean[],
      ${values.map((move) => move.viewers)}::int[]
    ) AS moved (id, last_seq, spoke, viewers)
    WHERE sessions.id = moved.id`.execute(tx)
}

async function closeEnded(tx: Tx, ids: readonly string[], sessions: ReadonlyMap<string, LiveSession>): Promise<void> {
  const ended = await endSessions(tx, ids, 'end')
  if (ended.length === 0) return
  // An interruption lasts as long as the broadcast it cut.
  await tx
    .updateTable('enforcements')
    .set((eb) => ({ ended_at: sql<Date>`now()`, status: 'ended', rev: eb('rev', '+', 1) }))
    .where('subject_kind', '=', 'session')
    .where('subject_id', 'in', [...ids])
    .where('action', 'in', [...cuttingActions])
    .where('ended_at', 'is', null)
    .execute()
  await appendFacts(
    tx,
    ended.map((session) => ({
      roomId: session.roomId,
      demo: sessions.get(session.id)?.demo ?? false,
      fact: { type: 'session.ended', session },
    })),
  )
}
