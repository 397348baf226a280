import { rm } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { RoomClient } from '../../sdk/room-client.ts'
import { findBundledPostgres } from '../../src/store/bundled/start-bundled-postgres.ts'
import { openDatabase } from '../../src/store/database.ts'
import { freePort, openFolder, runProgram, startService } from '../support/service.ts'

const claim = '这个茶喝一个月血糖自己就降下来了药都不用吃'

describe('the whole process is killed during ingest', () => {
  let dataDir: string
  let port: number
  beforeAll(async () => {
    dataDir = await openFolder('livewarden-kill-')
    port = await freePort()
  })
  afterAll(() => rm(dataDir, { recursive: true, force: true }))

  test('[CM2] no acknowledged event is missing and no alert is doubled', async () => {
    const first = await startService({ dataDir, port })
    const created = await runProgram(['key', 'create', '--all', '--json'], { environment: { DATA_DIR: dataDir } })
    const { key } = JSON.parse(created.stdout) as { key: string }

    const acknowledged = new Map<string, number>()
    const client = new RoomClient({ url: first.url, key })
    const sessions = await Promise.all(
      Array.from({ length: 5 }, (_, index) =>
        client.start({
          roomId: `kill-${index}`,
          sessionRef: 'only',
          title: '晚场',
          host: { id: `kill-host-${index}`, name: '主播' },
          category: 'food',
        }),
      ),
    )
    let sent = 0
    const speak = (): void => {
      for (const session of sessions)
        session.speech(sent % 20 === 7 ? claim : `第${sent}句闲话`, { atMs: sent * 1_000 })
      sent += 1
    }
    // Kill in the middle of the stream, as soon as part of it was acknowledged and part was not.
    const killed = new Promise<void>((resolve) => {
      const talk = setInterval(() => {
        speak()
        for (const session of sessions) acknowledged.set(session.id, session.acceptedThrough)
        if (sent < 100 || Math.min(...acknowledged.values()) < 60) return
        clearInterval(talk)
        void first.end('SIGKILL').then(() => resolve())
      }, 5)
    })
    await killed
    const before = new Map(sessions.map((session) => [session.id, session.acceptedThrough]))

    const second = await startService({ dataDir, port })
    for (let more = 0; more < 40; more += 1) speak()
    await Promise.all(sessions.map((session) => session.flush()))
    await client.close()

    const url = await findBundledPostgres(dataDir)
    const db = openDatabase({ url: url ?? '', max: 2, name: 'test', onError: () => undefined })
    try {
      for (const session of sessions) {
        const rows = await db
          .selectFrom('events')
          .select('seq')
          .where('session_id', '=', session.id)
          .orderBy('seq')
          .execute()
        expect(rows.map((row) => row.seq)).toEqual(Array.from({ length: sent }, (_, index) => index + 1))
        expect(rows.length).toBeGreaterThanOrEqual(before.get(session.id) ?? 0)
      }
      await expect
        .poll(
          async () => {
            const { lag } = await db
              .selectFrom('sessions')
              .innerJoin('session_cursors', 'session_cursors.session_id', 'sessions.id')
              .select((eb) =>
                eb.fn.sum<number>(eb('sessions.last_seq', '-', eb.ref('session_cursors.processed_seq'))).as('lag'),
              )
              .executeTakeFirstOrThrow()
            return Number(lag)
          },
          { timeout: 30_000 },
        )
        .toBe(0)
      const alerts = await db.selectFrom('alerts').select(['session_id', 'code', 'seed']).execute()
      const hits = alerts.filter((alert) => alert.code.startsWith('efficacy.'))
      expect(new Set(hits.map((alert) => alert.session_id)).size).toBe(sessions.length)
      const keys = alerts.map((alert) => `${alert.session_id} ${alert.code} ${alert.seed.anchorSeq}`)
      expect(new Set(keys).size).toBe(keys.length)
      // Every planted claim is in the alert of its session exactly once, those before the kill and those after.
      const planted = Array.from({ length: sent }, (_, index) => index).filter((index) => index % 20 === 7)
      for (const session of sessions) {
        const seqs = hits.filter((alert) => alert.session_id === session.id).flatMap((alert) => alert.seed.hits)
        for (const index of planted) expect(seqs).toContain(index + 1)
      }
    } finally {
      await db.destroy()
      expect(await second.end('SIGTERM')).toEqual({ code: 0, signal: null })
    }
  })
})
