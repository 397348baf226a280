import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createInProcessFanout } from '../../src/bus/in-process-fanout.ts'
import { limits } from '../../src/contracts/limits.ts'
import { createIngest } from '../../src/ingest/accept.ts'
import type { Ingest, ProducerGrant } from '../../src/ingest/ingest.ts'
import type { Db } from '../../src/store/database.ts'
import { sessionStart, speech, testStore } from '../support/store.ts'

const anyRoom: ProducerGrant = { keyId: 'key-1', rooms: 'all', demo: false }

describe('ingest/accept', () => {
  let db: Db
  let close: () => Promise<void>
  let ingest: Ingest
  let now = 0
  const woken: number[] = []

  beforeAll(async () => {
    const store = await testStore()
    db = store.db
    close = store.close
    ingest = open(db)
  })
  afterAll(async () => {
    await ingest.close()
    await close()
  })

  function open(database: Db): Ingest {
    return createIngest({
      db: database,
      fanout: createInProcessFanout(),
      wakeups: { wake: (partition) => woken.push(partition), up: () => true, close: () => Promise.resolve() },
      partitions: 4,
      logger: { warn: () => undefined },
      now: () => now,
    })
  }

  async function start(roomId: string, sessionRef?: string): Promise<{ sessionId: string; resumeFrom: number }> {
    const started = await ingest.start(anyRoom, sessionStart({ roomId, ...(sessionRef ? { sessionRef } : {}) }))
    if (!started.ok) throw new Error(started.error.message)
    return started.value
  }

  async function stored(sessionId: string): Promise<number[]> {
    const rows = await db
      .selectFrom('events')
      .select('seq')
      .where('session_id', '=', sessionId)
      .orderBy('seq')
      .execute()
    return rows.map((row) => row.seq)
  }

  test('[IN1] what is acknowledged is committed, and its partition is woken', async () => {
    const { sessionId, resumeFrom } = await start('room-ack')
    expect(resumeFrom).toBe(1)
    woken.length = 0
    const answer = await ingest.append(anyRoom, sessionId, [speech(1), speech(2)])
    expect(answer).toEqual({ ok: true, value: { acceptedThrough: 2 } })
    expect(await stored(sessionId)).toEqual([1, 2])
    expect(woken).toHaveLength(1)
  })

  test('[IN2] sending twice has the effect of once, also overlapping and at the same moment', async () => {
    const { sessionId } = await start('room-twice')
    const answers = await Promise.all([
      ingest.append(anyRoom, sessionId, [speech(1), speech(2)]),
      ingest.append(anyRoom, sessionId, [speech(1), speech(2)]),
      ingest.append(anyRoom, sessionId, [speech(2), speech(3)]),
    ])
    expect(answers.every((answer) => answer.ok)).toBe(true)
    expect(await stored(sessionId)).toEqual([1, 2, 3])
  })

  test('[IN3] the same seq with other content is a conflict and changes nothing', async () => {
    const { sessionId } = await start('room-conflict')
    await ingest.append(anyRoom, sessionId, [speech(1, '原话')])
    const answer = await ingest.append(anyRoom, sessionId, [speech(1, '改过的话'), speech(2)])
    expect(answer).toMatchObject({ ok: false, error: { code: 'seq_conflict' } })
    expect(await stored(sessionId)).toEqual([1])
  })

  test('[IN4] a hole is refused with the seq expected, and nothing past it is stored', async () => {
    const { sessionId } = await start('room-hole')
    await ingest.append(anyRoom, sessionId, [speech(1)])
    const answer = await ingest.append(anyRoom, sessionId, [speech(4), speech(5)])
    expect(answer).toMatchObject({ ok: false, error: { code: 'seq_gap', expectedSeq: 2 } })
    expect(await stored(sessionId)).toEqual([1])
    expect(await ingest.append(anyRoom, sessionId, [speech(2), speech(3)])).toMatchObject({ ok: true })
  })

  test('[IN5] a hole offered again after its grace time is accepted and declared as not analysed', async () => {
    const { sessionId } = await start('room-lost')
    await ingest.append(anyRoom, sessionId, [speech(1)])
    await ingest.append(anyRoom, sessionId, [speech(4)])
    now += limits.gapGraceMs - 1
    expect(await ingest.append(anyRoom, sessionId, [speech(4)])).toMatchObject({ ok: false })
    now += 1
    expect(await ingest.append(anyRoom, sessionId, [speech(4)])).toEqual({ ok: true, value: { acceptedThrough: 4 } })
    const gaps = await db.selectFrom('coverage_gaps').selectAll().where('session_id', '=', sessionId).execute()
    expect(gaps).toMatchObject([{ from_seq: 2, to_seq: 3, reason: 'seq_gap' }])
  })

  test('an old hole that was filled elsewhere does not open the door for a new one', async () => {
    const { sessionId } = await start('room-second-hole')
    await ingest.append(anyRoom, sessionId, [speech(1)])
    await ingest.append(anyRoom, sessionId, [speech(3)])
    // Another gateway gets what was missing; this one only remembers that something was.
    const other = open(db)
    await other.append(anyRoom, sessionId, [speech(2), speech(3), speech(4)])
    await other.close()
    now += limits.gapGraceMs
    expect(await ingest.append(anyRoom, sessionId, [speech(6)])).toMatchObject({
      ok: false,
      error: { code: 'seq_gap', expectedSeq: 5 },
    })
    expect(await stored(sessionId)).toEqual([1, 2, 3, 4])
  })

  test('of a batch with a hole inside, what comes before the hole is stored, and the answer names what is missing', async () => {
    const { sessionId } = await start('room-inside')
    const answer = await ingest.append(anyRoom, sessionId, [speech(1), speech(3)])
    expect(answer).toMatchObject({ ok: false, error: { code: 'seq_gap', expectedSeq: 2 } })
    expect(await stored(sessionId)).toEqual([1])
    now += limits.gapGraceMs
    const again = await ingest.append(anyRoom, sessionId, [speech(1), speech(3)])
    expect(again).toEqual({ ok: true, value: { acceptedThrough: 3 } })
    expect(await stored(sessionId)).toEqual([1, 3])
  })

  test('[IN6] a producer that comes back with its sessionRef resumes where the service stands', async () => {
    const first = await start('room-resume', 'morning')
    await ingest.append(anyRoom, first.sessionId, [speech(1), speech(2), speech(3)])
    expect(await start('room-resume', 'morning')).toMatchObject({ sessionId: first.sessionId, resumeFrom: 4 })
  })

  test('[IN7] another broadcast of the room ends the older one', async () => {
    const first = await start('room-over', 'a')
    const second = await start('room-over', 'b')
    expect(second.sessionId).not.toBe(first.sessionId)
    const answer = await ingest.append(anyRoom, first.sessionId, [speech(1)])
    expect(answer).toMatchObject({ ok: false, error: { code: 'session_closed' } })
    const old = await db
      .selectFrom('sessions')
      .select('end_reason')
      .where('id', '=', first.sessionId)
      .executeTakeFirst()
    expect(old?.end_reason).toBe('taken_over')
  })

  test('after the end event nothing more is taken', async () => {
    const { sessionId } = await start('room-end')
    const end = { seq: 2, atMs: 2_000, channel: 'end' as const }
    expect(await ingest.append(anyRoom, sessionId, [speech(1), end])).toMatchObject({ ok: true })
    expect(await ingest.append(anyRoom, sessionId, [speech(1), end])).toMatchObject({ ok: true })
    expect(await ingest.append(anyRoom, sessionId, [speech(3)])).toMatchObject({
      ok: false,
      error: { code: 'session_closed' },
    })
  })

  test('[IN8] a key sees only its own rooms: another room’s session does not exist for it', async () => {
    const { sessionId } = await start('room-mine')
    const stranger: ProducerGrant = { keyId: 'key-2', rooms: ['room-other'], demo: false }
    expect(await ingest.append(stranger, sessionId, [speech(1)])).toMatchObject({ error: { code: 'unknown_session' } })
    expect(await ingest.start(stranger, sessionStart({ roomId: 'room-mine' }))).toMatchObject({
      error: { code: 'forbidden', field: 'roomId' },
    })
    expect(await ingest.append(anyRoom, 'no-such-session', [speech(1)])).toMatchObject({
      error: { code: 'unknown_session' },
    })
  })

  describe('who may say what of whom', () => {
    const roomA: ProducerGrant = { keyId: 'key-a', rooms: ['bind-a'], demo: false }
    const roomB: ProducerGrant = { keyId: 'key-b', rooms: ['bind-b'], demo: false }
    const of = (roomId: string, id: string, name = '主播') => sessionStart({ roomId, host: { id, name } })

    test('a key of one room cannot claim, rename or draw measures on the host of another', async () => {
      expect(await ingest.start(roomB, of('bind-b', 'bind-host-b', '老李'))).toMatchObject({ ok: true })
      const claimed = await ingest.start(roomA, of('bind-a', 'bind-host-b', '骗子'))
      expect(claimed).toMatchObject({ ok: false, error: { code: 'forbidden', field: 'host.id' } })
      const host = await db.selectFrom('hosts').select('name').where('id', '=', 'bind-host-b').executeTakeFirst()
      expect(host?.name).toBe('老李')
    })

    test('a banned host does not come back under another host id', async () => {
      expect(await ingest.start(roomA, of('bind-a', 'bind-host-a'))).toMatchObject({ ok: true })
      await ban('bind-host-a')
      const renamed = await ingest.start(roomA, of('bind-a', 'bind-host-a-new'))
      expect(renamed).toMatchObject({ ok: false, error: { code: 'room_suspended' } })
    })

    test('a refused start changes nothing of the room', async () => {
      const before = await db.selectFrom('rooms').selectAll().where('id', '=', 'bind-a').executeTakeFirst()
      await ingest.start(
        roomA,
        sessionStart({ roomId: 'bind-a', title: '换个名字', host: { id: 'bind-host-a', name: 'x' } }),
      )
      expect(await db.selectFrom('rooms').selectAll().where('id', '=', 'bind-a').executeTakeFirst()).toEqual(before)
    })

    test('a demo key and a real room keep apart', async () => {
      await start('bind-real')
      const demo: ProducerGrant = { keyId: 'demo', rooms: 'all', demo: true }
      const refused = await ingest.start(demo, sessionStart({ roomId: 'bind-real' }))
      expect(refused).toMatchObject({ ok: false, error: { code: 'forbidden', field: 'roomId' } })
    })

    test.each(['2000-01-01T00:00:00Z', '0000-01-01T00:00:00Z', '2999-01-01T00:00:00Z'])(
      'a broadcast dated %s is refused: measures are judged by the law of its day',
      async (startedAt) => {
        const refused = await ingest.start(anyRoom, sessionStart({ roomId: `dated-${startedAt}`, startedAt }))
        expect(refused).toMatchObject({ ok: false, error: { code: 'bad_request', field: 'startedAt' } })
      },
    )

    async function ban(hostId: string): Promise<void> {
      await db
        .insertInto('enforcements')
        .values({
          id: `ban-${hostId}`,
          action: 'ban',
          subject_kind: 'host',
          subject_id: hostId,
          status: 'effective',
          reason: '测试',
          notice: '测试',
          evidence: '[]',
          grounds: '[]',
          actor: '{"kind":"service","id":"test","name":"test","role":"service"}',
          actor_id: 'test',
          codes: [],
          audit_seq: 0,
          idempotency_key: `ban-${hostId}`,
          request_hash: '',
          demo: false,
          room_id: null,
          session_id: null,
          host_id: hostId,
          host_name: null,
          room_title: null,
          case_id: null,
          reverses: null,
          reversed_by: null,
        })
        .execute()
    }
  })

  test('events of many rooms in one group keep their own order and fail on their own', async () => {
    const rooms = await Promise.all(Array.from({ length: 20 }, (_, index) => start(`room-many-${index}`)))
    const answers = await Promise.all(
      rooms.flatMap(({ sessionId }, index) => [
        ingest.append(anyRoom, sessionId, [speech(1), speech(2)]),
        // Every fourth room leaves a hole.
        ingest.append(anyRoom, sessionId, [speech(index % 4 === 0 ? 9 : 3)]),
      ]),
    )
    expect(answers.filter((answer) => !answer.ok)).toHaveLength(5)
    for (const [index, { sessionId }] of rooms.entries()) {
      expect(await stored(sessionId)).toEqual(index % 4 === 0 ? [1, 2] : [1, 2, 3])
    }
  })

  test('an event the database refuses fails alone: rooms in the same group are not held up', async () => {
    const rooms = await Promise.all(['bad', 'good-1', 'good-2'].map((name) => start(`room-refused-${name}`)))
    const answers = await Promise.all(
      rooms.map(({ sessionId }, index) =>
        ingest.append(anyRoom, sessionId, [speech(1, index === 0 ? '坏\u0000字' : '好')]),
      ),
    )
    expect(answers.map((answer) => answer.ok)).toEqual([false, true, true])
  })

  test('[IN9] with the database away the producer is told to keep its events', async () => {
    const store = await testStore()
    const cut = open(store.db)
    const started = await cut.start(anyRoom, sessionStart({ roomId: 'room-cut' }))
    if (!started.ok) throw new Error(started.error.message)
    await store.close()
    const answer = await cut.append(anyRoom, started.value.sessionId, [speech(1)])
    expect(answer).toMatchObject({ ok: false, error: { code: 'paused', retryAfterMs: 1_000 } })
    await cut.close()
  })
})
