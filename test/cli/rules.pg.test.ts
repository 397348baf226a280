import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { rulesCommand } from '../../src/cli/rules.ts'
import { listAudit, verifyAudit } from '../../src/store/audit-log.ts'
import type { Db } from '../../src/store/database.ts'
import { activatePack, activePackHash, type ListedPack } from '../../src/store/rule-packs.ts'
import { openTestDatabase } from '../enforcement/case-fixture.ts'
import { tinyPack, tinyPackFiles } from '../support/tiny-pack.ts'
import { run } from './administration-fixture.ts'
import { onePackRule, packFolder } from '../support/pack-folder.ts'

let db: Db
let close: () => Promise<void>

beforeAll(async () => {
  ;({ db, close } = await openTestDatabase(4))
  const { hash, name, version, rules } = tinyPack()
  await activatePack(db, { hash, name, version, rules: rules.length, sources: tinyPackFiles() }, 'seed')
})
afterAll(() => close())

const rules = (...args: string[]) => run(rulesCommand, db, ...args)

async function listed(): Promise<ListedPack[]> {
  const { out } = await rules('list', '--json')
  return (JSON.parse(out) as { packs: ListedPack[] }).packs
}

describe('rules publish', () => {
  test('a version comes into force with its note, once, and stands in the audit log', async () => {
    const folder = packFolder(onePackRule('灵芝水'))
    const published = await rules('publish', folder, '--note', '灵芝水专项')
    expect(published).toMatchObject({ code: 0, err: '' })
    expect(published.out).toMatch(/^Published tea 1 \([0-9a-f]{12}\).*\nBefore it: tiny 1 \([0-9a-f]{12}\)\.\n$/)

    const again = await rules('publish', folder, '--note', '别的话', '--json')
    expect(JSON.parse(again.out)).toMatchObject({ outcome: 'unchanged', replaced: null })
    expect(await listed()).toMatchObject([
      { name: 'tea', version: '1', active: true, origin: 'published', publishedBy: 'cli', note: '灵芝水专项' },
      { name: 'tiny', version: '1', active: false, origin: 'seed', publishedBy: null, note: '' },
    ])

    const entries = await listAudit(db, { kind: 'rule_pack.published', limit: 10 })
    expect(entries).toMatchObject([
      {
        actor: { id: 'cli' },
        subject: `rule_pack:${(await activePackHash(db)) ?? ''}`,
        reason: '灵芝水专项',
        body: { name: 'tea', version: '1', replaces: tinyPack().hash },
      },
    ])
    expect(await verifyAudit(db)).toMatchObject({ ok: true })
  })

  test('other content under a stored version is refused with the remedy; another version is not', async () => {
    const before = await activePackHash(db)
    const folder = packFolder(onePackRule('人参水'))
    const refused = await rules('publish', folder)
    expect(refused).toMatchObject({ code: 2, out: '' })
    expect(refused.err).toMatch(/tea 1 was stored with other content on .*; raise `version` in pack\.yaml/)
    expect(await activePackHash(db)).toBe(before)

    expect(await rules('publish', packFolder(onePackRule('人参水', '2')))).toMatchObject({ code: 0 })
    expect((await listed())[0]).toMatchObject({ version: '2', active: true })
  })

  test('an earlier version published again is in force again, as it was stored', async () => {
    const back = await rules('publish', packFolder(onePackRule('灵芝水')), '--json')
    expect(JSON.parse(back.out)).toMatchObject({ outcome: 'again', replaced: { name: 'tea', version: '2' } })
    expect((await listed()).filter(({ active }) => active)).toMatchObject([{ version: '1' }])
  })

  test('a pack that fails its check changes nothing', async () => {
    const before = await listed()
    const folder = packFolder(onePackRule('虫草水', '3'))
    writeFileSync(join(folder, 'rules.yaml'), 'rules:\n  - id: oops\n    code: efficacy.nothing\n')
    const refused = await rules('publish', folder)
    expect(refused).toMatchObject({ code: 2, out: '' })
    expect(refused.err).toMatch(/rules\.yaml:3 oops rules\.0\.code/)
    expect(refused.err).toContain('Nothing was published.')
    expect(await listed()).toEqual(before)
  })

  test('two that publish one version at once: one content is stored, the other is told', async () => {
    const folders = ['银杏水', '葛根水'].map((word) => packFolder(onePackRule(word, '9')))
    const ends = await Promise.all(folders.map((folder) => rules('publish', folder)))
    expect(ends.map(({ code }) => code).sort()).toEqual([0, 2])
    expect((await listed()).filter(({ version }) => version === '9')).toHaveLength(1)
  })

  test('list marks the one in force', async () => {
    const { out } = await rules('list')
    const [head, ...rows] = out.trimEnd().split('\n')
    expect(head).toMatch(/pack +version +hash +rules +in force since +by +note/)
    expect(rows.filter((row) => row.startsWith('*'))).toHaveLength(1)
    expect(out).toMatch(/灵芝水专项|tea/)
    expect(out).toContain('shipped')
  })
})
