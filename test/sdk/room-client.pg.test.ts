import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { RoomClient, type RoomClientOptions } from '../../sdk/room-client.ts'
import type { RoomEnforcement } from '../../src/contracts/enforcement.ts'
import { addCase, command } from '../enforcement/case-fixture.ts'
import { cuttableProxy, type CuttableProxy } from '../support/cuttable-proxy.ts'
import { openHouse, until, type House } from '../ws/house.ts'

let house: House
let network: CuttableProxy
let key = ''
const clients: RoomClient[] = []

beforeAll(async () => {
  house = await openHouse()
  key = await house.key()
  network = await cuttableProxy(house.url)
})
afterEach(async () => {
  for (const client of clients.splice(0)) await client.close()
})
afterAll(async () => {
  await network.close()
  await house.close()
})

function client(options: Partial<RoomClientOptions> = {}): RoomClient {
  const made = new RoomClient({ url: network.url, key, ...options, timing: { backoffMinMs: 5, backoffMaxMs: 50 } })
  clients.push(made)
  return made
}

const room = (roomId: string) => ({ roomId, title: '茶农小店', host: { id: `host-${roomId}`, name: '老李' } })

async function stored(sessionId: string): Promise<{ seq: number; body: { text?: string } }[]> {
  return (await house.db
    .selectFrom('events')
    .select(['seq', 'body'])
    .where('session_id', '=', sessionId)
    .orderBy('seq')
    .execute()) as { seq: number; body: { text?: string } }[]
}

test('a burst reaches the database once and in order, and the session ends', async () => {
  const session = await client().start(room('burst'))
  for (let index = 1; index <= 2_500; index += 1) session.speech(`第${index}句`, { atMs: index })
  expect(await session.end({ atMs: 2_501 })).toBe(2_501)
  const rows = await stored(session.id)
  expect(rows.map(({ seq }) => seq)).toEqual(Array.from({ length: 2_501 }, (_, index) => index + 1))
  expect(rows[2_499]?.body.text).toBe('第2500句')
})

test('an end whose acknowledgement was lost is settled without a second broadcast', async () => {
  const first = client()
  const session = await first.start({ ...room('lost-end'), sessionRef: 'evening' })
  session.speech('最后一句', { atMs: 0 })
  network.swallowAnswers()
  const ended = session.end({ atMs: 1 })
  await until(async () => (await stored(session.id)).length === 2)
  network.cut()
  expect(await ended).toBe(2)
  const sessions = await house.db.selectFrom('sessions').select('id').where('room_id', '=', 'lost-end').execute()
  expect(sessions).toHaveLength(1)
})

test('a wrong key is refused', async () => {
  await expect(client({ key: 'lw_wrong' }).start(room('wrong'))).rejects.toMatchObject({ code: 'unauthorised' })
})

test('a room outside the key is refused', async () => {
  const narrow = await house.key(['other'])
  await expect(client({ key: narrow }).start(room('outside'))).rejects.toMatchObject({ code: 'forbidden' })
})

test('a second producer takes the room over and the first one stops', async () => {
  const session = await client().start({ ...room('taken'), sessionRef: 'a' })
  await client().start({ ...room('taken'), sessionRef: 'b' })
  expect(await session.whenClosed).toMatchObject({ why: 'taken_over' })
})

test('a suspension reaches the host, is obeyed, becomes effective and refuses the next start', async () => {
  const lead = await house.visitor('lead')
  const fixture = await addCase(house.db, { roomId: 'cut', hostId: 'host-cut' })
  const told: RoomEnforcement[] = []
  const producer = client({ onEnforcement: (measure) => void told.push(measure) })
  const live = await house.db
    .updateTable('sessions')
    .set({ session_ref: 'evening', last_seq: 3 })
    .where('id', '=', fixture.sessionId)
    .returning('last_seq')
    .executeTakeFirstOrThrow()
  const session = await producer.start({ ...room('cut'), sessionRef: 'evening' })
  expect(session.id).toBe(fixture.sessionId)
  expect(session.nextSeq).toBe(live.last_seq + 1)
  session.speech('继续讲', { atMs: 20_000 })
  await session.flush()
  const issued = await lead.post(
    '/v1/enforcements',
    command(fixture, { action: 'suspend', durationSeconds: 600, reason: '停播测试' }),
  )
  expect(issued.status).toBe(200)
  expect(await session.whenClosed).toMatchObject({ why: 'measure', until: issued.body['until'] })
  expect(told).toMatchObject([{ action: 'suspend', enforcementId: issued.body['id'] }])
  await until(
    async () => (await lead.get(`/v1/enforcements/${String(issued.body['id'])}`)).body['status'] === 'effective',
  )
  await expect(producer.start(room('cut'))).rejects.toMatchObject({
    code: 'room_suspended',
    until: issued.body['until'],
  })
})

test('a connection that breaks again and again loses nothing and doubles nothing', async () => {
  const states: string[] = []
  const session = await client({ onState: ({ state }) => states.push(state) }).start(room('breaks'))
  for (let index = 1; index <= 600; index += 1) {
    session.speech(`第${index}句`, { atMs: index })
    if (index % 60 === 0) network.cut()
    if (index % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 2))
  }
  expect(await session.flush()).toBe(600)
  expect((await stored(session.id)).map(({ body }) => body.text)).toEqual(
    Array.from({ length: 600 }, (_, index) => `第${index + 1}句`),
  )
  expect(states.filter((state) => state === 'reconnecting').length).toBeGreaterThan(3)
})
