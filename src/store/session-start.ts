import { createHash } from 'node:crypto'
import { uuidv7 } from 'uuidv7'
import type { RoomEnforcement } from '../contracts/enforcement.ts'
import type { Session, SessionStart } from '../contracts/session.ts'
import { appendFacts, type LogEntry } from './console-log.ts'
import type { Db, Tx } from './database.ts'
import { cuttingMeasure, unacknowledgedMeasures } from './running-measures.ts'
import { endSessions, findSession } from './sessions.ts'

export type StartOutcome =
  | { kind: 'started' | 'resumed'; session: Session; partition: number; enforcements: RoomEnforcement[] }
  | { kind: 'suspended'; measure: RoomEnforcement }

/** Partition of a room: first four bytes of SHA-256 of its id. Stored on the session, so it never moves under it. */
export function partitionOf(roomId: string, partitions: number): number {
  return createHash('sha256').update(roomId).digest().readUInt32BE(0) % partitions
}

/**
 * Starts a broadcast or resumes it by its `sessionRef`. Another broadcast of the same room is ended (`taken_over`); a
 * room or host under a measure is refused.
 */
export async function startSession(
  db: Db,
  start: SessionStart,
  options: { partitions: number; demo: boolean },
): Promise<StartOutcome> {
  return db.transaction().execute(async (tx) => {
    await saveRoom(tx, start, options)
    const measure = await cuttingMeasure(tx, start.roomId, start.host.id)
    if (measure) return { kind: 'suspended', measure }
    const live = await tx
      .selectFrom('sessions')
      .select(['id', 'session_ref', 'partition'])
      .where('room_id', '=', start.roomId)
      .where('ended_at', 'is', null)
      .executeTakeFirst()
    const enforcements = await unacknowledgedMeasures(tx, start.roomId)
    if (live && start.sessionRef !== undefined && live.session_ref === start.sessionRef) {
      return {
        kind: 'resumed',
        session: await sessionOrThrow(tx, live.id),
        partition: live.partition,
        enforcements,
      }
    }
    const takenOver = live ? await endSessions(tx, [live.id], 'taken_over') : []
    const { session, partition } = await insertSession(tx, start, options)
    const facts: LogEntry[] = [
      ...takenOver.map((ended) => entry({ type: 'session.ended', session: ended })),
      entry({ type: 'session.started', session }),
    ]
    await appendFacts(tx, facts)
    return { kind: 'started', session, partition, enforcements }
  })
}

async function saveRoom(tx: Tx, start: SessionStart, options: { partitions: number; demo: boolean }): Promise<void> {
  await tx
    .insertInto('hosts')
    .values({ id: start.host.id, name: start.host.name, demo: options.demo })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ name: start.host.name }))
    .execute()
  const room = { host_id: start.host.id, title: start.title, live_url: start.liveUrl ?? null }
  // The upsert locks the room's row: two producers that start at once are put in order here.
  await tx
    .insertInto('rooms')
    .values({
      id: start.roomId,
      ...room,
      partition: partitionOf(start.roomId, options.partitions),
      demo: options.demo,
    })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(room))
    .execute()
}

async function insertSession(
  tx: Tx,
  start: SessionStart,
  options: { partitions: number; demo: boolean },
): Promise<{ session: Session; partition: number }> {
  const id = uuidv7()
  const partition = partitionOf(start.roomId, options.partitions)
  const latest = await tx
    .selectFrom('sessions')
    .select((eb) => eb.fn.max('epoch').as('epoch'))
    .where('room_id', '=', start.roomId)
    .executeTakeFirst()
  await tx
    .insertInto('sessions')
    .values({
      id,
      room_id: start.roomId,
      epoch: (latest?.epoch ?? 0) + 1,
      session_ref: start.sessionRef ?? null,
      title: start.title,
      host_id: start.host.id,
      host_name: start.host.name,
      category: start.category ?? null,
      licences: start.licences,
      live_url: start.liveUrl ?? null,
      partition,
      ...(start.startedAt ? { started_at: start.startedAt } : {}),
      last_event_at: new Date(),
      end_reason: null,
      viewers: null,
      demo: options.demo,
    })
    .execute()
  await tx.insertInto('session_cursors').values({ session_id: id, partition, snapshot: null }).execute()
  return { session: await sessionOrThrow(tx, id), partition }
}

function entry(fact: Extract<LogEntry['fact'], { session: Session }>): LogEntry {
  return { roomId: fact.session.roomId, demo: fact.session.demo, fact }
}

async function sessionOrThrow(tx: Tx, id: string): Promise<Session> {
  const session = await findSession(tx, id)
  if (!session) throw new Error(`Session ${id} vanished inside its own transaction`)
  return session
}
