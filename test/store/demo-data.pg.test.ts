import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sequenceAll, sessionStart, speech, startedSession, testStore } from '../support/store.ts'
import { activateTinyPack } from '../support/tiny-pack.ts'
import { createInProcessFanout } from '../../src/bus/in-process-fanout.ts'
import type { Db } from '../../src/store/database.ts'
import { clearDemo } from '../../src/store/demo-data.ts'
import { commitBatches } from '../../src/store/event-log.ts'
import { startSession } from '../../src/store/session-start.ts'
import { factsOrSnapshot } from '../../src/store/snapshot.ts'
import { createPackShelf } from '../../src/workers/pack-shelf.ts'
import { PartitionWorker } from '../../src/workers/partition-worker.ts'

const quiet = { warn: () => undefined, error: () => undefined }

describe('store/demo-data', () => {
  let db: Db
  let close: () => Promise<void>
  beforeAll(async () => {
    ;({ db, close } = await testStore())
    await activateTinyPack(db)
  })
  afterAll(() => close())

  async function analyse(sessionId: string): Promise<void> {
    const packs = createPackShelf(db, quiet)
    await packs.refresh()
    const fanout = createInProcessFanout()
    const worker = new PartitionWorker({
      db,
      fanout,
      packs,
      logger: quiet,
      now: () => performance.now(),
      onProgress: () => undefined,
    })
    const row = await db
      .selectFrom('sessions')
      .select('partition')
      .where('id', '=', sessionId)
      .executeTakeFirstOrThrow()
    await worker.analyse(row.partition)
    await worker.stop()
  }

  test('clearing removes the demo rooms whole and touches no other room; consoles get a fresh snapshot', async () => {
    const start = sessionStart({ roomId: 'demo-tea', host: { id: 'demo-host', name: '伍姐' } })
    const outcome = await startSession(db, start, { partitions: 4, demo: true, rooms: 'all', keyId: '' })
    if (!('session' in outcome)) throw new Error('a new room may start')
    const demoId = outcome.session.id
    const ownId = await startedSession(db, { roomId: 'own-tea', host: { id: 'own-host', name: '老李' } })
    for (const sessionId of [demoId, ownId]) {
      await commitBatches(db, [{ sessionId, events: [speech(1, '这个茶根治高血压')], acceptGapAt: null }])
      await analyse(sessionId)
    }
    await sequenceAll(db)

    expect(await clearDemo(db)).toEqual({ rooms: 1, sessions: 1, events: 1, alerts: 1, enforcements: 0 })

    expect(await db.selectFrom('rooms').select('id').execute()).toEqual([{ id: 'own-tea' }])
    expect(await db.selectFrom('hosts').select('id').execute()).toEqual([{ id: 'own-host' }])
    expect(await db.selectFrom('alerts').select('session_id').execute()).toEqual([{ session_id: ownId }])
    expect(await db.selectFrom('events').select('session_id').execute()).toEqual([{ session_id: ownId }])
    const resumed = await factsOrSnapshot(db, 1)
    expect(resumed.kind).toBe('snapshot')
    if (resumed.kind === 'snapshot') expect(resumed.snapshot.alerts.map((alert) => alert.roomId)).toEqual(['own-tea'])
    expect(await clearDemo(db)).toEqual({ rooms: 0, sessions: 0, events: 0, alerts: 0, enforcements: 0 })
  })

  test('clearing while demo rooms are starting and speaking ends the demo: nothing of it comes back', async () => {
    const keyId = 'demo-key'
    await db
      .insertInto('room_keys')
      .values({ id: keyId, key_hash: 'x', name: 'demo', rooms: null, demo: true, revoked_at: null })
      .execute()
    const options = { partitions: 4, demo: true, rooms: 'all', keyId } as const
    let stopped = 0
    const player = async (index: number): Promise<void> => {
      for (;;) {
        const start = sessionStart({ roomId: `demo-${index}`, host: { id: `demo-host-${index}`, name: '主播' } })
        const outcome = await startSession(db, start, options)
        if (!('session' in outcome)) break
        const sessionId = outcome.session.id
        await commitBatches(db, [{ sessionId, events: [speech(1, '这个茶根治高血压')], acceptGapAt: null }])
        await analyse(sessionId).catch(() => undefined)
      }
      stopped += 1
    }
    const players = [1, 2, 3, 4].map(player)
    await new Promise((resolve) => setImmediate(resolve))
    await clearDemo(db)
    await Promise.all(players)
    expect(stopped).toBe(4)
    await clearDemo(db)
    expect(await db.selectFrom('rooms').select('id').where('demo', '=', true).execute()).toEqual([])
    expect(await db.selectFrom('dead_letters').selectAll().execute()).toEqual([])
  })
})
