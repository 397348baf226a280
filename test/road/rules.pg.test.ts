import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createKey } from '../support/console-user.ts'
import { onePackRule, packFolder } from '../support/pack-folder.ts'
import { plainRoom, type PlainRoom } from '../support/plain-room.ts'
import { runProgram, startService, type Service } from '../support/service.ts'
import { testStore } from '../support/store.ts'

describe('rules publish beside a running service', () => {
  let store: Awaited<ReturnType<typeof testStore>>
  let service: Service
  let key: string
  let room: PlainRoom
  let sessionId: string
  let seq = 0

  const start = { roomId: 'rules-room', sessionRef: 'evening', title: '茶铺', host: { id: 'h', name: '老李' } }

  beforeAll(async () => {
    store = await testStore()
    service = await startService({ databaseUrl: store.url })
    key = await createKey(store.url)
    await enter()
  })
  afterAll(async () => {
    room.close()
    await service.end('SIGTERM')
    await store.close()
  })

  async function enter(): Promise<void> {
    room = await plainRoom(service.url, key)
    sessionId = await room.start(start)
  }

  async function say(text: string): Promise<number> {
    seq += 1
    const reply = await room.append(sessionId, [{ seq, atMs: seq * 1_000, channel: 'speech', text }])
    expect(reply).toMatchObject({ ok: true, data: { acceptedThrough: seq } })
    return seq
  }

  async function rules(...args: string[]) {
    return runProgram(['rules', ...args], { environment: { DATABASE_URL: store.url } })
  }

  /** Publishes the pack that finds `word`, and returns its hash. */
  async function publish(word: string, version: string): Promise<string> {
    const { code, stdout, stderr } = await rules('publish', packFolder(onePackRule(word, version)), '--json')
    expect(stderr).toBe('')
    expect(code).toBe(0)
    return (JSON.parse(stdout) as { pack: { hash: string } }).pack.hash
  }

  /** Findings so far, as `seq version`. */
  async function findings(): Promise<string[]> {
    const rows = await store.db
      .selectFrom('findings')
      .select(['seq', 'finding'])
      .where('session_id', '=', sessionId)
      .orderBy('seq')
      .execute()
    return rows.map(({ seq: at, finding }) => `${at} ${finding.packVersion}`)
  }

  /** A host who says the same again and again, until the rules notice. */
  async function sayUntilFound(text: string, version: string): Promise<void> {
    for (;;) {
      const at = await say(text)
      await analysed(at)
      if ((await findings()).includes(`${at} ${version}`)) return
      await pause(100)
    }
  }

  async function analysed(at: number): Promise<void> {
    for (;;) {
      const cursor = await store.db
        .selectFrom('session_cursors')
        .select('processed_seq')
        .where('session_id', '=', sessionId)
        .executeTakeFirstOrThrow()
      if (cursor.processed_seq >= at) return
      await pause(10)
    }
  }

  async function packsOfSession(): Promise<{ hash: string; fromSeq: number }[]> {
    const rows = await store.db
      .selectFrom('session_packs')
      .selectAll()
      .where('session_id', '=', sessionId)
      .orderBy('from_seq')
      .execute()
    return rows.map(({ pack_hash, from_seq }) => ({ hash: pack_hash, fromSeq: from_seq }))
  }

  /** Milliseconds, by the database's clock, between a pack's coming into force and the first event it judged. */
  async function reachedAfterMs(hash: string): Promise<number> {
    const { rows } = await sql<{ ms: number }>`
      SELECT extract(epoch FROM e.received_at - r.in_force_since)::float8 * 1000 AS ms
      FROM session_packs s
      JOIN rule_packs r ON r.hash = s.pack_hash
      JOIN events e ON e.session_id = s.session_id AND e.seq = s.from_seq
      WHERE s.session_id = ${sessionId} AND s.pack_hash = ${hash}`.execute(store.db)
    return rows[0]?.ms ?? Number.POSITIVE_INFINITY
  }

  test('[RU1] a change reaches a live room within 2 s without restart, and findings name the pack', async () => {
    await analysed(await say('大家晚上好'))
    const first = await publish('灵芝水', '1')
    await sayUntilFound('今天灵芝水来了', '1')
    expect(await reachedAfterMs(first)).toBeLessThan(2_000)
    const second = await publish('人参水', '2')
    await sayUntilFound('今天人参水来了', '2')
    expect(await reachedAfterMs(second)).toBeLessThan(2_000)

    const used = await packsOfSession()
    expect(used.map(({ hash }) => hash).slice(-2)).toEqual([first, second])
    // Words of the earlier pack mean nothing any more.
    const later = await say('灵芝水还有')
    await analysed(later)
    expect((await findings()).some((finding) => finding.startsWith(`${later} `))).toBe(false)
  })

  test('[RU2] a publication that fails leaves the pack in force', async () => {
    const before = await packsOfSession()
    const folder = packFolder(onePackRule('虫草水', '3'))
    writeFileSync(join(folder, 'more.yaml'), 'rules:\n  - id: oops\n    code: efficacy.nothing\n')
    const refused = await rules('publish', folder)
    expect(refused.code).toBe(2)
    expect(refused.stderr).toMatch(/more\.yaml:3 oops .* → \S/)

    const at = await say('人参水最后一批')
    await analysed(at)
    expect(await findings()).toContain(`${at} 2`)
    expect(await packsOfSession()).toEqual(before)
    const { stdout } = await rules('list', '--json')
    const { packs } = JSON.parse(stdout) as { packs: { active: boolean; version: string }[] }
    expect(packs.filter(({ active }) => active)).toMatchObject([{ version: '2' }])
  })

  test('[RU3] who folds the session again judges earlier events by the earlier pack', async () => {
    const before = await findings()
    const alerts = await store.db.selectFrom('alerts').select('id').where('session_id', '=', sessionId).execute()
    room.close()
    await service.end('SIGKILL')
    // Without its snapshot the room is folded from the beginning, through both packs.
    await store.db.updateTable('session_cursors').set({ snapshot: null }).where('session_id', '=', sessionId).execute()
    service = await startService({ databaseUrl: store.url })
    await enter()
    const at = await say('人参水真的最后一批')
    await analysed(at)
    expect(await findings()).toEqual([...before, `${at} 2`])
    // Under the later pack alone the group would begin elsewhere, and be another alert.
    expect(await store.db.selectFrom('alerts').select('id').where('session_id', '=', sessionId).execute()).toEqual(
      alerts,
    )
    expect(alerts).toHaveLength(1)
  })
})
