import type { RoomEvent } from '../contracts/room-event.ts'
import type { Db } from '../store/database.ts'
import {
  commitAnalysis,
  eventsAfter,
  laggingSessions,
  type LaggingSession,
  type SessionProgress,
} from '../store/analysis-log.ts'
import type { Lease } from '../store/partition-leases.ts'
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

/**
 * Analyses one batch of a partition: load what lags, fold it, commit everything at once. Throws when the commit fails;
 * then nothing was stored and the rooms concerned are rebuilt on the next attempt.
 */
export async function analyseBatch(db: Db, rooms: RoomKeeper, lease: Lease): Promise<BatchResult> {
  const sessions = await laggingSessions(db, lease.partition, sessionsPerBatch)
  if (sessions.length === 0) return { events: 0, facts: 0, empty: true }
  const places = sessions.map((session) => ({ sessionId: session.sessionId, afterSeq: session.processedSeq }))
  const events = await eventsAfter(db, places, eventsPerBatch)
  const served = sessions.filter((session) => events.has(session.sessionId) || settles(session))
  try {
    const progress: SessionProgress[] = []
    for (const session of served) {
      const fresh = events.get(session.sessionId)
      progress.push(fresh ? await rooms.fold(session, fresh) : settle(session))
    }
    const facts = await commitAnalysis(db, lease, progress)
    rooms.forget(progress.filter((one) => one.settled).map((one) => one.session.sessionId))
    return { events: count(events), facts, empty: false }
  } catch (error) {
    rooms.forget(served.map((session) => session.sessionId))
    throw error
  }
}

/** An ended session whose last event was folded before it ended. */
function settles(session: LaggingSession): boolean {
  return session.ended && session.processedSeq >= session.lastSeq
}

function settle(session: LaggingSession): SessionProgress {
  const { processedSeq } = session
  return { session, processedSeq, changes: [], poisons: [], snapshot: null, pack: null, settled: true }
}

function count(events: ReadonlyMap<string, RoomEvent[]>): number {
  let total = 0
  for (const list of events.values()) total += list.length
  return total
}
