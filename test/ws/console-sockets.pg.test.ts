import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import WebSocket from 'ws'
import type { SinceReply, Snapshot, StreamItem } from '../../src/contracts/console-wire.ts'
import type { Session } from '../../src/contracts/session.ts'
import { disablePerson } from '../../src/store/people.ts'
import { appendFacts } from '../../src/store/console-log.ts'
import { findSession } from '../../src/store/sessions.ts'
import { addCase, addEvent, command } from '../enforcement/case-fixture.ts'
import { speech, startedSession } from '../support/store.ts'
import { dial, openHouse, until, type Dialled, type House, type Visitor } from './house.ts'

let house: House
let lead: Visitor
let moderator: Visitor

beforeAll(async () => {
  house = await openHouse()
  lead = await house.visitor('lead')
  moderator = await house.visitor('moderator')
})
afterAll(async () => {
  const faults = [...house.faults]
  await house.close()
  expect(faults).toEqual([])
})

const sit = (visitor: Visitor, headers: Record<string, string> = {}) =>
  dial(house.url, '/console', { headers: { cookie: visitor.cookie, origin: house.url, ...headers } })
const itemsOf = (console: Dialled) =>
  console.heard.filter((one) => one.type === 'batch').flatMap((one) => one.data['items'] as StreamItem[])
const since = async (console: Dialled, streamSeq: number) => {
  const reply = await console.ask('since', { streamSeq })
  expect(reply.ok).toBe(true)
  return reply.data as SinceReply
}
/** A fact that anybody may see, to tell one from the next by its title. */
async function tell(title: string, session: Session): Promise<void> {
  await house.db
    .transaction()
    .execute((tx) =>
      appendFacts(tx, [
        { roomId: session.roomId, demo: false, fact: { type: 'session.started', session: { ...session, title } } },
      ]),
    )
  house.fanout.publish({ topic: 'facts' })
}
const titleOf = (item: StreamItem) => (item.fact.type === 'session.started' ? item.fact.session.title : '')
async function liveSession(roomId: string): Promise<Session> {
  const session = await findSession(
    house.db,
    await startedSession(house.db, { roomId, host: { id: roomId, name: roomId } }),
  )
  if (!session) throw new Error('no session')
  return session
}
const head = async () => (await house.db.selectFrom('console_head').select('seq').executeTakeFirstOrThrow()).seq

describe('who may sit at a console', () => {
  test('nobody without a login, and no page of another site', async () => {
    await expect(dial(house.url, '/console')).rejects.toMatchObject({ data: { code: 'unauthorised' } })
    await expect(sit(lead, { cookie: 'lw=forged; __Host-lw=forged' })).rejects.toMatchObject({
      data: { code: 'unauthorised' },
    })
    await expect(sit(lead, { origin: 'https://evil.example' })).rejects.toThrow()
    const allowed = await sit(lead, { origin: 'https://console.example' })
    allowed.socket.disconnect()
  })

  test('what a role may not do is refused event by event', async () => {
    const auditor = await sit(await house.visitor('auditor'))
    expect(await since(auditor, 0)).toMatchObject({ kind: expect.stringMatching(/complete|snapshot/) as string })
    const fixture = await addCase(house.db)
    for (const [type, data] of [
      ['case.claim', { caseId: fixture.caseId }],
      ['enforcement.issue', command(fixture)],
      ['enforcement.lift', { idempotencyKey: 'abcdefgh', enforcementId: 'x', reason: 'x' }],
    ] as const) {
      expect(await auditor.ask(type, data)).toMatchObject({ ok: false, error: { code: 'forbidden' } })
    }
    auditor.socket.disconnect()
  })

  test('signing out closes the sockets of that login within two seconds, and of no other', async () => {
    const leaving = await house.visitor('moderator')
    const socket = await sit(leaving)
    const stays = await sit(lead)
    const from = performance.now()
    await leaving.post('/v1/logout')
    await socket.gone
    expect(performance.now() - from).toBeLessThan(8_000)
    expect(stays.socket.connected).toBe(true)
    stays.socket.disconnect()
  })

  test('a person disabled by another process is out within two seconds', async () => {
    const fired = await house.visitor('moderator')
    const socket = await sit(fired)
    const by = { actor: { kind: 'service' as const, id: 'test', name: 'test', role: 'service' }, requestId: 'test' }
    await disablePerson(house.db, fired.person.login, by)
    const from = performance.now()
    await socket.gone
    expect(performance.now() - from).toBeLessThan(8_000)
    expect(await fired.get('/v1/me')).toMatchObject({ status: 401 })
  })

  test('an open console that nobody touches ends with its login after 30 minutes; what is done at it counts as use', async () => {
    const [away, busy] = [await house.visitor('moderator'), await house.visitor('moderator')]
    const sockets = { away: await sit(away), busy: await sit(busy) }
    const idle = (visitor: Visitor, minutes: number) =>
      house.db
        .updateTable('login_sessions')
        .set({ last_seen_at: new Date(Date.now() - minutes * 60_000) })
        .where('person_id', '=', visitor.person.id)
        .execute()
    const idleMinutes = async (visitor: Visitor) => {
      const query = house.db.selectFrom('login_sessions').select('last_seen_at')
      const row = await query.where('person_id', '=', visitor.person.id).executeTakeFirstOrThrow()
      return Math.round((Date.now() - row.last_seen_at.getTime()) / 60_000)
    }
    await idle(away, 29)
    await idle(busy, 29)
    await since(sockets.busy, 0)
    expect(await idleMinutes(busy)).toBe(0)
    // Heartbeats come every two seconds, looks at the login every one: after two of the first there were some of the second.
    const beats = () => sockets.away.heard.filter((one) => one.type === 'hb').length
    const from = beats()
    await until(() => Promise.resolve(beats() >= from + 2))
    expect(await idleMinutes(away)).toBe(29)
    await idle(away, 31)
    await sockets.away.gone
    expect(sockets.busy.socket.connected).toBe(true)
    sockets.busy.socket.disconnect()
  })

  test('the ninth socket of one person is refused', async () => {
    const many = await house.visitor('moderator')
    const sockets = await Promise.all(Array.from({ length: 8 }, () => sit(many)))
    await expect(sit(many)).rejects.toMatchObject({ data: { code: 'rate_limited' } })
    for (const { socket } of sockets) socket.disconnect()
  })
})

describe('the stream', () => {
  test('after a break, since answers what was missed: no gap, no repeat', async () => {
    const session = await liveSession('stream-1')
    const first = await sit(moderator)
    await since(first, await head())
    await tell('a', session)
    await until(() => Promise.resolve(itemsOf(first).some((item) => titleOf(item) === 'a')))
    const last = itemsOf(first).at(-1)?.streamSeq ?? 0
    first.socket.disconnect()
    for (const title of ['b', 'c', 'd']) await tell(title, session)
    await until(async () => (await head()) >= last + 3)
    const again = await sit(moderator)
    const reply = await since(again, last)
    if (reply.kind !== 'complete') throw new Error('a short break needs no snapshot')
    expect(reply.items.map(titleOf)).toEqual(['b', 'c', 'd'])
    expect(reply.items.map((item) => item.streamSeq)).toEqual([last + 1, last + 2, last + 3])
    again.socket.disconnect()
  })

  test('a snapshot and what follows it leave nothing out, while eight writers go on', async () => {
    const session = await liveSession('stream-2')
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      for (let count = 0; count < 25; count += 1) await tell(`${writer}-${count}`, session)
    })
    const consoles: { console: Dialled; from: number; given: StreamItem[] }[] = []
    for (let count = 0; count < 6; count += 1) {
      const console = await sit(count % 2 === 0 ? lead : moderator)
      const reply = await since(console, count % 3 === 0 ? 0 : 1)
      const from = reply.kind === 'snapshot' ? reply.snapshot.asOfSeq : 1
      consoles.push({ console, from, given: reply.kind === 'snapshot' ? [] : reply.items })
    }
    await Promise.all(writers)
    const total = await until(async () => {
      const row = await house.db
        .selectFrom('console_log')
        .select((eb) => [
          eb.fn.countAll<number>().as('all'),
          eb.fn.max('stream_seq').as('last'),
          eb.fn.count<number>('stream_seq').as('placed'),
        ])
        .executeTakeFirstOrThrow()
      return Number(row.all) === Number(row.placed) ? Number(row.last) : null
    })
    for (const { console, from, given } of consoles) {
      const all = () => [...given, ...itemsOf(console)].map((item) => item.streamSeq)
      await until(() => Promise.resolve(all().at(-1) === total))
      expect(all()).toEqual(Array.from({ length: total - from }, (_, index) => from + 1 + index))
      console.socket.disconnect()
    }
  })

  test('facts whose notice was lost arrive all the same', async () => {
    const session = await liveSession('unannounced')
    const console = await sit(lead)
    await since(console, await head())
    const fact = { type: 'session.started' as const, session: { ...session, title: 'unannounced' } }
    await house.db.transaction().execute((tx) => appendFacts(tx, [{ roomId: session.roomId, demo: false, fact }]))
    await until(() => Promise.resolve(itemsOf(console).some((item) => titleOf(item) === 'unannounced')), 4_000)
    console.socket.disconnect()
  })

  test('a transaction that stays open holds back only its own facts’ successors, and none is lost', async () => {
    const session = await liveSession('open-transaction')
    const console = await sit(lead)
    await since(console, await head())
    let finish: () => void = () => undefined
    const finished = new Promise<void>((resolve) => (finish = resolve))
    const entry = (title: string) => ({
      roomId: session.roomId,
      demo: false,
      fact: { type: 'session.started' as const, session: { ...session, title } },
    })
    let written: () => void = () => undefined
    const early = new Promise<void>((resolve) => (written = resolve))
    const slow = house.db.transaction().execute(async (tx) => {
      await appendFacts(tx, [entry('early id, late commit')])
      written()
      await finished
    })
    await early
    await tell('late id, early commit', session)
    finish()
    await slow
    const titles = () =>
      itemsOf(console)
        .map(titleOf)
        .filter((title) => title.includes(' id, '))
    await until(() => Promise.resolve(titles().length >= 2), 4_000)
    expect(titles().sort()).toEqual(['early id, late commit', 'late id, early commit'])
    console.socket.disconnect()
  })

  test('whoever holds nothing, or something of another stream, gets a snapshot of what is open', async () => {
    const fixture = await addCase(house.db, { severity: 5 })
    const console = await sit(lead)
    for (const streamSeq of [0, 999_999_999]) {
      const reply = await since(console, streamSeq)
      if (reply.kind !== 'snapshot') throw new Error('expected a snapshot')
      expect(reply.snapshot.alerts.map((alert) => alert.id)).toContain(fixture.alertIds[0])
      expect(reply.snapshot.counts['5']).toBeGreaterThan(0)
      expect(reply.snapshot.sessions.map((session) => session.id)).toContain(fixture.sessionId)
    }
    console.socket.disconnect()
  })

  test('claims and decisions are pushed at once, to others too', async () => {
    const fixture = await addCase(house.db)
    const watching = await sit(moderator)
    await since(watching, await head())
    const acting = await sit(lead)
    const from = performance.now()
    const claimed = await acting.ask('case.claim', { caseId: fixture.caseId })
    expect(claimed).toMatchObject({ ok: true, data: { status: 'claimed', claimedByName: lead.person.name } })
    await until(() =>
      Promise.resolve(
        itemsOf(watching).some(({ fact }) => fact.type === 'case.updated' && fact.case.id === fixture.caseId),
      ),
    )
    expect(performance.now() - from).toBeLessThan(8_000)
    const caseRev = (claimed.data as { rev: number }).rev
    const issued = await acting.ask('enforcement.issue', command(fixture, { caseRev }))
    expect(issued).toMatchObject({ ok: true, data: { action: 'warn', status: 'issued' } })
    await until(() => Promise.resolve(itemsOf(watching).some(({ fact }) => fact.type === 'enforcement.issued')))
    watching.socket.disconnect()
    acting.socket.disconnect()
  })

  test('a heartbeat tells the head of the stream and the blind spots', async () => {
    const session = await liveSession('blind-1')
    await house.db
      .updateTable('sessions')
      .set({ started_at: new Date(Date.now() - 60_000), last_speech_at: new Date(Date.now() - 31_000) })
      .where('id', '=', session.id)
      .execute()
    const console = await sit(lead)
    const beat = await console.hears('hb', (data) => Number(data['blind']) > 0)
    expect(beat).toMatchObject({ online: 1, t: expect.any(String) as string, seq: expect.any(Number) as number })
    const { body } = await lead.get('/v1/snapshot')
    expect((body as unknown as Snapshot).blind).toContain(session.id)
    console.socket.disconnect()
  })

  test('a console that does not read is closed while the others go on', async () => {
    const session = await liveSession('slow-1')
    const healthy = await sit(lead)
    await since(healthy, await head())
    const packets: string[] = []
    const stalled = new WebSocket(`${house.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`, {
      headers: { cookie: moderator.cookie, origin: house.url },
    })
    stalled.on('message', (bytes: Buffer) => packets.push(bytes.toString()))
    const packet = (start: string) => until(() => Promise.resolve(packets.find((text) => text.startsWith(start))))
    await packet('0')
    stalled.send('40/console,')
    await packet('40/console')
    stalled.send(`42/console,1["since",{"streamSeq":${await head()}}]`)
    await packet('43/console,1')
    await until(() => Promise.resolve(house.hub.stats().consoles === 2))
    stalled.pause()
    const title = 'x'.repeat(30_000)
    let told = 0
    await until(async () => {
      for (let count = 0; count < 20; count += 1) await tell(`${title}${told++}`, session)
      return house.hub.stats().consoles === 1
    }, 30_000)
    await until(() => Promise.resolve(itemsOf(healthy).length >= told))
    stalled.terminate()
    healthy.socket.disconnect()
  }, 60_000)
})

describe('a room that is watched', () => {
  test('its lines come with the answer and then as they are spoken, in order, until nobody watches', async () => {
    const session = await liveSession('watched')
    const key = await house.key()
    const room = await dial(house.url, '/ingest', { key })
    const append = (seq: number) => room.ask('events.append', { sessionId: session.id, events: [speech(seq)] })
    await append(1)
    const [first, second] = [await sit(lead), await sit(moderator)]
    const watched = await first.ask('room.watch', { sessionId: session.id })
    expect(watched).toMatchObject({ ok: true, data: { firstSeq: 1, lastSeq: 1, lines: [{ seq: 1, text: '第1句' }] } })
    for (let seq = 2; seq <= 30; seq += 1) await append(seq)
    const joined = await second.ask('room.watch', { sessionId: session.id })
    for (let seq = 31; seq <= 60; seq += 1) await append(seq)
    const linesOf = (console: Dialled, given: unknown) => [
      ...(given as { lines: { seq: number }[] }).lines,
      ...console.heard
        .filter((one) => one.type === 'room.lines')
        .flatMap((one) => one.data['lines'] as { seq: number }[]),
    ]
    const expected = Array.from({ length: 60 }, (_, index) => index + 1)
    for (const [console, given] of [
      [first, watched.data],
      [second, joined.data],
    ] as const) {
      await until(() => Promise.resolve(linesOf(console, given).at(-1)?.seq === 60))
      // A line may come twice where answer and push meet; none is missing.
      expect([...new Set(linesOf(console, given).map((line) => line.seq))]).toEqual(expected)
    }
    await first.ask('room.unwatch', { sessionId: session.id })
    const before = linesOf(first, watched.data).length
    await append(61)
    await until(() => Promise.resolve(linesOf(second, joined.data).at(-1)?.seq === 61))
    expect(linesOf(first, watched.data)).toHaveLength(before)
    for (const { socket } of [first, second, room]) socket.disconnect()
  })

  test('a console watches sixteen rooms and no more, and may exchange one for another', async () => {
    const ids: string[] = []
    for (let count = 0; count < 17; count += 1) ids.push((await liveSession(`sixteen-${count}`)).id)
    const last = ids.pop() ?? ''
    const console = await sit(lead)
    for (const sessionId of ids) expect(await console.ask('room.watch', { sessionId })).toMatchObject({ ok: true })
    expect(await console.ask('room.watch', { sessionId: last })).toMatchObject({ error: { code: 'too_large' } })
    expect(await console.ask('room.watch', { sessionId: ids[0] })).toMatchObject({ ok: true })
    await console.ask('room.unwatch', { sessionId: ids[0] })
    expect(await console.ask('room.watch', { sessionId: last })).toMatchObject({ ok: true })
    console.socket.disconnect()
  })

  test('a session that does not exist cannot be watched', async () => {
    const console = await sit(lead)
    expect(await console.ask('room.watch', { sessionId: 'nowhere' })).toMatchObject({ error: { code: 'not_found' } })
    console.socket.disconnect()
  })

  test('viewers are masked before anything leaves the service', async () => {
    const session = await liveSession('masked')
    await addEvent(house.db, session.id, {
      seq: 1,
      atMs: 0,
      channel: 'chat',
      text: '真的吗',
      userId: 'secret-user',
      userName: '张小明',
    })
    const console = await sit(lead)
    const reply = await console.ask('room.watch', { sessionId: session.id })
    expect(JSON.stringify(reply)).toContain('张***')
    expect(JSON.stringify(reply)).not.toMatch(/张小明|secret-user/)
    console.socket.disconnect()
  })
})
