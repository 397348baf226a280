import { afterAll, beforeAll, expect, test } from 'vitest'
import { verifyPassword } from '../../src/access/passwords.ts'
import { userCommand } from '../../src/cli/user.ts'
import { listAudit } from '../../src/store/audit-log.ts'
import type { Db } from '../../src/store/database.ts'
import { openTestDatabase } from '../enforcement/case-fixture.ts'
import { run } from './administration-fixture.ts'

let db: Db
let close: () => Promise<void>

beforeAll(async () => {
  ;({ db, close } = await openTestDatabase(2))
})
afterAll(() => close())

const user = (...args: string[]) => run(userCommand, db, ...args)
const hashOf = async (login: string) =>
  (await db.selectFrom('people').select('password_hash').where('login', '=', login).executeTakeFirstOrThrow())
    .password_hash

test('add prints the password once, keeps only its hash, and is audited', async () => {
  const { code, out } = await user('add', 'lin', '--role', 'moderator', '--name', '小林', '--json')
  expect(code).toBe(0)
  const { person, password } = JSON.parse(out) as { person: { login: string; role: string }; password: string }
  expect(person).toMatchObject({ login: 'lin', role: 'moderator', name: '小林', disabled: false, demo: false })
  const hash = await hashOf('lin')
  expect(hash).toMatch(/^\$argon2id\$v=19\$m=65536,t=3,p=1\$/)
  expect(await verifyPassword(hash, password)).toBe(true)
  const [entry] = await listAudit(db, { limit: 1 })
  expect(entry).toMatchObject({ kind: 'user.added', actor: { kind: 'service', id: 'cli' }, body: { login: 'lin' } })
  expect(JSON.stringify(entry)).not.toContain(password)
})

test('reset gives another password; disable refuses the person from then on', async () => {
  const before = await hashOf('lin')
  const reset = await user('reset', 'lin')
  expect(reset.out).toContain('shown only now')
  expect(await hashOf('lin')).not.toBe(before)
  expect((await user('disable', 'lin')).code).toBe(0)
  const listed = JSON.parse((await user('list', '--json')).out) as { people: unknown[] }
  expect(listed.people).toMatchObject([{ login: 'lin', disabled: true }])
  expect((await user('list')).out).toMatch(/^lin +moderator +小林 +disabled$/m)
})

test.each([
  [['add', 'lin', '--role', 'moderator', '--name', '又一个'], 'The login lin is taken'],
  [['add', 'wang', '--role', 'king', '--name', '王'], 'Known roles: moderator, lead'],
  [['add', 'two words', '--role', 'lead', '--name', '王'], 'no spaces'],
  [['add', 'wang', '--role', 'lead'], '--name'],
  [['reset', 'nobody'], 'There is nobody with the login nobody'],
  [['disable', 'nobody'], 'There is nobody with the login nobody'],
])('%j ends with a reason on stderr', async (args, reason) => {
  const { code, out, err } = await user(...args)
  expect(code).toBeGreaterThan(0)
  expect(out).toBe('')
  expect(err).toContain(reason)
})
