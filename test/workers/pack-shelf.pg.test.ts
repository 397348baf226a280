import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Db } from '../../src/store/database.ts'
import { listenForPacks } from '../../src/store/pack-notices.ts'
import { activatePack } from '../../src/store/rule-packs.ts'
import { createPackShelf } from '../../src/workers/pack-shelf.ts'
import { testStore } from '../support/store.ts'
import { activateTinyPack } from '../support/tiny-pack.ts'

/** A pack that was stored by a release which knew more than this one. */
const unreadable = {
  hash: 'f'.repeat(64),
  name: 'tiny',
  version: 'from-the-future',
  rules: 1,
  sources: [
    { file: 'pack.yaml', text: 'pack: tiny\nversion: from-the-future\nzh: 试\n' },
    { file: 'rules.yaml', text: 'rules:\n  - id: later\n    code: efficacy.not_yet\n' },
  ],
}

describe('workers/pack-shelf', () => {
  let db: Db
  let url: string
  let close: () => Promise<void>
  let errors: { details: { err?: Error; version?: string }; message: string }[]
  const logger = { error: (details: object, message: string) => void errors.push({ details, message }) }

  beforeEach(async () => {
    errors = []
    ;({ db, url, close } = await testStore())
    await activateTinyPack(db)
  })
  afterEach(() => close())

  test('a stored pack that does not compile is named once; the old one stays in force until a sound one comes', async () => {
    const packs = createPackShelf(db, logger)
    expect(await packs.refresh()).toBe(true)
    await activatePack(db, unreadable, 'published')
    expect(await packs.refresh()).toBe(false)
    expect(await packs.refresh()).toBe(false)
    expect(packs.current().version).toBe('1')
    expect(errors).toHaveLength(1)
    expect(errors[0]?.message).toContain('the old one stays in force')
    expect(errors[0]?.details.err?.message).toMatch(
      /ffffffffffff does not compile: rules\.yaml:3 later: rules\.0\.code/,
    )
    expect(errors[0]?.details.err?.message).toContain('rules check')

    await activateTinyPack(db, '2')
    expect(await packs.refresh()).toBe(true)
    expect(packs.current().version).toBe('2')
  })

  test('a worker that starts meanwhile takes the pack that was in force before', async () => {
    await activateTinyPack(db, '2')
    await activatePack(db, unreadable, 'published')
    const packs = createPackShelf(db, logger)
    expect(await packs.refresh()).toBe(true)
    expect(packs.current().version).toBe('2')
    expect(errors).toHaveLength(1)
    expect(await packs.refresh()).toBe(false)
  })

  test('looks at the same time announce a change once', async () => {
    const packs = createPackShelf(db, logger)
    expect(await Promise.all([packs.refresh(), packs.refresh(), packs.refresh()])).toEqual([true, false, false])
  })

  test('who listens hears of a pack when it is in force, also after the connection was cut', async () => {
    let heard = 0
    let wake: () => void = () => undefined
    const more = (): Promise<void> => new Promise((resolve) => (wake = resolve))
    const first = more()
    const lost: Error[] = []
    const listening = listenForPacks(
      url,
      () => {
        heard += 1
        wake()
      },
      (error) => lost.push(error),
    )
    await first
    const second = more()
    await activateTinyPack(db, '2')
    await second
    expect(heard).toBe(2)

    const third = more()
    const cut = await sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND application_name = 'livewarden-notices'`.execute(db)
    expect(cut.rows).toHaveLength(1)
    await third
    expect(lost.length).toBeGreaterThan(0)
    const fourth = more()
    await activateTinyPack(db, '3')
    await fourth
    await listening.close()
  })
})
