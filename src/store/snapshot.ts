import { sql, type SqlBool } from 'kysely'
import type { SinceReply, Snapshot } from '../contracts/console-wire.ts'
import { selectAlerts, toAlert } from './case-detail.ts'
import { factsSince, streamHead } from './console-log.ts'
import type { Db, Tx } from './database.ts'
import { selectSessions, toSession } from './sessions.ts'

/** Open alerts a snapshot carries; older ones of low severity are found in the history. */
const mostAlerts = 5_000
/** Live sessions a snapshot carries. */
const mostSessions = 5_000
/** Facts a console is sent one by one; further behind than this it gets a snapshot. */
const mostFacts = 5_000

/**
 * A live session without speech for 30 s, by the database's clock. A producer that dates its start into the future
 * would otherwise never be noticed.
 */
const silent = sql<SqlBool>`sessions.ended_at IS NULL AND coalesce(
  sessions.last_speech_at < now() - interval '30 seconds',
  sessions.started_at < now() - interval '30 seconds' OR sessions.started_at > now() + interval '5 seconds'
)`

/**
 * Everything open, as of one place in the stream: head and rows come from one REPEATABLE READ transaction, so a fact
 * is either in the rows or comes after `asOfSeq`, or both, and then its `rev` says that nothing is new.
 */
export async function takeSnapshot(db: Db): Promise<Snapshot> {
  return db
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute(async (tx) => {
      const head = await streamHead(tx)
      const alerts = await selectAlerts(tx)
        .where('alerts.state', '=', 'open')
        .orderBy('alerts.severity', 'desc')
        .orderBy('alerts.opened_at')
        .limit(mostAlerts)
        .execute()
      const sessions = await selectSessions(tx)
        .where('sessions.ended_at', 'is', null)
        .orderBy('sessions.started_at', 'desc')
        .limit(mostSessions)
        .execute()
      return {
        asOfSeq: head.seq,
        serverTime: new Date().toISOString(),
        alerts: alerts.map(toAlert),
        sessions: sessions.map(toSession),
        counts: await openCounts(tx),
        blind: await blindSessionIds(tx),
      }
    })
}

/**
 * Facts after `since` without a gap; or a snapshot when they are too many, dropped already or of another stream, and
 * for 0, which says that the asker holds nothing yet.
 */
export async function factsOrSnapshot(db: Db, since: number): Promise<SinceReply> {
  const head = await streamHead(db)
  const reachable = since >= head.floor && since <= head.seq && head.seq - since <= mostFacts
  if (!reachable || (since === 0 && head.seq > 0)) return { kind: 'snapshot', snapshot: await takeSnapshot(db) }
  const items = await factsSince(db, since, mostFacts)
  return {
    kind: 'complete',
    items: items.map(({ streamSeq, at, fact }) => ({ streamSeq, at, fact })),
    throughSeq: items.at(-1)?.streamSeq ?? since,
  }
}

/** Live sessions that pushed no speech for 30 s: blind spots. At most 1,000 are named. */
export async function blindSessionIds(db: Db | Tx): Promise<string[]> {
  const rows = await db.selectFrom('sessions').select('id').where(silent).orderBy('id').limit(1_000).execute()
  return rows.map((row) => row.id)
}

/** How many blind spots there are. */
export async function countBlind(db: Db | Tx): Promise<number> {
  const row = await db
    .selectFrom('sessions')
    .select(sql<number>`count(*)::int`.as('count'))
    .where(silent)
    .executeTakeFirstOrThrow()
  return row.count
}

async function openCounts(tx: Tx): Promise<Record<string, number>> {
  const rows = await tx
    .selectFrom('alerts')
    .select(['severity', sql<number>`count(*)::int`.as('count')])
    .where('state', '=', 'open')
    .groupBy('severity')
    .execute()
  return Object.fromEntries(rows.map((row) => [String(row.severity), row.count]))
}
