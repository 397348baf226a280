import { createHash } from 'node:crypto'
import { sql } from 'kysely'
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
  /** The key may not say this of that room or host. */
  | { kind: 'refused'; field: 'roomId' | 'host.id' | 'startedAt'; because: string }
  | { kind: 'revoked' }

export type StartOptions = {
  partitions: number
  demo: boolean
  /** Rooms the producer's key covers. */
  rooms: 'all' | readonly string[]
  /** The key itself; one that was revoked a moment ago starts nothing any more. */
  keyId: string
}

/** How far a producer may date its broadcast: measures are judged by the law in force on that day. */
const earliestStart = { hours: 24 }
const latestStart = { seconds: 30 }

/** Partition of a room: first four bytes of SHA-256 of its id. Stored on the session, so it never moves under it. */
export function partitionOf(roomId: string, partitions: number): number {
  return createHash('sha256').update(roomId).digest().readUInt32BE(0) % partitions
}

/**
 * Starts a broadcast or resumes it by its `sessionRef`. Another broadcast of the same room is ended (`taken_over`); a
 * room or host under a measure is refused, and a refusal writes nothing.
 */
export async function startSession(db: Db, start: SessionStart, options: StartOptions): Promise<StartOutcome> {
  return db.transaction().execute(async (tx) => {
    if (await isRevoked(tx, options.keyId)) return { kind: 'revoked' }
    const refusal = (await checkStartedAt(tx, start)) ?? (await checkRoom(tx, start, options))
    if (refusal) return refusal
    await saveRoom(tx, start, options)
    const live = await tx
      .selectFrom('sessions')
      .select(['id', 'session_ref', 'partition'])
      .where('room_id', '=', start.roomId)
      .where('ended_at', 'is', null)
      .executeTakeFirst()
    const enforcements = await unacknowledgedMeasures(tx, start.roomId)
    if (live && start.sessionRef !== undefined && live.session_ref === start.sessionRef) {
      const session = await sessionOrThrow(tx, live.id)
      return { kind: 'resumed', session, partition: live.partition, enforcements }
    }
    const takenOver = live ? await endSessions(tx, [live.id], 'taken_over') : []
    const { session, partition } = await insertSession(tx, start, options)
    await appendFacts(tx, [
      ...takenOver.map((ended) => entry({ type: 'session.ended', session: ended })),
      entry({ type: 'session.started', session }),
    ])
    return { kind: 'started', session, partition, enforcements }
  })
}

/** Waits for a revocation under way, so that nothing begins behind its back. */
async function isRevoked(tx: Tx, keyId: string): Promise<boolean> {
  const key = await tx
    .selectFrom('room_keys')
    .select('revoked_at')
    .where('id', '=', keyId)
    .forShare()
    .executeTakeFirst()
  return key !== undefined && key.revoked_at !== null
}

async function checkStartedAt(tx: Tx, start: SessionStart): Promise<StartOutcome | null> {
  if (start.startedAt === undefined) return null
  // Text that passed the schema may still be no date of this calendar to the database; it is compared here first.
  const year = new Date(start.startedAt).getUTCFullYear()
  const { rows } = await sql<{ fits: boolean }>`
    SELECT ${year >= 2000 && year < 3000 ? start.startedAt : '1970-01-01T00:00:00Z'}::timestamptz
      BETWEEN now() - make_interval(hours => ${earliestStart.hours})
      AND now() + make_interval(secs => ${latestStart.seconds}) AS fits`.execute(tx)
  if (rows[0]?.fits) return null
  const because = `${start.startedAt} is not within the last ${earliestStart.hours} h; leave startedAt out to begin now`
  return { kind: 'refused', field: 'startedAt', because }
}

/**
 * Who may say what of whom. A room keeps the host it was first seen with, unless the key covers every room of both hosts:
 * otherwise the key of one room could rename another room's host, draw a ban on it, or shed a ban by a new host id. Locks
 * host, then room: the order in which decisions lock them.
 */
async function checkRoom(tx: Tx, start: SessionStart, options: StartOptions): Promise<StartOutcome | null> {
  const room = await tx
    .selectFrom('rooms')
    .select(['host_id', 'demo'])
    .where('id', '=', start.roomId)
    .executeTakeFirst()
  const hostIds = [...new Set([start.host.id, ...(room ? [room.host_id] : [])])].sort()
  await tx.selectFrom('hosts').select('id').where('id', 'in', hostIds).orderBy('id').forNoKeyUpdate().execute()
  await tx.selectFrom('rooms').select('id').where('id', '=', start.roomId).forNoKeyUpdate().execute()
  for (const hostId of hostIds) {
    const measure = await cuttingMeasure(tx, start.roomId, hostId)
    if (measure) return { kind: 'suspended', measure }
  }
  if (room && room.demo !== options.demo) {
    const because = room.demo
      ? `${JSON.stringify(start.roomId)} is a demo room; choose another room id, or remove the demo with: livewarden demo clear`
      : `${JSON.stringify(start.roomId)} is not a demo room`
    return { kind: 'refused', field: 'roomId', because }
  }
  if (room?.host_id === start.host.id || options.rooms === 'all') return null
  const foreign = await tx
    .selectFrom('rooms')
    .select('id')
    .where('host_id', 'in', hostIds)
    .where('id', 'not in', [...options.rooms])
    .limit(1)
    .executeTakeFirst()
  if (!foreign) return null
  const because = room
    ? `room ${JSON.stringify(start.roomId)} belongs to another host; a key that covers every room of both hosts may change that`
    : `host ${JSON.stringify(start.host.id)} has rooms that this key does not cover`
  return { kind: 'refused', field: 'host.id', because }
}

async function saveRoom(tx: Tx, start: SessionStart, options: StartOptions): Promise<void> {
  await tx
    .insertInto('hosts')
    .values({ id: start.host.id, name: start.host.name, demo: options.demo })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ name: start.host.name }))
    .execute()
  const room = { host_id: start.host.id, title: start.title, live_url: start.liveUrl ?? null }
  // The upsert locks the room's row: two producers that start a new room at once are put in order here.
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
  options: StartOptions,
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
      last_event_at: sql<Date>`now()`,
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
