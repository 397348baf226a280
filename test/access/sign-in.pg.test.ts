import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createAccess } from '../../src/access/create-access.ts'
import type { Access } from '../../src/access/access.ts'
import { hashPassword } from '../../src/access/passwords.ts'
import type { AccessPorts } from '../../src/access/ports.ts'
import { seedDemo } from '../../src/access/seed-demo.ts'
import { generateRoomKey, hashSecret } from '../../src/access/secrets.ts'
import { listAudit } from '../../src/store/audit-log.ts'
import type { Db } from '../../src/store/database.ts'
import { createLoginSessionStore } from '../../src/store/login-sessions.ts'
import { addPerson, createPeopleStore, disablePerson, resetPassword } from '../../src/store/people.ts'
import { addRoomKey, createRoomKeyStore, revokeRoomKey } from '../../src/store/room-keys.ts'
import { codeOf, openTestDatabase, valueOf } from '../enforcement/case-fixture.ts'

const hashCost = { memoryKiB: 64, passes: 1 }
const by = { actor: { kind: 'service', id: 'test', name: 'test', role: 'service' }, requestId: 'r' } as const

let db: Db
let close: () => Promise<void>
let ports: AccessPorts
let clock: Date
let access: Access
let login: string
let serial = 0

beforeAll(async () => {
  ;({ db, close } = await openTestDatabase())
  ports = {
    people: createPeopleStore(db),
    loginSessions: createLoginSessionStore(db),
    roomKeys: createRoomKeyStore(db),
  }
})
afterAll(() => close())

beforeEach(async () => {
  clock = new Date('2025-11-23T06:00:00Z')
  access = createAccess(ports, { now: () => clock, hashCost })
  serial += 1
  login = `lin-${serial}`
  const passwordHash = await hashPassword('right', hashCost)
  valueOf(await addPerson(db, { login, name: '小林', role: 'moderator', passwordHash, demo: false }, by))
})

const later = (ms: number) => {
  clock = new Date(clock.getTime() + ms)
}

describe('signing in', () => {
  test('with the right password gives a token that opens the door until sign-out', async () => {
    const { token, person } = valueOf(await access.signIn(login, 'right', '10.0.0.1'))
    expect(token).toMatch(/^[\w-]{43}$/)
    expect(person).toMatchObject({ login, role: 'moderator' })
    expect(await access.personOf(token)).toEqual(person)
    const rows = await db.selectFrom('login_sessions').select('token_hash').execute()
    expect(rows.map((row) => row.token_hash)).toContain(hashSecret(token))
    expect(JSON.stringify(rows)).not.toContain(token)
    const [entry] = await listAudit(db, { limit: 1 })
    expect(entry).toMatchObject({ kind: 'person.signed_in', actor: { id: person.id } })
    await access.signOut(token)
    expect(await access.personOf(token)).toBeNull()
  })

  test('answers a wrong password, an unknown login and a disabled person alike', async () => {
    const wrong = await access.signIn(login, 'wrong', '10.0.0.1')
    const unknown = await access.signIn('nobody', 'right', '10.0.0.1')
    valueOf(await disablePerson(db, login, by))
    const disabled = await access.signIn(login, 'right', '10.0.0.1')
    expect(codeOf(wrong)).toBe('unauthorised')
    expect(unknown).toEqual(wrong)
    expect(disabled).toEqual(wrong)
  })

  test('takes as long for an unknown login as for a known one', async () => {
    const dear = createAccess(ports, { now: () => clock, hashCost: { memoryKiB: 16_384, passes: 3 } })
    const passwordHash = await hashPassword('right', { memoryKiB: 16_384, passes: 3 })
    valueOf(await resetPassword(db, login, passwordHash, by))
    const timed = async (name: string) => {
      const started = performance.now()
      await dear.signIn(name, 'wrong', `address of ${name}`)
      return performance.now() - started
    }
    await timed('warm-up')
    const known: number[] = []
    const unknown: number[] = []
    for (let round = 0; round < 5; round += 1) {
      known.push(await timed(login))
      unknown.push(await timed('nobody'))
    }
    // An answer without hashing would take a tenth; the least of five is what the machine's other work cannot slow.
    expect(Math.min(...unknown)).toBeGreaterThan(Math.min(...known) / 2)
  })

  test('fails five times a minute for one login, then says how long to wait', async () => {
    for (let n = 0; n < 5; n += 1)
      expect(codeOf(await access.signIn(login, 'wrong', `10.0.0.${n}`))).toBe('unauthorised')
    later(10_000)
    const limited = await access.signIn(login, 'right', '10.0.0.9')
    expect(limited).toMatchObject({ ok: false, error: { code: 'rate_limited', retryAfterMs: 50_000 } })
    later(50_001)
    expect(codeOf(await access.signIn(login, 'right', '10.0.0.9'))).toBe('ok')
  })

  test('fails 20 times a minute from one address, whatever the logins; a neighbour of the same /64 counts too', async () => {
    for (let n = 0; n < 20; n += 1) {
      const from = n % 2 === 0 ? '2001:db8::1' : '2001:db8:0:0:ffff::2'
      expect(codeOf(await access.signIn(`guess-${n}`, 'wrong', from))).toBe('unauthorised')
    }
    expect(codeOf(await access.signIn(login, 'right', '2001:db8::3'))).toBe('rate_limited')
    expect(codeOf(await access.signIn(login, 'right', '2001:db8:0:1::3'))).toBe('ok')
  })

  test('30 attempts at once get no further than 5', async () => {
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, n) => access.signIn(login, 'wrong', `10.1.0.${n}`)),
    )
    expect(answers.filter((answer) => codeOf(answer) === 'unauthorised')).toHaveLength(5)
    expect(answers.filter((answer) => codeOf(answer) === 'rate_limited')).toHaveLength(25)
  })

  test('that succeeds uses nothing up: a whole shift may sign in from one office', async () => {
    for (let n = 0; n < 25; n += 1) expect(codeOf(await access.signIn(login, 'right', '10.0.0.1'))).toBe('ok')
  })
})

describe('a sign-in', () => {
  test('ends after 30 minutes without use, and use prolongs it', async () => {
    const { token } = valueOf(await access.signIn(login, 'right', '10.0.0.1'))
    const idle = (minutes: number) =>
      sql`UPDATE login_sessions SET last_seen_at = now() - make_interval(mins => ${minutes}::int)
          WHERE token_hash = ${hashSecret(token)}`.execute(db)
    await idle(29)
    expect(await access.personOf(token)).not.toBeNull()
    const { rows } = await sql<{ fresh: boolean }>`
      SELECT last_seen_at > now() - interval '1 minute' AS fresh FROM login_sessions
      WHERE token_hash = ${hashSecret(token)}`.execute(db)
    expect(rows[0]?.fresh).toBe(true)
    await idle(31)
    expect(await access.personOf(token)).toBeNull()
  })

  test('is not prolonged by the service looking whether it still stands', async () => {
    const { token, person } = valueOf(await access.signIn(login, 'right', '10.0.0.1'))
    const seen = async () => {
      const { rows } = await sql<{ minutes: number }>`
        SELECT round(extract(epoch FROM now() - last_seen_at) / 60)::int AS minutes FROM login_sessions
        WHERE token_hash = ${hashSecret(token)}`.execute(db)
      return rows[0]?.minutes
    }
    const idle = (minutes: number) =>
      sql`UPDATE login_sessions SET last_seen_at = now() - make_interval(mins => ${minutes}::int)
          WHERE token_hash = ${hashSecret(token)}`.execute(db)
    await idle(29)
    expect(await access.peek(token)).toEqual(person)
    expect(await seen()).toBe(29)
    await idle(31)
    expect(await access.peek(token)).toBeNull()
    expect(await access.peek('x'.repeat(100_000))).toBeNull()
  })

  test('ends after 12 hours whatever the use', async () => {
    const { token } = valueOf(await access.signIn(login, 'right', '10.0.0.1'))
    await sql`UPDATE login_sessions SET created_at = now() - interval '12 hours 1 second'
              WHERE token_hash = ${hashSecret(token)}`.execute(db)
    expect(await access.personOf(token)).toBeNull()
  })

  test('ends when the person is disabled or their password reset', async () => {
    const first = valueOf(await access.signIn(login, 'right', '10.0.0.1'))
    valueOf(await resetPassword(db, login, await hashPassword('new', hashCost), by))
    expect(await access.personOf(first.token)).toBeNull()
    const second = valueOf(await access.signIn(login, 'new', '10.0.0.1'))
    valueOf(await disablePerson(db, login, by))
    expect(await access.personOf(second.token)).toBeNull()
  })

  test('is none for a token that is not ours, however odd', async () => {
    for (const token of ['', 'x', 'x'.repeat(100_000), '\u0000']) expect(await access.personOf(token)).toBeNull()
  })
})

describe('a room key', () => {
  const addKey = async (rooms: 'all' | string[]) => {
    const key = generateRoomKey()
    const id = valueOf(await addRoomKey(db, { keyHash: hashSecret(key) ?? '', name: 'n', rooms, demo: false }, by))
    return { key, id }
  }

  test('opens the rooms it covers, and is stored only as a hash', async () => {
    const { key, id } = await addKey(['r1', 'r2'])
    expect(key).toMatch(/^lw_[\w-]{43}$/)
    expect(await access.grantOf(key)).toEqual({ keyId: id, name: 'n', rooms: ['r1', 'r2'], demo: false })
    expect(await access.grantOf((await addKey('all')).key)).toMatchObject({ rooms: 'all' })
    const rows = await db.selectFrom('room_keys').selectAll().execute()
    expect(JSON.stringify(rows)).not.toContain(key)
  })

  test('that is revoked is refused within 5 s', async () => {
    const { key, id } = await addKey('all')
    expect(await access.grantOf(key)).not.toBeNull()
    valueOf(await revokeRoomKey(db, id, by))
    later(5_000)
    expect(await access.grantOf(key)).toBeNull()
    expect(codeOf(await revokeRoomKey(db, id, by))).toBe('not_found')
  })

  test('is asked of the database once while a thousand rooms connect', async () => {
    const { key } = await addKey('all')
    let asked = 0
    const counting = createAccess(
      { ...ports, roomKeys: { ...ports.roomKeys, find: (hash) => ((asked += 1), ports.roomKeys.find(hash)) } },
      { now: () => clock, hashCost },
    )
    await Promise.all(Array.from({ length: 1_000 }, () => counting.grantOf(key)))
    expect(asked).toBe(1)
  })

  test('is asked again after the database failed', async () => {
    const { key } = await addKey('all')
    let fail = true
    const find: AccessPorts['roomKeys']['find'] = (hash) =>
      fail ? Promise.reject(new Error('away')) : ports.roomKeys.find(hash)
    const failing = createAccess({ ...ports, roomKeys: { ...ports.roomKeys, find } }, { now: () => clock, hashCost })
    await expect(failing.grantOf(key)).rejects.toThrow('away')
    fail = false
    expect(await failing.grantOf(key)).not.toBeNull()
  })

  test('that is unknown opens nothing', async () => {
    for (const key of ['', 'lw_', 'lw_unknown', generateRoomKey(), `lw_${'x'.repeat(10_000)}`]) {
      expect(await access.grantOf(key)).toBeNull()
    }
  })
})

describe('the demo', () => {
  test('makes a moderator and a lead once, and a key that is new at every start', async () => {
    const first = await seedDemo(ports)
    expect(first.users?.map(({ login: name, role }) => [name, role])).toEqual([
      ['shenhe', 'moderator'],
      ['zhuguan', 'lead'],
    ])
    for (const user of first.users ?? []) {
      expect(user.password).toMatch(/^[2-9a-hjkmnp-z]{4}(-[2-9a-hjkmnp-z]{4}){3}$/)
      const { person } = valueOf(await access.signIn(user.login, user.password, '10.0.0.1'))
      expect(person).toMatchObject({ role: user.role, demo: true })
    }
    expect(await access.grantOf(first.key)).toMatchObject({ rooms: 'all', demo: true })

    const second = await seedDemo(ports)
    expect(second.users).toBeNull()
    expect(second.key).not.toBe(first.key)
    later(5_001)
    expect(await access.grantOf(first.key)).toBeNull()
    expect(await access.grantOf(second.key)).toMatchObject({ demo: true })
  })
})
