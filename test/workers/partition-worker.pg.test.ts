import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createInProcessFanout } from '../../src/bus/in-process-fanout.ts'
import type { RoomEvent } from '../../src/contracts/room-event.ts'
import { laggingPartitions } from '../../src/store/analysis-log.ts'
import { standingFindings } from '../../src/store/case-detail.ts'
import { factsSince } from '../../src/store/console-log.ts'
import type { Db } from '../../src/store/database.ts'
import { commitBatches } from '../../src/store/event-log.ts'
import { acquireLease, FenceLostError, releaseLeases, renewLeases } from '../../src/store/partition-leases.ts'
import { analyseBatch } from '../../src/workers/analyse-partition.ts'
import { createPackShelf, type PackShelf } from '../../src/workers/pack-shelf.ts'
import { PartitionWorker } from '../../src/workers/partition-worker.ts'
import { RoomKeeper } from '../../src/workers/room-keeper.ts'
import { sequenceAll, speech, startedSession, testStore } from '../support/store.ts'
import { activateTinyPack } from '../support/tiny-pack.ts'

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined }
const now = (): number => performance.now()

describe('workers/partition-worker', () => {
  let db: Db
  let close: () => Promise<void>
  let packs: PackShelf
  let rooms = 0

  beforeAll(async () => {
    ;({ db, close } = await testStore())
    await activateTinyPack(db)
    packs = createPackShelf(db, quiet)
    await packs.refresh()
  })
  afterAll(() => close())

  function worker(): PartitionWorker {
    return new PartitionWorker({
      db,
      fanout: createInProcessFanout(),
      packs,
      logger: quiet,
      now,
      onProgress: () => undefined,
    })
  }

  /** A session of a room of its own, with its partition. */
  async function room(): Promise<{ sessionId: string; partition: number }> {
    rooms += 1
    const sessionId = await startedSession(db, { roomId: `worker-room-${rooms}` })
    const row = await db
      .selectFrom('sessions')
      .select('partition')
      .where('id', '=', sessionId)
      .executeTakeFirstOrThrow()
    return { sessionId, partition: row.partition }
  }

  async function say(sessionId: string, ...events: RoomEvent[]): Promise<void> {
    const [outcome] = await commitBatches(db, [{ sessionId, events, acceptGapAt: null }])
    expect(outcome?.kind).toBe('accepted')
  }

  async function alertsOf(sessionId: string) {
    return db
      .selectFrom('alerts')
      .innerJoin('cases', 'cases.id', 'alerts.case_id')
      .select([
        'alerts.id',
        'alerts.code',
        'alerts.state',
        'alerts.seed',
        'alerts.case_id',
        'cases.status',
        'cases.follows',
      ])
      .where('alerts.session_id', '=', sessionId)
      .orderBy('alerts.id')
      .execute()
  }

  test('[AN1] a spoken claim becomes one alert with a case, a finding and a fact for the consoles', async () => {
    const { sessionId, partition } = await room()
    await say(sessionId, speech(1, '家人们晚上好'), speech(2, '这个茶一个月根治高血压'))
    const one = worker()
    await one.analyse(partition)
    const alerts = await alertsOf(sessionId)
    expect(alerts).toMatchObject([{ code: 'efficacy.food_cure', state: 'open', status: 'open' }])
    const quote = alerts[0]?.seed.quote ?? ''
    expect('这个茶一个月根治高血压').toContain(quote)
    await sequenceAll(db)
    const facts = await factsSince(db, 0, 1_000)
    const opened = facts.filter(({ fact }) => fact.type === 'alert.opened' && fact.alert.sessionId === sessionId)
    expect(opened).toHaveLength(1)
    const cursor = await db
      .selectFrom('session_cursors')
      .selectAll()
      .where('session_id', '=', sessionId)
      .executeTakeFirst()
    expect(cursor?.processed_seq).toBe(2)
    await one.stop()
  })

  test('[AN2] analysing again, by another worker and after a restart, doubles nothing', async () => {
    const { sessionId, partition } = await room()
    await say(sessionId, speech(1, '这个茶根治高血压'))
    const first = worker()
    await first.analyse(partition)
    await first.stop()
    await say(sessionId, speech(2, '糖尿病也治好了'), speech(3, '来押红押蓝'))
    const second = worker()
    await Promise.all([second.analyse(partition), second.analyse(partition), second.sweep()])
    await second.analyse(partition)
    const alerts = await alertsOf(sessionId)
    expect(alerts.map((alert) => alert.code).sort()).toEqual(['blindbox.gambling_cash', 'efficacy.food_cure'])
    expect(alerts.find((alert) => alert.code === 'efficacy.food_cure')?.seed.hits).toEqual([1, 2])
    await second.stop()
  })

  test('[AN3] folding in pieces with a new holder each time gives the alerts of folding at once', async () => {
    const lines = ['这个茶根治高血压', '谢谢捧场', '糖尿病治好了好几个', '来押红押蓝', '高血压根治', '明天再来']
    const events = lines.map((text, index) => speech(index + 1, text))
    const whole = await room()
    await say(whole.sessionId, ...events)
    const once = worker()
    await once.analyse(whole.partition)
    await once.stop()
    const pieces = await room()
    for (const event of events) {
      await say(pieces.sessionId, event)
      const next = worker()
      await next.analyse(pieces.partition)
      await next.stop()
    }
    const view = (alerts: Awaited<ReturnType<typeof alertsOf>>) =>
      alerts
        .map(({ code, seed }) => ({ code, hits: seed.hits, severity: seed.severity, quote: seed.quote }))
        .sort((a, b) => (a.code < b.code ? -1 : 1))
    expect(view(await alertsOf(pieces.sessionId))).toEqual(view(await alertsOf(whole.sessionId)))
  })

  test('[AN4] a worker that lost its lease cannot commit what it folded', async () => {
    const { sessionId, partition } = await room()
    await say(sessionId, speech(1, '这个茶根治高血压'))
    await db.deleteFrom('partition_leases').where('partition', '=', partition).execute()
    const stale = await acquireLease(db, partition, 'sleeper')
    if (!stale) throw new Error('the lease was free')
    // The sleeper freezes; its lease runs out and somebody else takes over.
    await db
      .updateTable('partition_leases')
      .set({ expires_at: new Date(0) })
      .where('partition', '=', partition)
      .execute()
    const fresh = await acquireLease(db, partition, 'successor')
    expect(fresh?.fence).toBe(stale.fence + 1)
    await expect(analyseBatch(db, new RoomKeeper(db, packs, now), stale)).rejects.toThrow(FenceLostError)
    expect(await alertsOf(sessionId)).toEqual([])
    await db.deleteFrom('partition_leases').where('partition', '=', partition).execute()
  })

  test('a lease that was given back stays given back, whatever renewal was under way', async () => {
    const lease = await acquireLease(db, 99, 'leaver')
    if (!lease) throw new Error('the lease was free')
    const renewal = db.transaction().execute(async (tx) => {
      // Its clock stands still from here on, and the other transaction gets in between.
      await sql`SELECT now()`.execute(tx)
      await releaseLeases(db, 'leaver')
      return renewLeases(tx, [lease])
    })
    expect(await renewal).toEqual([])
    expect(await acquireLease(db, 99, 'successor')).toMatchObject({ fence: lease.fence + 1 })
  })

  test('[AN5] what no wake-up told of is found by the sweep', async () => {
    const { sessionId, partition } = await room()
    await say(sessionId, speech(1, '这个茶根治高血压'))
    expect(await laggingPartitions(db)).toContain(partition)
    const sweeper = worker()
    sweeper.start()
    await expect.poll(() => alertsOf(sessionId), { timeout: 10_000 }).toHaveLength(1)
    await sweeper.stop()
  })

  test('[AN6] a finding that joins an alert whose case is resolved opens a new case that names the old', async () => {
    const { sessionId, partition } = await room()
    const one = worker()
    await say(sessionId, speech(1, '这个茶根治高血压'))
    await one.analyse(partition)
    const [before] = await alertsOf(sessionId)
    if (!before) throw new Error('no alert')
    await db
      .updateTable('cases')
      .set({ status: 'resolved', decision: 'warn' })
      .where('id', '=', before.case_id)
      .execute()
    await db.updateTable('alerts').set({ state: 'resolved' }).where('id', '=', before.id).execute()
    await say(sessionId, speech(2, '糖尿病也能治好'))
    await one.analyse(partition)
    const [after] = await alertsOf(sessionId)
    expect(after).toMatchObject({ id: before.id, state: 'open', status: 'open', follows: before.case_id })
    await one.stop()
  })

  test('[AN7] a correction of the transcript withdraws the alert and closes its case', async () => {
    const { sessionId, partition } = await room()
    const one = worker()
    await say(sessionId, speech(1, '这个茶根治高血压'))
    await one.analyse(partition)
    await say(sessionId, speech(2, '这个茶很香大家喝喝看', { revises: 1 }))
    await one.analyse(partition)
    expect(await alertsOf(sessionId)).toMatchObject([{ state: 'withdrawn', status: 'resolved' }])
    await one.stop()
  })

  test('[AN8] an event that breaks the analysis is set aside and declared; the room goes on', async () => {
    const { sessionId, partition } = await room()
    await say(sessionId, speech(1, '大家好'), speech(2, '坏掉的一句'), speech(3, '这个茶根治高血压'))
    const broken = JSON.stringify({
      seq: 2,
      atMs: 2_000,
      channel: 'speech',
      text: null,
      partial: false,
      speaker: 'host',
    })
    await db
      .updateTable('events')
      .set({ body: broken })
      .where('session_id', '=', sessionId)
      .where('seq', '=', 2)
      .execute()
    const one = worker()
    await one.analyse(partition)
    expect(await alertsOf(sessionId)).toMatchObject([{ code: 'efficacy.food_cure' }])
    const letters = await db.selectFrom('dead_letters').selectAll().where('session_id', '=', sessionId).execute()
    expect(letters).toMatchObject([{ seq: 2 }])
    const gaps = await db.selectFrom('coverage_gaps').selectAll().where('session_id', '=', sessionId).execute()
    expect(gaps).toMatchObject([{ from_seq: 2, to_seq: 2, reason: 'poison' }])
    await one.stop()
  })

  test('an event whose findings cannot be stored is set aside alone; other rooms of the partition go on', async () => {
    const first = await room()
    const second = await roomOfPartition(first.partition)
    await say(first.sessionId, speech(1, '这个茶根治高血压'), speech(2, '来押红押蓝'))
    await say(second, speech(1, '这个茶根治高血压'))
    // The database refuses whatever this one event brings.
    await sql
      .raw(
        `CREATE FUNCTION refuse_one() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
           IF NEW.session_id = '${first.sessionId}' AND NEW.seq = 2 THEN RAISE EXCEPTION 'refused'; END IF;
           RETURN NEW; END $$;
         CREATE TRIGGER refuse_one BEFORE INSERT ON findings FOR EACH ROW EXECUTE FUNCTION refuse_one();`,
      )
      .execute(db)
    const one = worker()
    await one.analyse(first.partition)
    await one.stop()
    await sql.raw('DROP TRIGGER refuse_one ON findings').execute(db)
    expect((await alertsOf(first.sessionId)).map((alert) => alert.code)).toEqual(['efficacy.food_cure'])
    expect(await alertsOf(second)).toHaveLength(1)
    const letters = await db.selectFrom('dead_letters').selectAll().where('session_id', '=', first.sessionId).execute()
    expect(letters).toMatchObject([{ seq: 2, error: expect.stringContaining('refused') }])
  })

  test('words that were corrected away are no evidence any more; the case is as grave as what stands', async () => {
    const { sessionId, partition } = await room()
    const one = worker()
    await say(sessionId, speech(1, '这个茶根治高血压'), speech(2, '糖尿病也能治好', { atMs: 200_000 }))
    await one.analyse(partition)
    const [alert] = await alertsOf(sessionId)
    await say(sessionId, speech(3, '这个茶很香大家喝喝看', { revises: 1, atMs: 210_000 }))
    await one.analyse(partition)
    await one.stop()
    const standing = await standingFindings(db, alert?.case_id ?? '')
    expect(standing.map((finding) => finding.seq)).toEqual([2])
    const { severity } = await db
      .selectFrom('cases')
      .select('severity')
      .where('id', '=', alert?.case_id ?? '')
      .executeTakeFirstOrThrow()
    const [after] = await alertsOf(sessionId)
    expect(severity).toBe(after?.seed.severity)
  })

  test('ingest and analysis of the same sessions never wait for each other in a circle', async () => {
    const rooms = await Promise.all(Array.from({ length: 12 }, () => room()))
    const one = worker()
    const before = await deadlocks()
    await Promise.all([
      ...rooms.map(async ({ sessionId }) => {
        for (let seq = 1; seq <= 12; seq += 1) await say(sessionId, speech(seq, `第${seq}次说这个茶根治高血压`))
      }),
      (async () => {
        for (let round = 0; round < 30; round += 1) {
          await Promise.all(
            [...new Set(rooms.map(({ partition }) => partition))].map((partition) => one.analyse(partition)),
          )
        }
      })(),
    ])
    for (const { partition } of rooms) await one.analyse(partition)
    await one.stop()
    expect(await deadlocks()).toBe(before)
  })

  test('a long upload of one room does not keep another waiting', async () => {
    const long = await room()
    const short = await roomOfPartition(long.partition)
    for (let from = 1; from <= 3_000; from += 200) {
      const events = Array.from({ length: 200 }, (_, index) => speech(from + index, `闲话第${from + index}句`))
      await say(long.sessionId, ...events)
    }
    await say(short, speech(1, '这个茶根治高血压'))
    const lease = await acquireLease(db, long.partition, 'fair')
    if (!lease) throw new Error('the lease was free')
    await analyseBatch(db, new RoomKeeper(db, packs, now), lease)
    expect(await alertsOf(short)).toHaveLength(1)
    await db.deleteFrom('partition_leases').where('partition', '=', long.partition).execute()
  })

  async function deadlocks(): Promise<number> {
    const { rows } = await sql<{ deadlocks: number }>`
      SELECT pg_stat_force_next_flush(), deadlocks FROM pg_stat_database WHERE datname = current_database()`.execute(db)
    return rows[0]?.deadlocks ?? 0
  }

  /** A session of a room that falls into a given partition. */
  async function roomOfPartition(partition: number): Promise<string> {
    for (;;) {
      const next = await room()
      if (next.partition === partition) return next.sessionId
    }
  }

  test('[AN9] a session remembers which pack judged which events', async () => {
    const { sessionId, partition } = await room()
    const one = worker()
    const firstHash = packs.current().hash
    await say(sessionId, speech(1, '大家好'))
    await one.analyse(partition)
    const secondHash = await activateTinyPack(db, '2')
    expect(await packs.refresh()).toBe(true)
    await say(sessionId, speech(2, '这个茶根治高血压'))
    await one.analyse(partition)
    const used = await db
      .selectFrom('session_packs')
      .select(['from_seq', 'pack_hash'])
      .where('session_id', '=', sessionId)
      .orderBy('from_seq')
      .execute()
    expect(used).toEqual([
      { from_seq: 1, pack_hash: firstHash },
      { from_seq: 2, pack_hash: secondHash },
    ])
    await one.stop()
  })
})
