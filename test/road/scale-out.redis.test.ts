import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { RoomClient } from '../../sdk/room-client.ts'
import type { SessionClosed } from '../../sdk/session-closed.ts'
import { createKey, createPerson, signIn, type ConsoleUser } from '../support/console-user.ts'
import { impliedAlerts, lagOf, storedAlerts } from '../support/oracle.ts'
import { startService, type Service } from '../support/service.ts'
import { testStore } from '../support/store.ts'

const claim = '这个茶喝一个月血糖自己就降下来了药都不用吃'

describe('the road on Redis, with two gateways and two workers', () => {
  let store: Awaited<ReturnType<typeof testStore>>
  let gateways: Service[] = []
  let workers: Service[] = []
  let here: ConsoleUser
  let there: ConsoleUser
  let key: string

  beforeAll(async () => {
    store = await testStore()
    const shared = { databaseUrl: store.url, redisUrl: `${inject('redisUrl')}/7` }
    ;[gateways, workers] = await Promise.all([
      Promise.all([1, 2].map(() => startService({ ...shared, role: 'gateway' }))),
      Promise.all([1, 2].map(() => startService({ ...shared, role: 'worker' }))),
    ])
    key = await createKey(store.url)
    const password = await createPerson(store.url, 'chief', 'lead')
    here = await signIn(urlOf(0), 'chief', password)
    there = await signIn(urlOf(1), 'chief', password)
  })
  afterAll(async () => {
    here.close()
    there.close()
    const ends = await Promise.all([...gateways, ...workers].map((service) => service.end('SIGTERM')))
    expect(ends.every((end) => end.code === 0)).toBe(true)
    await store.close()
  })

  function urlOf(index: number): string {
    return gateways[index]?.url ?? ''
  }

  test('[CM1] rooms on either gateway alert consoles on both, and a measure taken on one cuts a room on the other', async () => {
    const rooms = await Promise.all(
      Array.from({ length: 8 }, async (_, index) => {
        const closed = new Promise<SessionClosed>((resolve) => {
          const client = new RoomClient({ url: urlOf(index % 2), key, onClosed: (closing) => resolve(closing) })
          clients.push(client)
        })
        const client = clients[index]
        if (!client) throw new Error('a client was just made')
        const session = await client.start({
          roomId: `scale-${index}`,
          title: `直播间${index}`,
          host: { id: `scale-host-${index}`, name: `主播${index}` },
          category: 'food',
        })
        session.speech('家人们晚上好', { atMs: 0 })
        session.speech(claim, { atMs: 3_000 })
        await session.flush()
        return { sessionId: session.id, closed }
      }),
    )
    const alerts = await Promise.all(rooms.map(({ sessionId }) => here.alert((alert) => alert.sessionId === sessionId)))
    await Promise.all(rooms.map(({ sessionId }) => there.alert((alert) => alert.sessionId === sessionId)))

    // Room 0 sits on the first gateway; the decision comes in by the second.
    const alert = alerts[0]
    if (!alert) throw new Error('no alert')
    const measure = await there.measure(alert, 'suspend', 600)
    expect(await rooms[0]?.closed).toMatchObject({ why: 'measure', until: measure.until })
    await here.fact(
      'enforcement.updated',
      (fact) => fact.enforcement.id === measure.id && fact.enforcement.status === 'effective',
    )

    expect(await storedAlerts(store.db)).toEqual(await impliedAlerts(store.db))
    const leases = await store.db.selectFrom('partition_leases').select('holder').distinct().execute()
    expect(leases.length).toBeLessThanOrEqual(2)
    for (const client of clients) await client.close()
  })

  test('a worker that is killed in the middle of its work loses nothing and doubles nothing', async () => {
    const client = new RoomClient({ url: urlOf(0), key })
    const sessions = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        client.start({
          roomId: `after-${index}`,
          title: '接班',
          host: { id: `after-host-${index}`, name: '主播' },
          category: 'food',
        }),
      ),
    )
    const speak = (from: number, to: number): void => {
      for (let line = from; line < to; line += 1) {
        for (const session of sessions)
          session.speech(line % 10 === 3 ? claim : `第${line}句闲话`, { atMs: line * 1_000 })
      }
    }
    speak(0, 150)
    await Promise.all(sessions.map((session) => session.flush()))
    const victim = workers.pop()
    if (!victim) throw new Error('two workers were started')
    // Work is under way: part of what was acknowledged is analysed, part is not.
    expect(await lagOf(store.db)).toBeGreaterThan(0)
    await victim.end('SIGKILL')
    speak(150, 200)
    await Promise.all(sessions.map((session) => session.flush()))
    await expect.poll(() => lagOf(store.db), { timeout: 60_000 }).toBe(0)
    expect(await storedAlerts(store.db)).toEqual(await impliedAlerts(store.db))
    await Promise.all(sessions.map((session) => here.alert((alert) => alert.sessionId === session.id)))
    await client.close()
  })

  const clients: RoomClient[] = []
})
