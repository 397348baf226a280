import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Access } from '../../src/access/access.ts'
import { createInProcessFanout } from '../../src/bus/in-process-fanout.ts'
import type { Enforcement } from '../../src/contracts/enforcement.ts'
import type { Person } from '../../src/contracts/people.ts'
import type { EnforcementDoor } from '../../src/enforcement/enforcement.ts'
import { createIngest } from '../../src/ingest/accept.ts'
import type { Ingest } from '../../src/ingest/ingest.ts'
import { findEnforcement } from '../../src/store/enforcement-store.ts'
import type { Db } from '../../src/store/database.ts'
import type { Take } from '../../src/ws/on.ts'
import { RoomClient } from '../../src/ws/room-client.ts'
import { roomEvents } from '../../src/ws/room-events.ts'
import { RoomMeasures } from '../../src/ws/room-measures.ts'
import { RoomRegistry } from '../../src/ws/room-registry.ts'
import { addCase, addTestPerson, command, createDoor, valueOf, type CaseFixture } from '../enforcement/case-fixture.ts'
import { sessionStart, speech, testStore } from '../support/store.ts'

const fanout = createInProcessFanout()
const grant = { keyId: 'k', name: 'k', rooms: 'all' as const, demo: false }
const access = { grantOf: () => Promise.resolve(grant) } as unknown as Access
const fail = (error: unknown) => {
  throw error
}
let db: Db
let close: () => Promise<void>
let door: EnforcementDoor
let person: Person
let ingest: Ingest
let registry: RoomRegistry
let measures: RoomMeasures
/** What happens after the start is committed and before the gateway knows of it. */
let meanwhile: () => Promise<void>
let take: Take<RoomClient>

beforeAll(async () => {
  ;({ db, close } = await testStore())
  door = createDoor(db)
  person = await addTestPerson(db, 'lead', '主管')
  ingest = createIngest({
    db,
    fanout,
    wakeups: { wake: () => undefined, up: () => true, close: () => Promise.resolve() },
    partitions: 4,
    logger: { warn: () => undefined },
    now: () => performance.now(),
  })
})
afterAll(async () => {
  await ingest.close()
  await fanout.close()
  await close()
})
beforeEach(() => {
  registry = new RoomRegistry()
  measures = new RoomMeasures({ registry, enforcement: door, db, fanout, onError: fail })
  meanwhile = () => Promise.resolve()
  take = roomEvents({
    access,
    ingest: {
      ...ingest,
      async start(...message) {
        const started = await ingest.start(...message)
        await meanwhile()
        return started
      },
    },
    enforcement: door,
    db,
    fanout,
    registry,
    measures,
    following: () => true,
    onWrongKey: () => undefined,
    onFault: ({ err }) => fail(err),
  })
})

/** A producer's connection, and what it was told of measures, by id. */
function connected() {
  const told: string[] = []
  const lifted: string[] = []
  const client = new RoomClient(
    {
      send(type, data) {
        if (type === 'enforcement.issued' && 'issuedAt' in data) told.push(data.enforcementId)
        if (type === 'enforcement.lifted' && 'enforcementId' in data) lifted.push(data.enforcementId)
      },
      end: () => undefined,
    },
    '127.0.0.1',
    'key',
  )
  registry.add(client)
  return { client, told, lifted }
}
const issue = async (fixture: CaseFixture, action: 'warn' | 'suspend' = 'warn') => {
  const more = action === 'suspend' ? { durationSeconds: 600, reason: '停' } : {}
  return valueOf(await door.issue(command(fixture, { action, ...more }), { person, requestId: 'r' }))
}
/** The fact as the stream brings it, from the database as it is now. */
async function hear(type: 'enforcement.issued' | 'enforcement.updated', { id }: Enforcement): Promise<void> {
  const enforcement = await findEnforcement(db, id)
  if (enforcement) measures.hear([{ type, enforcement }])
}
const startOf = (fixture: CaseFixture) =>
  sessionStart({ roomId: fixture.roomId, host: { id: fixture.hostId, name: '主播甲' } })

test('a warning between the start of a broadcast and its registration is told, once', async () => {
  const fixture = await addCase(db)
  const { client, told } = connected()
  let warned: Enforcement | null = null
  meanwhile = async () => {
    warned = await issue(fixture)
    // The stream is faster than the gateway: nobody carries the broadcast yet.
    await hear('enforcement.issued', warned)
  }
  const started = await take(client, 'session.start', startOf(fixture))
  expect(started).toMatchObject({ ok: true, data: { enforcements: [] } })
  const issued = warned as unknown as Enforcement
  expect(told).toEqual([issued.id])
  await hear('enforcement.issued', issued)
  expect(told).toEqual([issued.id])
})

test('what the answer to the start has told is not told again', async () => {
  const fixture = await addCase(db)
  const warned = await issue(fixture)
  const { client, told } = connected()
  const started = await take(client, 'session.start', startOf(fixture))
  expect(started).toMatchObject({ ok: true, data: { enforcements: [{ enforcementId: warned.id }] } })
  await hear('enforcement.issued', warned)
  expect(told).toEqual([])
})

test('a connection forgets broadcasts that ended and measures that are settled', async () => {
  const { client, told } = connected()
  for (let round = 0; round < 5; round += 1) {
    const fixture = await addCase(db)
    const started = await take(client, 'session.start', startOf(fixture))
    const sessionId = String(started.ok && (started.data as { sessionId: string }).sessionId)
    const warned = await issue(fixture)
    await hear('enforcement.issued', warned)
    await take(client, 'enforcement.ack', { enforcementId: warned.id, status: 'received' })
    await hear('enforcement.updated', warned)
    await take(client, 'events.append', { sessionId, events: [speech(1), { seq: 2, atMs: 2_000, channel: 'end' }] })
    for (const { session } of registry.ofSession(sessionId)) registry.leave({ client, session })
    expect(await take(client, 'events.append', { sessionId, events: [speech(3)] })).toMatchObject({
      error: { code: 'session_closed' },
    })
  }
  expect(told).toHaveLength(5)
  expect(client.sessions.size).toBe(0)
  expect(client.told.size).toBe(0)
  expect(registry.liveSessions).toBe(0)
})

test('a connection remembers no more than a thousand of the ten thousand broadcasts it carried', () => {
  const { client } = connected()
  for (let count = 0; count < 10_000; count += 1) {
    const session = { sessionId: `s-${count}`, roomId: `r-${count}`, hostId: 'h' }
    registry.carry(client, session)
    registry.leave({ client, session })
  }
  expect(client.sessions.size).toBe(0)
  expect(client.left.size).toBe(1_000)
  expect(client.left.has('s-9999')).toBe(true)
})

test('a suspension stays known until it is lifted, so that the connection hears of the lift', async () => {
  const fixture = await addCase(db)
  const { client, told, lifted } = connected()
  await take(client, 'events.append', { sessionId: fixture.sessionId, events: [speech(1)] })
  const suspended = await issue(fixture, 'suspend')
  await hear('enforcement.issued', suspended)
  await take(client, 'enforcement.ack', { enforcementId: suspended.id, status: 'obeyed' })
  await measures.settled()
  await hear('enforcement.updated', suspended)
  expect(told).toEqual([suspended.id])
  expect(client.told.has(suspended.id)).toBe(true)
  const lift = { idempotencyKey: randomUUID(), enforcementId: suspended.id, reason: '已整改' }
  const reversal = valueOf(await door.lift(lift, { person, requestId: 'r' }))
  await hear('enforcement.updated', suspended)
  await hear('enforcement.issued', reversal)
  expect(lifted).toEqual([suspended.id])
  expect(client.told.size).toBe(0)
})
