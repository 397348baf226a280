import { rm } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { RoomClient } from '../../sdk/room-client.ts'
import { findBundledPostgres } from '../../src/store/bundled/start-bundled-postgres.ts'
import { openDatabase } from '../../src/store/database.ts'
import { impliedAlerts, lagOf, storedAlerts } from '../support/oracle.ts'
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
      await expect.poll(() => lagOf(db), { timeout: 60_000 }).toBe(0)
      // The same alerts as one undisturbed fold over what is stored: none lost, none doubled, every hit in its place.
      const implied = await impliedAlerts(db)
      expect(await storedAlerts(db)).toEqual(implied)
      expect(new Set(implied.map((alert) => alert.sessionId)).size).toBe(sessions.length)
    } finally {
      await db.destroy()
      expect(await second.end('SIGTERM')).toEqual({ code: 0, signal: null })
    }
  })
})
