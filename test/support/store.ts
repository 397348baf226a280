import type { RoomEventInput, RoomEvent } from '../../src/contracts/room-event.ts'
import { roomEventSchema } from '../../src/contracts/room-event.ts'
import { sessionStartSchema, type SessionStartInput } from '../../src/contracts/session.ts'
import { hasUnsequenced, sequenceFacts } from '../../src/store/console-log.ts'
import { migrate, openDatabase, type Db } from '../../src/store/database.ts'
import { startSession } from '../../src/store/session-start.ts'
import { testDatabase } from './postgres.ts'

/** A migrated database of its own, and the way to end it. */
export async function testStore(): Promise<{ db: Db; url: string; close(): Promise<void> }> {
  const database = await testDatabase()
  const db = openDatabase({ url: database.url, max: 10, name: 'test', onError: () => undefined })
  await migrate(db)
  return {
    db,
    url: database.url,
    async close() {
      await db.destroy()
      await database.drop()
    },
  }
}

/** What a room says at its start; every field can be changed. */
export function sessionStart(change: Partial<SessionStartInput> = {}) {
  return sessionStartSchema.parse({
    roomId: 'room-1',
    title: '茶农小店',
    host: { id: 'host-1', name: '茶农老李' },
    category: 'food',
    ...change,
  })
}

/** A broadcast that has begun; returns its id. */
export async function startedSession(db: Db, change: Partial<SessionStartInput> = {}): Promise<string> {
  const outcome = await startSession(db, sessionStart(change), { partitions: 4, demo: false, rooms: 'all', keyId: '' })
  if (!('session' in outcome)) throw new Error(JSON.stringify(outcome))
  return outcome.session.id
}

/** One sentence of the host. */
export function speech(seq: number, text = `第${seq}句`, more: Partial<RoomEventInput> = {}): RoomEvent {
  return roomEventSchema.parse({ seq, atMs: seq * 1_000, channel: 'speech', text, ...more })
}

/**
 * Gives every committed fact its place. A transaction anywhere on the server, such as another test's, holds the stream
 * back while it runs, so one look may not be enough.
 */
export async function sequenceAll(db: Db): Promise<void> {
  while (await hasUnsequenced(db)) await sequenceFacts(db)
}
