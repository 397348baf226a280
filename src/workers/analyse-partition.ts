import type { RoomEvent } from '../contracts/room-event.ts'
import {
  commitAnalysis,
  eventsAfter,
  laggingSessions,
  type LaggingSession,
  type SessionProgress,
} from '../store/analysis-log.ts'
import { isUnavailable, type Db } from '../store/database.ts'
import { FenceLostError, type Lease } from '../store/partition-leases.ts'
import type { RoomKeeper } from './room-keeper.ts'

/** Sessions and events one transaction covers. */
const sessionsPerBatch = 200
const eventsPerBatch = 500

export type BatchResult = {
  /** Events folded and committed. */
  events: number
  /** Console facts committed with them. */
  facts: number
  /** Nothing is left to do for now. */
  empty: boolean
}

type Work = { session: LaggingSession; events: readonly RoomEvent[] }

/**
 * Analyses one batch of a partition: load what lags, fold it, commit everything at once. When that fails for a reason
 * that lies in the data, the batch is taken apart until the one event to blame is found and set aside; the others go on.
 * Throws when the database is away or another holder has the partition: then nothing was stored, and the rooms concerned
 * are rebuilt on the next attempt.
 */
export async function analyseBatch(db: Db, rooms: RoomKeeper, lease: Lease): Promise<BatchResult> {
  const sessions = await laggingSessions(db, lease.partition, sessionsPerBatch)
  if (sessions.length === 0) return { events: 0, facts: 0, empty: true }
  const places = sessions.map((session) => ({ sessionId: session.sessionId, afterSeq: session.processedSeq }))
  const found = await eventsAfter(db, places, eventsPerBatch)
  const work = sessions
    .map((session): Work => ({ session, events: found.get(session.sessionId) ?? [] }))
    .filter(({ session, events }) => events.length > 0 || settles(session))
  const events = work.reduce((sum, one) => sum + one.events.length, 0)
  try {
    return { events, facts: await commitWork(db, rooms, lease, work), empty: false }
  } catch (error) {
    if (!isInData(error)) throw error
    return { events, facts: await takeApart(db, rooms, lease, work), empty: false }
  }
}

/** Folds and commits sessions together; on failure their rooms are forgotten, because they are ahead of their cursors. */
async function commitWork(db: Db, rooms: RoomKeeper, lease: Lease, work: readonly Work[]): Promise<number> {
  try {
    const progress: SessionProgress[] = []
    for (const { session, events } of work) {
      progress.push(events.length > 0 ? await rooms.fold(session, events) : settle(session))
    }
    const facts = await commitAnalysis(db, lease, progress)
    rooms.forget(progress.filter((one) => one.settled).map((one) => one.session.sessionId))
    return facts
  } catch (error) {
    rooms.forget(work.map(({ session }) => session.sessionId))
    throw error
  }
}

/** Session by session, and in the one that fails event by event. */
async function takeApart(db: Db, rooms: RoomKeeper, lease: Lease, work: readonly Work[]): Promise<number> {
  let facts = 0
  for (const one of work) {
    try {
      facts += await commitWork(db, rooms, lease, [one])
    } catch (error) {
      if (!isInData(error)) throw error
      facts += await eventByEvent(db, rooms, lease, one)
    }
  }
  return facts
}

async function eventByEvent(db: Db, rooms: RoomKeeper, lease: Lease, { session, events }: Work): Promise<number> {
  let facts = 0
  let processedSeq = session.processedSeq
  for (const event of events) {
    const here = { ...session, processedSeq }
    try {
      facts += await commitWork(db, rooms, lease, [{ session: here, events: [event] }])
    } catch (error) {
      if (!isInData(error)) throw error
      facts += await commitAnalysis(db, lease, [await rooms.skip(here, event, error)])
    }
    processedSeq = event.seq
  }
  return facts
}

/** Whether trying again with less could help: not when the database is away or somebody else holds the partition. */
function isInData(error: unknown): boolean {
  return !(error instanceof FenceLostError) && !isUnavailable(error)
}

/** An ended session whose last event was folded before it ended. */
function settles(session: LaggingSession): boolean {
  return session.ended && session.processedSeq >= session.lastSeq
}

function settle(session: LaggingSession): SessionProgress {
  const { processedSeq } = session
  return { session, processedSeq, changes: [], poisons: [], snapshot: null, pack: null, settled: true }
}
