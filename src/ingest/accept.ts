import { ok, refuse, type Refusal } from '../contracts/errors.ts'
import { limits } from '../contracts/limits.ts'
import type { RoomEvent } from '../contracts/room-event.ts'
import type { SessionStart } from '../contracts/session.ts'
import type { Fanout, Wakeups } from '../bus/fanout.ts'
import { isUnavailable, type Db } from '../store/database.ts'
import { commitBatches, type BatchOutcome, type EventBatch } from '../store/event-log.ts'
import { cuttingMeasure } from '../store/running-measures.ts'
import { sessionPlace, type SessionPlace } from '../store/session-place.ts'
import { startSession } from '../store/session-start.ts'
import { GroupCommit, type Unavailable } from './group-commit.ts'
import { GapWatch } from './gap-watch.ts'
import type { Ingest, ProducerGrant } from './ingest.ts'

export type IngestDeps = {
  db: Db
  wakeups: Wakeups
  fanout: Fanout
  partitions: number
  logger: { warn(details: object, message: string): void }
  /** Monotonic milliseconds. */
  now(): number
}

/** What a producer should wait before it offers refused events again. */
const pauseMs = 1_000
/** Sessions whose room is remembered; beyond it the oldest is read again. */
const rememberedSessions = 50_000

/** The one way in. Everything it accepts is committed before it answers. */
export function createIngest(deps: IngestDeps): Ingest {
  const places = new Map<string, SessionPlace>()
  const gaps = new GapWatch(limits.gapGraceMs, deps.now)
  let closing = false
  const group = new GroupCommit({
    commit: (batches) => commitTogether(deps, batches),
    maxWaitMs: 10,
    maxEvents: limits.batchEvents,
    maxWaiting: 50_000,
  })

  async function start(grant: ProducerGrant, message: SessionStart): ReturnType<Ingest['start']> {
    if (closing) return paused()
    if (!coversRoom(grant, message.roomId)) {
      return refuse('forbidden', `This key does not cover room ${JSON.stringify(message.roomId)}`, { field: 'roomId' })
    }
    try {
      const options = { partitions: deps.partitions, demo: grant.demo, rooms: grant.rooms, keyId: grant.keyId }
      const outcome = await startSession(deps.db, message, options)
      if (outcome.kind === 'suspended') return suspended(message.roomId, outcome.measure)
      if (outcome.kind === 'revoked') return refuse('unauthorised', 'This key was revoked; use another')
      if (outcome.kind === 'refused') {
        const code = outcome.field === 'startedAt' ? 'bad_request' : 'forbidden'
        return refuse(code, `${outcome.field}: ${outcome.because}`, { field: outcome.field })
      }
      const { session, partition, enforcements } = outcome
      remember(session.id, { roomId: session.roomId, hostId: session.host.id, partition })
      deps.fanout.publish({ topic: 'facts' })
      return ok({ sessionId: session.id, roomId: session.roomId, resumeFrom: session.lastSeq + 1, enforcements })
    } catch (error) {
      return pausedBy(error)
    }
  }

  async function append(
    grant: ProducerGrant,
    sessionId: string,
    events: readonly RoomEvent[],
  ): ReturnType<Ingest['append']> {
    if (closing) return paused()
    try {
      const place = places.get(sessionId) ?? (await lookUp(sessionId))
      // A session of somebody else's room answers as one that does not exist.
      if (!place || !coversRoom(grant, place.roomId)) return unknownSession(sessionId)
      let last: Awaited<ReturnType<typeof answer>> = paused()
      // Each stretch without a hole is offered on its own: what comes before a hole is stored, what comes after waits.
      for (const run of runsOf(events)) {
        const outcome = await group.add({ sessionId, events: run, acceptGapAt: gaps.oldHole(sessionId) })
        last = outcome === null ? paused() : await answer(sessionId, place, run[0]?.seq ?? 1, outcome)
        if (!last.ok) return last
      }
      return last
    } catch (error) {
      return pausedBy(error)
    }
  }

  async function answer(
    sessionId: string,
    place: SessionPlace,
    firstSeq: number,
    outcome: BatchOutcome | Unavailable,
  ): ReturnType<Ingest['append']> {
    switch (outcome.kind) {
      case 'accepted': {
        if (outcome.fresh > 0) {
          gaps.forget(sessionId)
          deps.wakeups.wake(place.partition)
          deps.fanout.publish({ topic: 'events', sessionIds: [sessionId] })
        }
        if (outcome.ended) deps.fanout.publish({ topic: 'facts' })
        return ok({ acceptedThrough: outcome.acceptedThrough })
      }
      case 'gap': {
        gaps.seen(sessionId, outcome.expectedSeq)
        const message = `Expected seq ${outcome.expectedSeq}, got ${firstSeq}: resend from ${outcome.expectedSeq}; what is lost is accepted as a declared gap after ${limits.gapGraceMs / 1_000} s`
        return refuse('seq_gap', message, { expectedSeq: outcome.expectedSeq, retryAfterMs: limits.gapGraceMs })
      }
      case 'conflict':
        return refuse(
          'seq_conflict',
          `Event ${sessionId}:${outcome.seq} was stored with other content; nothing was changed`,
          {
            field: 'events',
          },
        )
      case 'unknown':
        places.delete(sessionId)
        return unknownSession(sessionId)
      case 'closed':
        return closed(sessionId, outcome)
      case 'unavailable':
        return pausedBy(outcome.cause)
    }
  }

  async function closed(sessionId: string, outcome: Extract<BatchOutcome, { kind: 'closed' }>): Promise<Refusal> {
    if (outcome.endReason === 'measure') {
      const measure = await cuttingMeasure(deps.db, outcome.roomId, outcome.hostId)
      if (measure) return suspended(outcome.roomId, measure)
    }
    return refuse('session_closed', `Session ${sessionId} has ended (${outcome.endReason ?? 'end'}); start a new one`)
  }

  async function lookUp(sessionId: string): Promise<SessionPlace | undefined> {
    const place = await sessionPlace(deps.db, sessionId)
    if (place) remember(sessionId, place)
    return place
  }

  function remember(sessionId: string, place: SessionPlace): void {
    places.set(sessionId, place)
    if (places.size <= rememberedSessions) return
    const oldest = places.keys().next().value
    if (oldest !== undefined) places.delete(oldest)
  }

  function pausedBy(error: unknown): Refusal {
    deps.logger.warn(
      { err: error, databaseAway: isUnavailable(error) },
      'ingest could not store; the producer keeps its events',
    )
    return paused()
  }

  return {
    start,
    append,
    async close() {
      closing = true
      await group.drain()
    },
  }
}

/**
 * Commits a group at once. When the database is there but refuses the group, one batch of it is to blame: each is then
 * committed on its own, so that nobody waits for a stranger's bad event.
 */
async function commitTogether(
  deps: IngestDeps,
  batches: readonly EventBatch[],
): Promise<(BatchOutcome | Unavailable)[]> {
  try {
    return await commitBatches(deps.db, batches)
  } catch (error) {
    if (isUnavailable(error) || batches.length === 1) throw error
    deps.logger.warn(
      { err: error, batches: batches.length },
      'a group was refused; its batches are committed one by one',
    )
    const outcomes: (BatchOutcome | Unavailable)[] = []
    for (const batch of batches) {
      const alone = await commitBatches(deps.db, [batch]).catch((cause: unknown): Unavailable[] => [
        { kind: 'unavailable', cause },
      ])
      outcomes.push(...alone)
    }
    return outcomes
  }
}

function coversRoom(grant: ProducerGrant, roomId: string): boolean {
  return grant.rooms === 'all' || grant.rooms.includes(roomId)
}

/** A batch cut where its `seq` does not go on by one. */
function runsOf(events: readonly RoomEvent[]): RoomEvent[][] {
  const runs: RoomEvent[][] = []
  for (const event of events) {
    const run = runs.at(-1)
    if (run && event.seq === (run.at(-1)?.seq ?? 0) + 1) run.push(event)
    else runs.push([event])
  }
  return runs
}

function paused(): Refusal {
  return refuse('paused', `Nothing can be stored at present; keep the events and send them again`, {
    retryAfterMs: pauseMs,
  })
}

function unknownSession(sessionId: string): Refusal {
  return refuse(
    'unknown_session',
    `There is no session ${JSON.stringify(sessionId)} for this key; begin with session.start`,
  )
}

function suspended(roomId: string, measure: { enforcementId: string; until: string | null }): Refusal {
  const end = measure.until ? `until ${measure.until}` : 'without an end of its own'
  return refuse(
    'room_suspended',
    `Room ${JSON.stringify(roomId)} is off air ${end} (measure ${measure.enforcementId})`,
    {
      until: measure.until,
    },
  )
}
