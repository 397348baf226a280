import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RoomEventInput } from '../../src/contracts/room-event.ts'
import { addCase, command } from '../enforcement/case-fixture.ts'
import { openHouse, type Answer, type House, type Visitor } from '../ws/house.ts'

let house: House
let lead: Visitor
let key: string

beforeAll(async () => {
  house = await openHouse()
  lead = await house.visitor('lead')
  key = await house.key()
})
afterAll(async () => {
  const faults = [...house.faults]
  await house.close()
  expect(faults).toEqual([])
})

async function send(path: string, body: string | object, type = 'application/json', withKey = key) {
  const answer = await fetch(`${house.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${withKey}`, 'content-type': type },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  return { status: answer.status, body: (await answer.json()) as Answer }
}
const start = (roomId: string, more: object = {}) =>
  send('/v1/sessions', { roomId, title: '茶铺', host: { id: `h-${roomId}`, name: '老李' }, category: 'food', ...more })
const speech = (seq: number, text = `第${seq}句`): RoomEventInput => ({
  seq,
  atMs: seq * 1_000,
  channel: 'speech',
  text,
})
const lines = (...events: unknown[]) => events.map((event) => JSON.stringify(event)).join('\n')
const ndjson = 'application/x-ndjson'

describe('events over HTTP', () => {
  test('a JSON array and NDJSON are stored alike, and sending twice has the effect of once', async () => {
    const { body } = await start('alike')
    const path = `/v1/sessions/${String(body['sessionId'])}/events`
    expect(await send(path, [speech(1), speech(2)])).toMatchObject({ status: 200, body: { acceptedThrough: 2 } })
    expect(await send(path, lines(speech(2), speech(3)) + '\n\n', ndjson)).toMatchObject({
      body: { acceptedThrough: 3 },
    })
    expect(await send(path, [speech(1), speech(2)])).toMatchObject({ status: 200, body: { acceptedThrough: 3 } })
  })

  test('a thousand events in one body are taken', async () => {
    const { body } = await start('many')
    const events = Array.from({ length: 1_000 }, (_, index) => speech(index + 1))
    const answer = await send(`/v1/sessions/${String(body['sessionId'])}/events`, lines(...events), ndjson)
    expect(answer).toMatchObject({ status: 200, body: { acceptedThrough: 1_000 } })
  })

  test('each wrong body is answered by its code, its status and its place', async () => {
    const { body } = await start('wrong')
    const path = `/v1/sessions/${String(body['sessionId'])}/events`
    const answers = [
      [await send(path, [speech(2)]), 409, 'seq_gap', undefined],
      [await send(path, [speech(1), { ...speech(2), text: '' }]), 400, 'bad_request', 'events.1.text'],
      [await send(path, [speech(1, '长'.repeat(2_001))]), 413, 'too_large', 'events.0.text'],
      [await send(path, lines(speech(1), { ...speech(2), mood: 1 }), ndjson), 400, 'bad_request', 'line 2'],
      [await send(path, `${JSON.stringify(speech(1))}\n{"seq":`, ndjson), 400, 'bad_request', 'line 2'],
      [await send(path, [speech(1, 'a\0')]), 400, 'bad_request', 'events.0.text'],
      [await send(path, []), 400, 'bad_request', undefined],
      [await send(path, { events: [] }), 400, 'bad_request', 'events'],
      [await send(path, '"text"'), 400, 'bad_request', 'events'],
      [await send('/v1/sessions/nowhere/events', [speech(1)]), 404, 'unknown_session', undefined],
      [await start('weapons', { category: 'weapons' }), 400, 'bad_request', 'category'],
      [await send(path, 'x'.repeat(1_100_000), ndjson), 413, 'too_large', undefined],
      [await send(path, [speech(1)], 'application/json', 'lw_wrong'), 401, 'unauthorised', undefined],
      [
        await send(path, [speech(1)], 'application/json', await house.key(['other'])),
        404,
        'unknown_session',
        undefined,
      ],
    ] as const
    for (const [answer, status, code, field] of answers) {
      expect({ status: answer.status, ...answer.body.error }).toMatchObject({
        status,
        code,
        ...(field ? { field } : {}),
      })
    }
    expect(await send(path, [speech(1)])).toMatchObject({ status: 200, body: { acceptedThrough: 1 } })
    expect(await send(path, [speech(1, '别的话')])).toMatchObject({
      status: 409,
      body: { error: { code: 'seq_conflict' } },
    })
  })
})

describe('measures over HTTP', () => {
  test('a warning comes with the next answer until it is acknowledged', async () => {
    const fixture = await addCase(house.db, { roomId: 'warned' })
    await house.db.updateTable('sessions').set({ last_seq: 3 }).where('id', '=', fixture.sessionId).execute()
    const path = `/v1/sessions/${fixture.sessionId}`
    const issued = await lead.post('/v1/enforcements', command(fixture))
    const told = { enforcements: [{ enforcementId: issued.body['id'], action: 'warn' }] }
    expect(await send(`${path}/events`, [speech(4)])).toMatchObject({ status: 200, body: told })
    expect(await send(`${path}/events`, [speech(5)])).toMatchObject({ status: 200, body: told })
    const ack = { enforcementId: issued.body['id'], status: 'received' }
    expect(await send('/v1/sessions/nowhere/enforcement-acks', ack)).toMatchObject({ status: 404 })
    const stranger = await house.key(['other'])
    expect(await send(`${path}/enforcement-acks`, ack, 'application/json', stranger)).toMatchObject({ status: 404 })
    expect(await send(`${path}/enforcement-acks`, ack)).toMatchObject({ status: 200, body: {} })
    expect(await send(`${path}/events`, [speech(6)])).toMatchObject({ body: { acceptedThrough: 6, enforcements: [] } })
  })

  test('a suspended room is answered 403 until when, told why, and counts as cut off', async () => {
    const fixture = await addCase(house.db, { roomId: 'suspended', hostId: 'h-suspended' })
    await house.db.updateTable('sessions').set({ last_seq: 3 }).where('id', '=', fixture.sessionId).execute()
    const issued = await lead.post(
      '/v1/enforcements',
      command(fixture, { action: 'suspend', durationSeconds: 600, reason: '停' }),
    )
    const refusal = {
      status: 403,
      body: {
        error: {
          code: 'room_suspended',
          until: issued.body['until'],
          current: { enforcements: [{ enforcementId: issued.body['id'], notice: expect.any(String) as string }] },
        },
      },
    }
    expect(await send(`/v1/sessions/${fixture.sessionId}/events`, [speech(4)])).toMatchObject(refusal)
    expect(await lead.get(`/v1/enforcements/${String(issued.body['id'])}`)).toMatchObject({
      body: { status: 'effective' },
    })
    expect(await start('suspended')).toMatchObject({ status: 403, body: { error: { code: 'room_suspended' } } })
    await lead.post(`/v1/enforcements/${String(issued.body['id'])}/lift`, {
      idempotencyKey: 'lift-1234',
      reason: '已整改',
    })
    expect(await start('suspended')).toMatchObject({ status: 200 })
  })

  test.each(['application/json', 'application/x-ndjson'])(
    'a body of %s that is not UTF-8 is refused, not stored as nonsense',
    async (type) => {
      const started = await start(`gbk-${type.length}`)
      // The two characters of 血糖, as GBK writes them.
      const text = Buffer.concat([
        Buffer.from('{"seq":1,"atMs":0,"channel":"speech","text":"'),
        Buffer.from([0xd1, 0xaa, 0xcc, 0xc7]),
        Buffer.from('"}'),
      ])
      const body = type === 'application/json' ? Buffer.concat([Buffer.from('['), text, Buffer.from(']')]) : text
      const answer = await fetch(`${house.url}/v1/sessions/${String(started.body['sessionId'])}/events`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': type },
        body,
      })
      expect(answer.status).toBe(400)
      expect(await answer.json()).toMatchObject({
        error: { code: 'bad_request', message: expect.stringContaining('UTF-8') },
      })
    },
  )
})
