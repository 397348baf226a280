import { afterEach, expect, test } from 'vitest'
import { RoomClient, type RoomClientOptions } from '../../sdk/room-client.ts'
import type { ClientState } from '../../sdk/client-state.ts'
import type { SessionClosed } from '../../sdk/session-closed.ts'
import type { RoomEnforcement } from '../../src/contracts/enforcement.ts'
import { limits } from '../../src/contracts/limits.ts'
import type { RoomEvent } from '../../src/contracts/room-event.ts'
import { startIngestStub, type IngestStub } from '../support/ingest-stub.ts'

const room = { roomId: 'room-1', title: '山里茶', host: { id: 'host-1', name: '伍姐' }, category: 'food' } as const
const timing = { backoffMinMs: 5, backoffMaxMs: 40, restartSpreadMs: 20, startMs: 3_000 }
const open: { close(): Promise<void> }[] = []

afterEach(async () => {
  for (const item of open.splice(0).reverse()) await item.close()
})

async function stub(options?: Parameters<typeof startIngestStub>[0]): Promise<IngestStub> {
  const started = await startIngestStub(options)
  open.push(started)
  return started
}

function client(to: { url: string }, options: Partial<RoomClientOptions> = {}): RoomClient {
  const made = new RoomClient({ url: to.url, key: 'lw_test', ...options, timing: { ...timing, ...options.timing } })
  open.push(made)
  return made
}

function texts(events: readonly RoomEvent[] | undefined): string[] {
  return (events ?? []).flatMap((event) => ('text' in event ? [event.text] : [event.channel]))
}

function measure(more: Partial<RoomEnforcement>): RoomEnforcement {
  return {
    enforcementId: 'e1',
    action: 'suspend',
    subject: { kind: 'room', id: 'room-1' },
    sessionId: 's1',
    codes: ['efficacy.disease'],
    notice: '您的直播间因虚假功效停播 10 分钟',
    issuedAt: '2026-03-01T10:00:00.000Z',
    until: '2026-03-01T10:10:00.000Z',
    ...more,
  }
}

test('events of every channel arrive in order and are acknowledged', async () => {
  const server = await stub()
  const session = await client(server).start(room)
  expect(session.id).toBe('s1')
  expect(session.speech('大家好', { atMs: 10 })).toBe(1)
  session.chat('来了', { userId: 'u1', userName: '小王', atMs: 20 })
  session.product({ id: 'p1', title: '桑叶茶', category: 'food' }, { atMs: 30 })
  session.audience(120, { atMs: 40 })
  session.speech('助播补一句', { speaker: 'assistant', atMs: 50 })
  expect(session.buffered).toBe(5)
  expect(await session.flush()).toBe(5)
  expect(await session.end({ atMs: 60 })).toBe(6)
  expect(texts(server.sessions[0]?.events)).toEqual(['大家好', '来了', 'product', 'audience', '助播补一句', 'end'])
  expect(server.sessions[0]?.events.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6])
  expect(session.closed).toMatchObject({ why: 'ended', unaccepted: 0 })
})

test('a burst leaves in frames of at most 200 events and 48 KB, at most 8 of them unanswered', async () => {
  const server = await stub()
  server.fault = () => ({ kind: 'delay', ms: 2 })
  const session = await client(server).start(room)
  for (let index = 0; index < 3_000; index += 1) session.speech(`第${index}句`, { atMs: index })
  for (let index = 0; index < 100; index += 1) session.speech('字'.repeat(limits.textUnits), { atMs: 3_000 + index })
  expect(await session.flush()).toBe(3_100)
  const appends = server.frames.filter(({ type }) => type === 'events.append')
  expect(Math.max(...appends.map(({ events }) => events))).toBe(200)
  expect(Math.max(...appends.map(({ bytes }) => bytes))).toBeLessThan(50_000)
  expect(appends.length).toBeLessThan(35)
  expect(server.mostUnanswered()).toBeLessThanOrEqual(8)
  expect(server.sessions[0]?.events).toHaveLength(3_100)
})

test('an event that does not fit the schema is refused before it is sent, with its field, and takes no seq', async () => {
  const server = await stub()
  const session = await client(server).start(room)
  expect(() => session.speech('', { atMs: 1 })).toThrow(expect.objectContaining({ code: 'bad_request', field: 'text' }))
  expect(() => session.speech('长'.repeat(2_001), { atMs: 1 })).toThrow(
    expect.objectContaining({ code: 'too_large', field: 'text', source: 'client' }),
  )
  const facts = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`参数${index}`, '值'.repeat(500)]))
  expect(() => session.product({ id: 'p', title: 't', facts }, { atMs: 1 })).toThrow(
    expect.objectContaining({ code: 'too_large' }),
  )
  expect(session.speech('好', { atMs: 2 })).toBe(1)
})

test('a full buffer throws "paused", and ready() resolves when there is room', async () => {
  const server = await stub()
  let release = (): void => undefined
  const held = new Promise<void>((resolve) => (release = resolve))
  server.fault = () => ({ kind: 'refuse', error: { code: 'paused', message: 'database away', retryAfterMs: 5 } })
  const session = await client(server, { maxBufferedEvents: 3 }).start(room)
  for (const text of ['一', '二', '三']) session.speech(text, { atMs: 0 })
  expect(() => session.speech('四', { atMs: 0 })).toThrow(expect.objectContaining({ code: 'paused', source: 'client' }))
  let hasRoom = false
  const ready = session.ready().then(() => (hasRoom = true))
  void held.then(() => (server.fault = () => ({ kind: 'none' })))
  expect(hasRoom).toBe(false)
  release()
  await ready
  expect(session.speech('四', { atMs: 0 })).toBe(4)
  await session.flush()
  expect(texts(server.sessions[0]?.events)).toEqual(['一', '二', '三', '四'])
})

test('after a lost connection the session resumes and nothing is missing or doubled', async () => {
  const server = await stub()
  const states: ClientState[] = []
  const session = await client(server, { onState: (state) => states.push(state) }).start(room)
  server.fault = (frame) => (frame === 1 ? { kind: 'commit-cut' } : { kind: 'none' })
  session.speech('一', { atMs: 0 })
  await server.until(() => server.connections() === 0)
  session.speech('二', { atMs: 1 })
  expect(await session.flush()).toBe(2)
  expect(texts(server.sessions[0]?.events)).toEqual(['一', '二'])
  expect(server.sessions).toHaveLength(1)
  expect(states.map(({ state }) => state)).toEqual([
    'connecting',
    'connected',
    'reconnecting',
    'connecting',
    'connected',
  ])
})

test('what is said while the service is down is delivered when it is back', async () => {
  const server = await stub()
  const session = await client(server).start(room)
  await server.stopListening()
  session.speech('还在说', { atMs: 0 })
  await server.listenAgain()
  expect(await session.flush()).toBe(1)
})

test('flow.paused, a busy acknowledgement and retryAfterMs hold events back and lose none', async () => {
  const server = await stub()
  const states: ClientState[] = []
  const session = await client(server, { onState: (state) => states.push(state) }).start(room)
  server.fault = (frame) => {
    if (frame === 1) return { kind: 'busy', retryAfterMs: 30 }
    if (frame === 2) return { kind: 'refuse', error: { code: 'rate_limited', message: 'slow down', retryAfterMs: 30 } }
    return { kind: 'none' }
  }
  session.speech('一', { atMs: 0 })
  await session.flush()
  session.speech('二', { atMs: 1 })
  await session.flush()
  server.down('flow.paused', { retryAfterMs: 30 })
  session.speech('三', { atMs: 2 })
  await session.flush()
  expect(texts(server.sessions[0]?.events)).toEqual(['一', '二', '三'])
  expect(states.filter(({ state }) => state === 'paused').length).toBeGreaterThanOrEqual(2)
})

test('a seq_gap is answered by sending again from expectedSeq', async () => {
  const server = await stub()
  server.fault = (frame) => (frame <= 3 ? { kind: 'false-gap' } : { kind: 'none' })
  const session = await client(server).start(room)
  for (let index = 0; index < 1_000; index += 1) session.speech(`第${index}句`, { atMs: index })
  expect(await session.flush()).toBe(1_000)
  expect(server.sessions[0]?.events.map(({ seq }) => seq)).toEqual(
    Array.from({ length: 1_000 }, (_, index) => index + 1),
  )
})

test('events the service lost after accepting them are reported, and the rest goes on', async () => {
  const server = await stub()
  const gaps: ClientState[] = []
  const session = await client(server, {
    onState(state) {
      if (state.state !== 'gap') return
      gaps.push(state)
      server.acceptGaps = true
    },
  }).start(room)
  session.speech('一', { atMs: 0 })
  session.speech('二', { atMs: 1 })
  await session.flush()
  const [stored] = server.sessions
  if (!stored) throw new Error('no session')
  stored.events = []
  stored.lastSeq = 0
  session.speech('三', { atMs: 2 })
  expect(await session.flush()).toBe(3)
  expect(gaps).toEqual([{ state: 'gap', sessionId: 's1', fromSeq: 1, toSeq: 2 }])
  expect(stored.events).toMatchObject([{ seq: 3, text: '三' }])
})

test('a producer that starts again with the same sessionRef goes on behind what is stored', async () => {
  const server = await stub()
  const first = client(server)
  const before = await first.start({ ...room, sessionRef: 'evening' })
  before.speech('一', { atMs: 0 })
  await before.flush()
  await first.close()
  const after = await client(server).start({ ...room, sessionRef: 'evening' })
  expect(after.id).toBe(before.id)
  expect(after.nextSeq).toBe(2)
  expect(after.speech('二', { atMs: 1 })).toBe(2)
  await after.flush()
  expect(texts(server.sessions[0]?.events)).toEqual(['一', '二'])
})

test('a service that asks who this is gets session.start again, and the events after it', async () => {
  const server = await stub()
  const unknown = { code: 'unknown_session', message: 'start the session first' } as const
  server.fault = (frame) => (frame <= 2 ? { kind: 'refuse', error: unknown } : { kind: 'none' })
  const session = await client(server).start(room)
  session.speech('一', { atMs: 0 })
  expect(await session.flush()).toBe(1)
  expect(server.frames.filter(({ type }) => type === 'session.start')).toHaveLength(3)
  expect(server.sessions).toHaveLength(1)
})

test('two producers with one sessionRef do not overwrite each other: the one that finds foreign events stops', async () => {
  const server = await stub()
  const session = await client(server).start({ ...room, sessionRef: 'evening' })
  session.speech('一', { atMs: 0 })
  await session.flush()
  const [stored] = server.sessions
  if (!stored) throw new Error('no session')
  stored.lastSeq = 9
  server.cutAll()
  expect(await session.whenClosed).toMatchObject({ why: 'refused', error: { code: 'seq_conflict' } })
})

test('an end whose acknowledgement is lost does not open another broadcast', async () => {
  const server = await stub()
  const session = await client(server).start(room)
  server.fault = (frame) => (frame === 1 ? { kind: 'commit-cut' } : { kind: 'none' })
  session.speech('最后一句', { atMs: 0 })
  expect(await session.end({ atMs: 1 })).toBe(2)
  expect(server.sessions).toHaveLength(1)
})

test('after a broadcast ended by silence the next event begins a new one, unaccepted events renumbered', async () => {
  const server = await stub()
  const states: ClientState[] = []
  const session = await client(server, { onState: (state) => states.push(state) }).start(room)
  session.speech('一', { atMs: 0 })
  await session.flush()
  const [stored] = server.sessions
  if (!stored) throw new Error('no session')
  server.endSilently(stored)
  expect(session.speech('二', { atMs: 700_000 })).toBe(2)
  session.speech('二改', { atMs: 700_001, revises: 2 })
  await session.flush()
  expect(session.id).toBe('s2')
  expect(session.nextSeq).toBe(3)
  expect(server.sessions[1]?.events).toMatchObject([
    { seq: 1, text: '二' },
    { seq: 2, text: '二改', revises: 1 },
  ])
  expect(states).toContainEqual({ state: 'continued', sessionId: 's2', previousSessionId: 's1' })
})

test('told that the broadcast is over without a measure, the client begins anew with the next event', async () => {
  const server = await stub()
  const session = await client(server).start(room)
  const [stored] = server.sessions
  if (!stored) throw new Error('no session')
  server.endSilently(stored)
  server.down('session.closed', { sessionId: session.id, code: 1000, reason: 'no events for 10 minutes' })
  session.speech('回来了', { atMs: 900_000 })
  await session.flush()
  expect(texts(server.sessions.at(-1)?.events)).toEqual(['回来了'])
  expect(session.closed).toBeNull()
})

test('a suspension is shown, acknowledged as received and obeyed, stops sending and closes with its end', async () => {
  const server = await stub()
  const seen: unknown[] = []
  const closed: SessionClosed[] = []
  let shown = (): void => undefined
  const session = await client(server, {
    onEnforcement: (issued, of) => {
      seen.push([issued.notice, of?.id])
      return new Promise<void>((resolve) => (shown = resolve))
    },
    onClosed: (ended) => closed.push(ended),
  }).start(room)
  session.speech('降血糖', { atMs: 0 })
  await session.flush()
  server.enforce(measure({}))
  await server.until(() => server.acks.length === 1)
  expect(server.acks).toEqual([{ enforcementId: 'e1', status: 'received' }])
  expect(seen).toEqual([['您的直播间因虚假功效停播 10 分钟', 's1']])
  expect(() => session.speech('还想说', { atMs: 1 })).toThrow(
    expect.objectContaining({ code: 'room_suspended', until: '2026-03-01T10:10:00.000Z' }),
  )
  shown()
  expect(await session.whenClosed).toMatchObject({ why: 'measure', until: '2026-03-01T10:10:00.000Z' })
  expect(server.acks.map(({ status }) => status)).toEqual(['received', 'obeyed'])
  expect(closed).toHaveLength(1)
  await expect(session.ready()).rejects.toMatchObject({ code: 'room_suspended' })
})

test('without a callback a cutting measure is obeyed, and a warning is only received', async () => {
  const server = await stub()
  const session = await client(server).start(room)
  server.enforce(measure({ enforcementId: 'w1', action: 'warn', until: null }))
  server.enforce(measure({ enforcementId: 'w1', action: 'warn', until: null }))
  session.speech('继续', { atMs: 0 })
  await session.flush()
  server.enforce(measure({ enforcementId: 'b1', action: 'ban', subject: { kind: 'host', id: 'host-1' }, until: null }))
  expect(await session.whenClosed).toMatchObject({ why: 'measure', until: null })
  const statuses = (id: string): string[] =>
    server.acks.filter((ack) => ack.enforcementId === id).map(({ status }) => status)
  expect(new Set(statuses('w1'))).toEqual(new Set(['received']))
  expect(statuses('b1')).toEqual(['received', 'obeyed'])
})

test('a callback that fails leaves the measure received but not obeyed, and the client alive', async () => {
  const server = await stub()
  const failed = new Promise<ClientState>((resolve) => {
    void client(server, {
      onEnforcement: () => Promise.reject(new Error('overlay is gone')),
      onState: (state) => state.state === 'callback-failed' && resolve(state),
    })
      .start(room)
      .then(() => server.enforce(measure({ action: 'remind', until: null })))
  })
  expect(await failed).toMatchObject({ enforcementId: 'e1' })
  await server.until(() => server.acks.length > 0)
  expect(server.acks).toEqual([{ enforcementId: 'e1', status: 'received' }])
})

test('a suspended room is refused with the end of the measure', async () => {
  const server = await stub()
  const until = '2026-03-01T10:10:00.000Z'
  server.refuseStart = () => ({ code: 'room_suspended', message: 'off air', until })
  await expect(client(server).start(room)).rejects.toMatchObject({ code: 'room_suspended', until, source: 'service' })
})

test.each([[false], [true]])('a wrong key is refused at once and not tried again (closing: %s)', async (closing) => {
  const server = await stub({ refuseByClosing: closing })
  const states: ClientState[] = []
  const made = client(server, { key: 'lw_wrong', onState: (state) => states.push(state) })
  await expect(made.start(room)).rejects.toMatchObject({ code: 'unauthorised', retryable: false })
  expect(states.some(({ state }) => state === 'reconnecting')).toBe(false)
})

test('a service that cannot be reached is named when start gives up', async () => {
  const server = await startIngestStub()
  await server.close()
  const made = client(server, { timing: { startMs: 60 } })
  await expect(made.start(room)).rejects.toMatchObject({
    code: 'paused',
    source: 'connection',
    message: expect.stringContaining(server.url),
  })
})

test('a session taken over by another producer stops and is not started again', async () => {
  const server = await stub()
  const session = await client(server).start(room)
  server.down('session.closed', { sessionId: session.id, code: 4409, reason: 'another producer started this room' })
  expect(await session.whenClosed).toMatchObject({ why: 'taken_over' })
  expect(() => session.speech('喂', { atMs: 0 })).toThrow(expect.objectContaining({ code: 'session_closed' }))
})

test.each([[1012], [4429]])('after close code %s the client comes back and goes on', async (code) => {
  const server = await stub()
  const session = await client(server).start(room)
  session.speech('一', { atMs: 0 })
  await session.flush()
  server.down('session.closed', { sessionId: null, code, reason: 'restart' })
  await server.until(() => server.connections() === 0)
  session.speech('二', { atMs: 1 })
  expect(await session.flush()).toBe(2)
  expect(server.sessions).toHaveLength(1)
})

test('one client carries many rooms, and a measure for one leaves the others on air', async () => {
  const server = await stub()
  const made = client(server)
  const sessions = await Promise.all(
    Array.from({ length: 100 }, (_, index) =>
      made.start({ ...room, roomId: `room-${index}`, host: { id: `host-${index}`, name: '主播' } }),
    ),
  )
  const first = sessions[0]
  if (!first) throw new Error('no session')
  server.enforce(measure({ subject: { kind: 'room', id: 'room-0' }, sessionId: first.id }), { close: false })
  await first.whenClosed
  for (const session of sessions.slice(1)) session.speech('大家好', { atMs: 0 })
  await Promise.all(sessions.slice(1).map((session) => session.flush()))
  expect(server.connections()).toBe(1)
  expect(server.mostUnanswered()).toBeLessThan(limits.unansweredFrames)
})

test('close leaves no timer and no socket, also in the middle of reconnecting and waiting', async () => {
  const server = await stub()
  const count = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
  const before = count()
  const made = client(server, { timing: { backoffMinMs: 60_000, backoffMaxMs: 60_000, startMs: 60_000 } })
  const session = await made.start(room)
  server.fault = () => ({ kind: 'refuse', error: { code: 'paused', message: 'away', retryAfterMs: 60_000 } })
  session.speech('一', { atMs: 0 })
  await server.until(() => server.frames.some(({ type }) => type === 'events.append'))
  const waiting = made.start({ ...room, roomId: 'room-2' })
  await waiting
  server.cutAll()
  await server.until(() => server.connections() === 0)
  const flushed = session.flush()
  await made.close()
  await expect(flushed).rejects.toMatchObject({ code: 'session_closed' })
  expect(session.closed).toMatchObject({ why: 'left', unaccepted: 1 })
  expect(count()).toBeLessThanOrEqual(before)
  await expect(made.start(room)).rejects.toMatchObject({ code: 'session_closed' })
})
