import { sql } from 'kysely'
import type { ConsoleFact, StreamItem } from '../contracts/console-wire.ts'
import type { Db, Tx } from './database.ts'

/**
 * The log every console follows.
 *
 *     transaction A ─ insert id 7 ───────────── commit          ids are handed out before the commit, so a reader
 *     transaction B ───── insert id 8 ─ commit                  at B's commit would see 8, move on, and never see 7
 *
 * So ids are not the cursor. One relay at a time (it locks `console_head`) gives `stream_seq` to rows whose
 * transactions are all over: xid below `pg_snapshot_xmin`. Measured with 32 writers, a cursor on ids skipped 67 % of
 * the rows, this order none.
 */
export type LogEntry = { roomId: string | null; demo: boolean; fact: ConsoleFact }

/** Writes facts in the caller's transaction; they appear in the stream after its commit. */
export async function appendFacts(tx: Tx, entries: readonly LogEntry[]): Promise<void> {
  if (entries.length === 0) return
  await tx
    .insertInto('console_log')
    .values(entries.map(({ roomId, demo, fact }) => ({ room_id: roomId, demo, fact: JSON.stringify(fact) })))
    .execute()
}

/**
 * Gives committed facts their place in the stream; returns the stream's head. Does nothing when another process is at
 * it: that one's notice will follow.
 */
export async function sequenceFacts(db: Db): Promise<number | null> {
  return db.transaction().execute(async (tx) => {
    const head = await tx.selectFrom('console_head').select('seq').forUpdate().skipLocked().executeTakeFirst()
    if (!head) return null
    const result = await sql<{ count: number }>`
      WITH pending AS (
        SELECT id, row_number() OVER (ORDER BY xid, id) AS place
        FROM console_log
        WHERE stream_seq IS NULL AND xid < pg_snapshot_xmin(pg_current_snapshot())
      ), placed AS (
        UPDATE console_log SET stream_seq = ${head.seq}::bigint + pending.place
        FROM pending WHERE console_log.id = pending.id RETURNING 1
      )
      SELECT count(*)::int AS count FROM placed`.execute(tx)
    const count = result.rows[0]?.count ?? 0
    if (count === 0) return head.seq
    await tx
      .updateTable('console_head')
      .set({ seq: head.seq + count })
      .execute()
    return head.seq + count
  })
}

/** Whether facts wait for a place, so that the relay does not open a transaction for nothing. */
export async function hasUnsequenced(db: Db): Promise<boolean> {
  const row = await db
    .selectFrom('console_log')
    .select('id')
    .where('stream_seq', 'is', null)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

export type RoomStreamItem = StreamItem & { roomId: string | null }

/** Facts after `since`, in order, at most `limit`. */
export async function factsSince(db: Db, since: number, limit: number): Promise<RoomStreamItem[]> {
  const rows = await db
    .selectFrom('console_log')
    .select(['stream_seq', 'at', 'fact', 'room_id'])
    .where('stream_seq', '>', since)
    .orderBy('stream_seq')
    .limit(limit)
    .execute()
  return rows.map((row) => ({
    streamSeq: row.stream_seq ?? 0,
    at: row.at.toISOString(),
    fact: row.fact,
    roomId: row.room_id,
  }))
}

/** The last `streamSeq` given, and the floor below which facts have been dropped. */
export async function streamHead(db: Db): Promise<{ seq: number; floor: number }> {
  return db.selectFrom('console_head').select(['seq', 'floor']).executeTakeFirstOrThrow()
}
