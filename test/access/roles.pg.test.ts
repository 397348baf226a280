import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createAccess } from '../../src/access/create-access.ts'
import { permissionByEvent, permissionsByRole } from '../../src/access/permissions.ts'
import { createCases } from '../../src/cases/create-cases.ts'
import { consoleUp, type ConsoleUpType } from '../../src/contracts/console-wire.ts'
import { permissions, roles, type Permission, type Person, type Role } from '../../src/contracts/people.ts'
import { routes, type RouteName } from '../../src/contracts/routes.ts'
import { createCaseStore } from '../../src/store/case-store.ts'
import type { Db } from '../../src/store/database.ts'
import { createLoginSessionStore } from '../../src/store/login-sessions.ts'
import { createPeopleStore } from '../../src/store/people.ts'
import { createRoomKeyStore } from '../../src/store/room-keys.ts'
import {
  createDoor,
  addCase,
  addTestPerson,
  can,
  codeOf,
  command,
  openTestDatabase,
  valueOf,
} from '../enforcement/case-fixture.ts'

/** The whole matrix, once more and by hand: a change of a right must be made in two places. */
const may: Readonly<Record<Permission, readonly Role[]>> = {
  'feed.read': ['moderator', 'lead', 'operator', 'auditor'],
  'room.read': ['moderator', 'lead', 'engineer', 'operator', 'auditor'],
  'case.act': ['moderator', 'lead'],
  'case.take_over': ['lead'],
  'enforcement.issue': ['moderator', 'lead'],
  'enforcement.ban': ['lead'],
  'enforcement.lift': ['moderator', 'lead'],
  'history.read': ['moderator', 'lead', 'auditor'],
  'rules.read': ['moderator', 'lead', 'engineer', 'auditor'],
  'rules.try': ['moderator', 'lead'],
  'rules.publish': ['lead'],
  'audit.read': ['lead', 'auditor'],
  'people.manage': ['lead', 'operator'],
  'keys.manage': ['operator'],
  'health.read': ['operator', 'auditor'],
}

let db: Db
let close: () => Promise<void>
const people = {} as Record<Role, Person>

beforeAll(async () => {
  ;({ db, close } = await openTestDatabase())
  for (const role of roles) people[role] = await addTestPerson(db, role, role)
})
afterAll(() => close())

function accessOf(store: Db) {
  return createAccess(
    {
      people: createPeopleStore(store),
      loginSessions: createLoginSessionStore(store),
      roomKeys: createRoomKeyStore(store),
    },
    { now: () => new Date(), hashCost: { memoryKiB: 8, passes: 1 } },
  )
}

describe('every role and every right', () => {
  test.each(roles.flatMap((role) => permissions.map((permission) => [role, permission] as const)))(
    '%s, %s',
    (role, permission) => {
      const access = accessOf(db)
      const allowed = may[permission].includes(role)
      expect(access.can(people[role], permission)).toBe(allowed)
      expect(access.can({ ...people[role], disabled: true }, permission)).toBe(false)
      expect(permissionsByRole[role].includes(permission)).toBe(allowed)
    },
  )

  test('a person is told exactly what they may do', () => {
    const access = accessOf(db)
    for (const role of roles) {
      const told = access.permissionsOf(people[role])
      expect([...told].sort()).toEqual(permissions.filter((permission) => may[permission].includes(role)).sort())
      expect(access.permissionsOf({ ...people[role], disabled: true })).toEqual([])
    }
  })
})

describe('every role and every route', () => {
  test.each((Object.keys(routes) as RouteName[]).map((name) => [name, routes[name].access] as const))(
    '%s needs %s',
    (_name, needed) => {
      const access = accessOf(db)
      expect(access.mayCall(needed, null)).toBe(needed === 'public')
      for (const role of roles) {
        const expected =
          needed === 'public' || needed === 'signed-in' || (needed !== 'room-key' && may[needed].includes(role))
        expect(access.mayCall(needed, people[role])).toBe(expected)
        expect(access.mayCall(needed, { ...people[role], disabled: true })).toBe(needed === 'public')
      }
    },
  )

  test('every console event needs a right', () => {
    const access = accessOf(db)
    expect(Object.keys(permissionByEvent).sort()).toEqual(Object.keys(consoleUp).sort())
    for (const event of Object.keys(consoleUp) as ConsoleUpType[]) {
      expect(permissions).toContain(access.eventPermission(event))
    }
  })
})

describe('every role at the doors themselves', () => {
  const commands: Record<string, { allowed: readonly Role[]; run(person: Person): Promise<{ ok: boolean }> }> = {
    claim: {
      allowed: ['moderator', 'lead'],
      run: async (person) => casesOf().claim((await addCase(db)).caseId, { person, requestId: 'r' }),
    },
    release: {
      allowed: ['moderator', 'lead'],
      run: async (person) => casesOf().release((await addCase(db)).caseId, { person, requestId: 'r' }),
    },
    dismiss: {
      allowed: ['moderator', 'lead'],
      run: async (person) => {
        const { caseId } = await addCase(db)
        const sent = { idempotencyKey: randomUUID(), caseId, caseRev: 0, reason: 'other' as const, note: '' }
        return casesOf().dismiss(sent, { person, requestId: 'r' })
      },
    },
    remind: { allowed: ['moderator', 'lead'], run: (person) => issue(person, { action: 'remind' }) },
    warn: { allowed: ['moderator', 'lead'], run: (person) => issue(person, { action: 'warn' }) },
    'suspend 24 h': {
      allowed: ['moderator', 'lead'],
      run: (person) => issue(person, { action: 'suspend', durationSeconds: 86_400 }),
    },
    'suspend 24 h and a second': {
      allowed: ['lead'],
      run: (person) => issue(person, { action: 'suspend', durationSeconds: 86_401 }),
    },
    ban: { allowed: ['lead'], run: (person) => issue(person, { action: 'ban' }) },
    'lift another’s': {
      allowed: ['lead'],
      run: async (person) => {
        const taker = await addTestPerson(db, 'moderator', '别人')
        const running = command(await addCase(db), { action: 'suspend', durationSeconds: 600, reason: '理由' })
        const measure = valueOf(await createDoor(db).issue(running, { person: taker, requestId: 'r' }))
        const lift = { idempotencyKey: randomUUID(), enforcementId: measure.id, reason: '理由' }
        return createDoor(db).lift(lift, { person, requestId: 'r' })
      },
    },
  }

  test.each(Object.keys(commands).flatMap((name) => roles.map((role) => [role, name] as const)))(
    '%s: %s',
    async (role, name) => {
      const entry = commands[name]
      if (!entry) throw new Error('unknown command')
      const result = await entry.run(people[role])
      expect(codeOf(result as never)).toBe(entry.allowed.includes(role) ? 'ok' : 'forbidden')
    },
  )

  test('a refusal names the role that is needed', async () => {
    const refused = await createDoor(db).issue(command(await addCase(db), { action: 'ban', reason: '理由' }), {
      person: people.moderator,
      requestId: 'r',
    })
    expect(refused).toMatchObject({ ok: false, error: { message: expect.stringContaining('lead') } })
  })

  const casesOf = () => createCases({ store: createCaseStore(db), can })
  const issue = async (person: Person, changes: Parameters<typeof command>[1]) =>
    createDoor(db).issue(command(await addCase(db), { reason: '理由', ...changes }), { person, requestId: 'r' })
})
