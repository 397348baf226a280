import { afterAll, beforeAll, expect, test } from 'vitest'
import { hashSecret } from '../../src/access/secrets.ts'
import { keyCommand } from '../../src/cli/key.ts'
import { listAudit, verifyAudit } from '../../src/store/audit-log.ts'
import type { Db } from '../../src/store/database.ts'
import { createRoomKeyStore } from '../../src/store/room-keys.ts'
import { openTestDatabase } from '../enforcement/case-fixture.ts'
import { run } from './administration-fixture.ts'

let db: Db
let close: () => Promise<void>

beforeAll(async () => {
  ;({ db, close } = await openTestDatabase(2))
})
afterAll(() => close())

const key = (...args: string[]) => run(keyCommand, db, ...args)

test('create prints a key for the named rooms once, revoke ends it, and both are audited', async () => {
  const created = await key('create', '--room', 'r1', 'r2', '--room', 'r1', '--name', '工作室', '--json')
  const made = JSON.parse(created.out) as { id: string; key: string; rooms: string[] }
  expect(made).toMatchObject({ rooms: ['r1', 'r2'], name: '工作室' })
  const find = () => createRoomKeyStore(db).find(hashSecret(made.key) ?? '')
  expect(await find()).toMatchObject({ keyId: made.id, rooms: ['r1', 'r2'], demo: false })

  const listed = await key('list')
  expect(listed.out).toContain(made.id)
  expect(listed.out).not.toContain(made.key)
  expect((await key('revoke', made.id)).code).toBe(0)
  expect(await find()).toBeNull()
  expect((await key('list')).out).toContain('revoked')

  const entries = await listAudit(db, { limit: 10 })
  expect(entries.map((entry) => entry.kind)).toEqual(['key.revoked', 'key.created'])
  expect(entries.every((entry) => entry.actor.id === 'cli')).toBe(true)
  expect(JSON.stringify(entries)).not.toContain(made.key)
  expect(await verifyAudit(db)).toMatchObject({ ok: true })
})

test('--all covers every room', async () => {
  const { out } = await key('create', '--all')
  expect(out).toContain('every room')
  const made = /lw_[\w-]{43}/.exec(out)?.[0] ?? ''
  expect(await createRoomKeyStore(db).find(hashSecret(made) ?? '')).toMatchObject({ rooms: 'all' })
})

test.each([
  [['create'], '--room ID, or cover every room with --all'],
  [['create', '--all', '--room', 'r1'], '--room ID, or cover every room with --all'],
  [['create', '--room', 'x'.repeat(129)], '1 to 128 characters'],
  [['revoke', 'nowhere'], 'There is no key nowhere'],
])('%j ends with a reason on stderr', async (args, reason) => {
  const { code, out, err } = await key(...args)
  expect(code).toBeGreaterThan(0)
  expect(out).toBe('')
  expect(err).toContain(reason)
})
