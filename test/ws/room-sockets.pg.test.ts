import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import WebSocket from 'ws'
import type { RoomEventInput } from '../../src/contracts/room-event.ts'
import { socketIoOptions } from '../../src/ws/attach-sockets.ts'
import { addCase, command, valueOf } from '../enforcement/case-fixture.ts'
import { plainRoom, type PlainRoom } from '../support/plain-room.ts'
import { dial, openHouse, until, type AskReply, type House, type Visitor } from './house.ts'

let house: House
let key: string
let lead: Visitor

beforeAll(async () => {
  house = await openHouse()
  key = await house.key()
  lead = await house.visitor('lead')
})
afterAll(async () => {
  const faults = [...house.faults]
  await house.close()
  expect(faults).toEqual([])
})

const speech = (seq: number, text = `第${seq}句`): RoomEventInput => ({
  seq,
  atMs: seq * 1_000,
  channel: 'speech',
  text,
})
const startOf = (roomId: string, more: object = {}) => ({
  roomId,
  title: '茶农小店',
  host: { id: `host-of-${roomId}`, name: '茶农老李' },
  category: 'food' as const,
  ...more,
})
const sessionIn = (reply: AskReply) => String(reply.data?.['sessionId'])

/** The same conversation over either door. */
type Door = {
  ask(type: string, data: unknown): Promise<AskReply>
  hears(type: string): Promise<Record<string, unknown>>
  /** Resolves with the close code, or with the reason Socket.IO gives. */
  gone: Promise<unknown>
  leave(): void
}
const doors: Record<string, (key: string) => Promise<Door>> = {
  'Socket.IO': async (withKey) => {
    const room = await dial(house.url, '/ingest', { key: withKey })
    return { ask: room.ask, hears: (type) => room.hears(type), gone: room.gone, leave: () => room.socket.disconnect() }
  },
  'plain WebSocket': async (withKey) => {
    const room: PlainRoom = await plainRoom(house.url, withKey)
    return { ask: room.ask, hears: room.heard, gone: room.closed.then(({ code }) => code), leave: room.close }
  },
}

describe.each(Object.entries(doors))('over %s', (name, open) => {
  const cut = name === 'Socket.IO' ? 'io server disconnect' : 4403
  const ended = name === 'Socket.IO' ? 'io server disconnect' : 4401

  test('a broadcast starts, is acknowledged after the commit and resumes where it was', async () => {
    const room = await open(key)
    const start = startOf(`${name}-resume`, { sessionRef: 'morning' })
    const first = await room.ask('session.start', start)
    expect(first).toMatchObject({ ok: true, data: { resumeFrom: 1, enforcements: [] } })
    const events = [
      speech(1),
      speech(2),
      { seq: 3, atMs: 3_000, channel: 'chat', text: '真的吗', userId: 'u1', userName: '张三' },
    ]
    expect(await room.ask('events.append', { sessionId: sessionIn(first), events })).toMatchObject({
      ok: true,
      data: { acceptedThrough: 3 },
    })
    const stored = await house.db
      .selectFrom('events')
      .select('seq')
      .where('session_id', '=', sessionIn(first))
      .execute()
    expect(stored).toHaveLength(3)
    room.leave()

    const again = await open(key)
    const resumed = await again.ask('session.start', start)
    expect(resumed).toMatchObject({ ok: true, data: { sessionId: sessionIn(first), resumeFrom: 4 } })
    // Sent twice has the effect of once.
    expect(await again.ask('events.append', { sessionId: sessionIn(first), events })).toMatchObject({
      ok: true,
      data: { acceptedThrough: 3 },
    })
    again.leave()
  })

  test('each wrong message has its own typed answer, and the connection lives', async () => {
    const room = await open(key)
    const sessionId = sessionIn(await room.ask('session.start', startOf(`${name}-wrong`)))
    const append = (events: unknown) => room.ask('events.append', { sessionId, events })
    const answers = {
      gap: await append([speech(1), speech(3)]),
      unknownCategory: await room.ask('session.start', { ...startOf(`${name}-category`), category: 'weapons' }),
      unknownSession: await room.ask('events.append', { sessionId: 'nowhere', events: [speech(1)] }),
      unknownChannel: await append([{ seq: 1, atMs: 0, channel: 'video', text: 'x' }]),
      unknownKey: await append([{ ...speech(1), mood: 'good' }]),
      longText: await append([speech(1, '长'.repeat(2_001))]),
      manyEvents: await append(Array.from({ length: 201 }, (_, index) => speech(index + 1, 'a'))),
      noEvents: await append([]),
      nul: await append([speech(1, 'a\0b')]),
      halfPair: await append([speech(1, 'a\ud83d')]),
      unknownEvent: await room.ask('room.explode', {}),
      inherited: await room.ask('toString', {}),
      null: await room.ask('session.start', null),
      array: await room.ask('events.append', []),
      proto: await room.ask('session.start', JSON.parse('{"__proto__": {"roomId": "x"}}')),
      badUrl: await room.ask('session.start', { ...startOf(`${name}-url`), liveUrl: 'javascript:alert(1)' }),
      measure: await room.ask('enforcement.ack', { enforcementId: 'none', status: 'obeyed' }),
    }
    const codes = Object.entries(answers).map(([what, answer]) => [what, answer.ok ? 'ok' : answer.error?.['code']])
    expect(Object.fromEntries(codes)).toEqual({
      gap: 'seq_gap',
      unknownCategory: 'bad_request',
      unknownSession: 'unknown_session',
      unknownChannel: 'bad_request',
      unknownKey: 'bad_request',
      longText: 'too_large',
      manyEvents: 'too_large',
      noEvents: 'bad_request',
      nul: 'bad_request',
      halfPair: 'bad_request',
      unknownEvent: 'bad_request',
      inherited: 'bad_request',
      null: 'bad_request',
      array: 'bad_request',
      proto: 'bad_request',
      badUrl: 'bad_request',
      measure: 'not_found',
    })
    expect(answers.unknownCategory.error).toMatchObject({ field: 'category' })
    expect(answers.longText.error).toMatchObject({ field: 'events.0.text' })
    expect(answers.nul.error).toMatchObject({ field: 'events.0.text' })
    for (const answer of Object.values(answers)) expect(answer.error?.['requestId']).toEqual(expect.any(String))
    expect(await append([speech(1)])).toMatchObject({ ok: true, data: { acceptedThrough: 1 } })
    room.leave()
  })

  test('frames sent without waiting are stored in their order', async () => {
    const room = await open(key)
    const sessionId = sessionIn(await room.ask('session.start', startOf(`${name}-pipeline`)))
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, index) => room.ask('events.append', { sessionId, events: [speech(index + 1)] })),
    )
    expect(answers.map((answer) => answer.ok)).not.toContain(false)
    expect(answers.at(-1)).toMatchObject({ data: { acceptedThrough: 60 } })
    room.leave()
  })

  test('more than 64 unanswered frames are told to slow down', async () => {
    const room = await open(key)
    const sessionId = sessionIn(await room.ask('session.start', startOf(`${name}-flood`)))
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, index) => room.ask('events.append', { sessionId, events: [speech(index + 1)] })),
    )
    const refused = answers.filter((answer) => !answer.ok)
    expect(refused.length).toBeGreaterThan(0)
    expect(new Set(refused.map((answer) => answer.error?.['code']))).toEqual(new Set(['rate_limited']))
    expect(refused[0]?.error?.['retryAfterMs']).toEqual(expect.any(Number))
    room.leave()
  })

  test('a suspension reaches the room, waits for its word, cuts it off and keeps it off', async () => {
    const fixture = await addCase(house.db, { roomId: `${name}-suspended`, hostId: `host-of-${name}-suspended` })
    const room = await open(key)
    const events = [speech(4), speech(5)]
    await house.db.updateTable('sessions').set({ last_seq: 3 }).where('id', '=', fixture.sessionId).execute()
    // It reconnects and goes on without a new start; measures must reach it all the same.
    expect(await room.ask('events.append', { sessionId: fixture.sessionId, events })).toMatchObject({ ok: true })

    const issued = await lead.post('/v1/enforcements', {
      ...command(fixture, { action: 'suspend', durationSeconds: 600, reason: '停播测试' }),
    })
    expect(issued.status).toBe(200)
    const told = await room.hears('enforcement.issued')
    expect(told).toMatchObject({ enforcementId: issued.body['id'], action: 'suspend' })
    const closed = await room.hears('session.closed')
    expect(closed).toMatchObject({ sessionId: fixture.sessionId, code: 4403, until: issued.body['until'] })
    const before = performance.now()
    await room.ask('enforcement.ack', { enforcementId: issued.body['id'], status: 'received' })
    expect(await lead.get(`/v1/enforcements/${String(issued.body['id'])}`)).toMatchObject({
      body: { status: 'received' },
    })
    void room.ask('enforcement.ack', { enforcementId: issued.body['id'], status: 'obeyed' }).catch(() => undefined)
    expect(await room.gone).toBe(cut)
    expect(performance.now() - before).toBeLessThan(10_000)
    await until(async () => {
      const { body } = await lead.get(`/v1/enforcements/${String(issued.body['id'])}`)
      return body['status'] === 'effective'
    })

    const again = await open(key)
    expect(await again.ask('session.start', startOf(`${name}-suspended`))).toMatchObject({
      ok: false,
      error: { code: 'room_suspended', until: issued.body['until'] },
    })
    const late = await again.ask('events.append', { sessionId: fixture.sessionId, events: [speech(6)] })
    expect(late).toMatchObject({ ok: false, error: { code: 'room_suspended' } })
    again.leave()
  })

  test('a room that does not answer is cut after three seconds, and the measure counts as effective', async () => {
    const fixture = await addCase(house.db, { roomId: `${name}-deaf`, hostId: `host-of-${name}-deaf` })
    const room = await open(key)
    await room.ask('events.append', { sessionId: fixture.sessionId, events: [speech(1, '家人们看这款茶')] })
    const issued = await lead.post('/v1/enforcements', {
      ...command(fixture, { action: 'suspend', durationSeconds: 600, reason: '停' }),
    })
    await room.hears('session.closed')
    const from = performance.now()
    expect(await room.gone).toBe(cut)
    expect(performance.now() - from).toBeGreaterThan(2_500)
    await until(async () => {
      const { body } = await lead.get(`/v1/enforcements/${String(issued.body['id'])}`)
      // In effect, but not received: nobody at the other end said so.
      return body['status'] === 'effective' && body['receivedAt'] === null
    })
  })

  test('a connection that carries another broadcast stays, and hears of the lift', async () => {
    const fixture = await addCase(house.db, { roomId: `${name}-one`, hostId: `host-of-${name}-one` })
    const room = await open(key)
    await room.ask('events.append', { sessionId: fixture.sessionId, events: [speech(1, '家人们看这款茶')] })
    const other = sessionIn(await room.ask('session.start', startOf(`${name}-other`)))
    const measure = valueOf(
      await house.enforcement.issue(command(fixture, { action: 'suspend', durationSeconds: 600, reason: '停' }), {
        person: lead.person,
        requestId: 'test',
      }),
    )
    house.fanout.publish({ topic: 'facts' })
    await room.hears('session.closed')
    await room.ask('enforcement.ack', { enforcementId: measure.id, status: 'obeyed' })
    expect(await room.ask('events.append', { sessionId: other, events: [speech(1)] })).toMatchObject({ ok: true })
    const lifted = await lead.post(`/v1/enforcements/${measure.id}/lift`, {
      idempotencyKey: randomUUID(),
      reason: '整改完成',
    })
    expect(lifted.status).toBe(200)
    expect(await room.hears('enforcement.lifted')).toMatchObject({ enforcementId: measure.id, reason: '整改完成' })
    expect(await room.ask('session.start', startOf(`${name}-one`))).toMatchObject({ ok: true })
    room.leave()
  })

  test('a warning is told without cutting anything', async () => {
    const fixture = await addCase(house.db, { roomId: `${name}-warned`, hostId: `host-of-${name}-warned` })
    const room = await open(key)
    await room.ask('events.append', { sessionId: fixture.sessionId, events: [speech(1, '家人们看这款茶')] })
    await lead.post('/v1/enforcements', { ...command(fixture) })
    expect(await room.hears('enforcement.issued')).toMatchObject({ action: 'warn' })
    await house.db.updateTable('sessions').set({ last_seq: 3 }).where('id', '=', fixture.sessionId).execute()
    expect(await room.ask('events.append', { sessionId: fixture.sessionId, events: [speech(4)] })).toMatchObject({
      ok: true,
    })
    room.leave()
  })

  test('a warning given while the producer was away is told when it goes on without a new start', async () => {
    const roomId = `${name}-away`
    const fixture = await addCase(house.db, { roomId, hostId: `host-of-${roomId}` })
    const issued = await lead.post('/v1/enforcements', { ...command(fixture) })
    expect(issued.status).toBe(200)
    await house.db.updateTable('sessions').set({ last_seq: 3 }).where('id', '=', fixture.sessionId).execute()
    const room = await open(key)
    expect(await room.ask('events.append', { sessionId: fixture.sessionId, events: [speech(4)] })).toMatchObject({
      ok: true,
    })
    expect(await room.hears('enforcement.issued')).toMatchObject({ enforcementId: issued.body['id'], action: 'warn' })
    room.leave()
  })

  test('a ban of the host cuts every room of that host', async () => {
    const hostId = `${name}-banned-host`
    const fixture = await addCase(house.db, { roomId: `${name}-banned-1`, hostId })
    const first = await open(key)
    await first.ask('events.append', { sessionId: fixture.sessionId, events: [speech(1, '家人们看这款茶')] })
    const second = await open(key)
    const start = { ...startOf(`${name}-banned-2`), host: { id: hostId, name: '主播甲' } }
    await second.ask('session.start', start)
    const issued = await lead.post('/v1/enforcements', { ...command(fixture, { action: 'ban', reason: '封禁' }) })
    for (const room of [first, second]) {
      await room.hears('session.closed')
      void room.ask('enforcement.ack', { enforcementId: issued.body['id'], status: 'obeyed' }).catch(() => undefined)
    }
    expect([await first.gone, await second.gone]).toEqual([cut, cut])
  })

  test('a second broadcast of the room takes over from the first', async () => {
    const first = await open(key)
    await first.ask('session.start', startOf(`${name}-taken`))
    const second = await open(key)
    await second.ask('session.start', startOf(`${name}-taken`))
    expect(await first.hears('session.closed')).toMatchObject({ code: 4409 })
    expect(await first.gone).toBe(name === 'Socket.IO' ? 'io server disconnect' : 4409)
    second.leave()
  })

  test('a key that is revoked stops working within its five seconds', async () => {
    const own = await house.key([`${name}-revoked`])
    const room = await open(own)
    expect(await room.ask('session.start', startOf(`${name}-elsewhere`))).toMatchObject({
      error: { code: 'forbidden' },
    })
    const sessionId = sessionIn(await room.ask('session.start', startOf(`${name}-revoked`)))
    await house.revoke(own)
    let seq = 0
    await until(async () => {
      seq += 1
      const closed = room.gone.then((): AskReply => ({ ok: false, error: { code: 'unauthorised' } }))
      // An answer that the close cuts off is the close.
      const asked = room.ask('events.append', { sessionId, events: [speech(seq)] }).catch(() => closed)
      const answer = await Promise.race([asked, closed])
      return !answer.ok && answer.error?.['code'] === 'unauthorised'
    }, 7_000)
    await room.gone
  })

  test('a silent connection whose key is revoked is closed within five seconds, and no other', async () => {
    const roomId = `${name}-silent`
    const own = await house.key([roomId])
    const silent = await open(own)
    const fixture = await addCase(house.db, { roomId, hostId: `host-of-${roomId}` })
    await silent.ask('events.append', { sessionId: fixture.sessionId, events: [speech(1, '家人们看这款茶')] })
    // Another one that has not said a word since its handshake.
    const mute = await open(own)
    const stays = await open(key)
    await house.revoke(own)
    const from = performance.now()
    const told = silent.hears('session.closed')
    expect(await Promise.all([silent.gone, mute.gone])).toEqual([ended, ended])
    expect(performance.now() - from).toBeLessThan(15_000)
    expect(await told).toMatchObject({ sessionId: null, code: 4401 })
    expect(await stays.ask('session.start', startOf(`${name}-stays`))).toMatchObject({ ok: true })
    stays.leave()
  })
})

describe('at the door', () => {
  test('a wrong key is refused with its own code on both sockets', async () => {
    await expect(dial(house.url, '/ingest', { key: 'lw_wrong' })).rejects.toMatchObject({
      data: { code: 'unauthorised' },
    })
    const plain = await plainRoom(house.url, 'lw_wrong')
    expect((await plain.closed).code).toBe(4401)
  })

  test('a key may come in the first message, and nothing is taken before it', async () => {
    const room = await dial(house.url, '/ingest')
    expect(await room.ask('session.start', startOf('early'))).toMatchObject({ error: { code: 'unauthorised' } })
    await room.gone
    const next = await dial(house.url, '/ingest')
    // Sent at once, without waiting for the answer to the key.
    const [authed, started] = await Promise.all([
      next.ask('auth', { key }),
      next.ask('session.start', startOf('first-message')),
    ])
    expect([authed.ok, started.ok]).toEqual([true, true])
    next.socket.disconnect()
  })

  test('a socket without a key is closed with 4401 after five seconds', async () => {
    const silent = new WebSocket(`${house.url.replace('http', 'ws')}/v1/ingest/ws`)
    const silentIo = await dial(house.url, '/ingest')
    const code = await new Promise((resolve) => silent.once('close', resolve))
    expect(code).toBe(4401)
    expect(await silentIo.hears('session.closed')).toMatchObject({ code: 4401 })
    await silentIo.gone
  })

  test('frames that are no messages get a typed answer', async () => {
    const room = await plainRoom(house.url, key)
    const answers: Record<string, unknown>[] = []
    room.socket.on('message', (bytes: Buffer) => answers.push(JSON.parse(bytes.toString()) as Record<string, unknown>))
    const frames = ['{"type":', '[]', '"x"', '{"type":"auth","data":{},"more":1}', '{"type":5,"data":{}}']
    for (const frame of frames) room.socket.send(frame)
    room.socket.send(Buffer.from([1, 2, 3]))
    await until(() => Promise.resolve(answers.length >= frames.length + 1))
    expect(answers.map((answer) => (answer['error'] as { code: string }).code)).toEqual(
      Array.from({ length: frames.length + 1 }, () => 'bad_request'),
    )
    expect(await room.ask('session.start', startOf('after-garbage'))).toMatchObject({ ok: true })
    room.close()
  })

  test('a frame of 10 MB closes its own socket with 1009 and no other', async () => {
    const healthy = await plainRoom(house.url, key)
    const sessionId = await healthy.start(startOf('healthy'))
    const giant = await plainRoom(house.url, key)
    giant.socket.send('x'.repeat(10_000_000))
    expect((await giant.closed).code).toBe(1009)
    const giantIo = await dial(house.url, '/ingest', { key })
    giantIo.socket.emit('session.start', 'x'.repeat(10_000_000))
    await giantIo.gone
    expect(await healthy.append(sessionId, [speech(1)])).toMatchObject({ ok: true })
    healthy.close()
  })

  test('a payload nested thirty thousand deep is refused and harms nothing', async () => {
    const deep = '['.repeat(30_000) + ']'.repeat(30_000)
    const plain = await plainRoom(house.url, key)
    const answer = new Promise<AskReply>((resolve) => {
      plain.socket.once('message', (bytes: Buffer) => resolve(JSON.parse(bytes.toString()) as AskReply))
    })
    plain.socket.send(`{"type":"session.start","id":"deep","data":${deep}}`)
    expect(await answer).toMatchObject({ ok: false, id: 'deep', error: { code: 'bad_request' } })
    expect(await plain.ask('session.start', startOf('deep'))).toMatchObject({ ok: true })
    plain.close()

    // The client library could not write this; the wire can carry it.
    const raw = new WebSocket(`${house.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`)
    const packets: string[] = []
    raw.on('message', (bytes: Buffer) => packets.push(bytes.toString()))
    const packet = (start: string) => until(() => Promise.resolve(packets.find((text) => text.startsWith(start))))
    await packet('0')
    raw.send(`40/ingest,${JSON.stringify({ key })}`)
    await packet('40/ingest')
    raw.send(`42/ingest,7["session.start",${deep}]`)
    expect(await packet('43/ingest,7')).toContain('bad_request')
    raw.send('42/ingest,8["session.start",{"__proto__":{"roomId":"x"}}]')
    expect(await packet('43/ingest,8')).toContain('bad_request')
    raw.send(`42/ingest,9["session.start",${JSON.stringify(startOf('deep-io'))}]`)
    expect(await packet('43/ingest,9')).toContain('"ok":true')
    raw.close()
  })

  test('packets that are no Socket.IO end their own connection and no other', async () => {
    for (const garbage of [
      '42',
      '42/ingest,["x"',
      '9',
      '45-["x"]',
      '451-/ingest,["x",{"_placeholder":true,"num":0}]',
      '\u0000',
    ]) {
      const raw = new WebSocket(`${house.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`)
      await new Promise((resolve) => raw.once('message', resolve))
      raw.send(`40/ingest,${JSON.stringify({ key })}`)
      await new Promise((resolve) => raw.once('message', resolve))
      raw.send(garbage)
      raw.send(Buffer.from([0, 1, 2]))
      raw.close()
      await new Promise((resolve) => raw.once('close', resolve))
    }
    const room = await dial(house.url, '/ingest', { key })
    expect(await room.ask('session.start', startOf('after-packets'))).toMatchObject({ ok: true })
    room.socket.disconnect()
  })

  test('events without an acknowledgement, with too many arguments or with reserved names end nothing', async () => {
    const room = await dial(house.url, '/ingest', { key })
    room.socket.emit('session.start', startOf('no-ack'))
    room.socket.emit('events.append')
    room.socket.emit('error', 'x')
    room.socket.emit('session.start', null, undefined, [])
    expect(await room.ask('session.start', startOf('a'), startOf('b'))).toMatchObject({
      error: { code: 'bad_request' },
    })
    expect(await room.ask('session.start', startOf('still-here'))).toMatchObject({ ok: true })
    room.socket.disconnect()
  })

  test('the settings of the sockets are those that were measured', async () => {
    expect(socketIoOptions).toMatchObject({
      transports: ['websocket'],
      maxHttpBufferSize: 65_536,
      perMessageDeflate: false,
      pingInterval: 10_000,
      pingTimeout: 8_000,
      connectTimeout: 5_000,
      allowEIO3: false,
      serveClient: false,
    })
    const address = `${house.url.replace('http', 'ws')}/socket.io/?transport=websocket`
    const raw = new WebSocket(`${address}&EIO=4`, { perMessageDeflate: true })
    const hello = await new Promise<string>((resolve) =>
      raw.once('message', (bytes: Buffer) => resolve(bytes.toString())),
    )
    const said: unknown = JSON.parse(hello.slice(1))
    expect(said).toMatchObject({ upgrades: [], pingInterval: 10_000, pingTimeout: 8_000, maxPayload: 65_536 })
    expect(raw.extensions).toBe('')
    raw.close()
    const old = new WebSocket(`${address}&EIO=3`)
    const heard: unknown[] = []
    old.on('message', (bytes: Buffer) => heard.push(bytes.toString()))
    old.on('error', () => undefined)
    await new Promise((resolve) => old.once('close', resolve))
    expect(heard).toEqual([])
    expect((await fetch(`${house.url}/socket.io/socket.io.js`)).status).not.toBe(200)
  })

  test('there is nothing outside the two namespaces and the one path', async () => {
    await expect(dial(house.url, '/' as '/ingest')).rejects.toThrow('not_found')
    await expect(dial(house.url, '/admin' as '/ingest')).rejects.toThrow()
    const elsewhere = new WebSocket(`${house.url.replace('http', 'ws')}/v1/elsewhere`)
    const error = await new Promise<Error>((resolve) => elsewhere.once('error', resolve))
    expect(error.message).toContain('404')
    const polling = await fetch(`${house.url}/socket.io/?EIO=4&transport=polling`)
    expect(polling.status).toBe(400)
  })

  test('a broadcast that its room has ended is answered as closed', async () => {
    const room = await dial(house.url, '/ingest', { key })
    const sessionId = sessionIn(await room.ask('session.start', startOf('ended')))
    await room.ask('events.append', { sessionId, events: [speech(1), { seq: 2, atMs: 2_000, channel: 'end' }] })
    const late = await room.ask('events.append', { sessionId, events: [speech(3)] })
    expect(late).toMatchObject({ error: { code: 'session_closed' } })
    expect(room.socket.connected).toBe(true)
    room.socket.disconnect()
  })
})

test('a gateway that goes away says so with 1012', async () => {
  const leaving = await openHouse()
  const own = await leaving.key()
  const plain = await plainRoom(leaving.url, own)
  const room = await dial(leaving.url, '/ingest', { key: own })
  await plain.start(startOf('restart'))
  const closing = leaving.close()
  expect(await plain.heard('session.closed')).toMatchObject({ sessionId: null, code: 1012 })
  expect((await plain.closed).code).toBe(1012)
  expect(await room.hears('session.closed')).toMatchObject({ code: 1012 })
  await room.gone
  await closing
})
