import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createCases } from '../../src/cases/create-cases.ts'
import type { Person } from '../../src/contracts/people.ts'
import { createCaseStore } from '../../src/store/case-store.ts'
import { openDatabase, type Db } from '../../src/store/database.ts'
import {
  addCase,
  addTestPerson,
  can,
  codeOf,
  command,
  createDoor,
  facts,
  openTestDatabase,
  valueOf,
} from './case-fixture.ts'

let db: Db
let url: string
let close: () => Promise<void>
let moderator: Person

beforeAll(async () => {
  ;({ db, url, close } = await openTestDatabase())
  moderator = await addTestPerson(db, 'moderator', '小林')
})
afterAll(() => close())

test('[EN1] while the audit chain takes no entry, no decision is taken and nothing is told', async () => {
  const caller = { person: moderator, requestId: 'r' }
  const door = createDoor(db)
  const cases = createCases({ store: createCaseStore(db), can })
  const running = valueOf(
    await door.issue(command(await addCase(db, { severity: 4 }), { action: 'suspend', durationSeconds: 600 }), caller),
  )
  const fixture = await addCase(db)
  const told = (await facts(db)).length
  const dismissal = {
    idempotencyKey: 'dismissal-1',
    caseId: fixture.caseId,
    caseRev: 0,
    reason: 'context',
    note: '',
  } as const
  const lift = { idempotencyKey: 'lift-0001', enforcementId: running.id, reason: '误操作' }

  await sql`ALTER TABLE audit_log RENAME TO audit_log_away`.execute(db)
  expect(codeOf(await door.issue(command(fixture), caller))).toBe('audit_unavailable')
  expect(codeOf(await door.lift(lift, caller))).toBe('audit_unavailable')
  expect(codeOf(await cases.dismiss(dismissal, caller))).toBe('audit_unavailable')
  expect((await facts(db)).length).toBe(told)
  const status = () =>
    db.selectFrom('cases').select('status').where('id', '=', fixture.caseId).executeTakeFirstOrThrow()
  expect(await status()).toEqual({ status: 'open' })

  await sql`ALTER TABLE audit_log_away RENAME TO audit_log`.execute(db)
  expect(codeOf(await door.lift(lift, caller))).toBe('ok')
  expect(codeOf(await cases.dismiss(dismissal, caller))).toBe('ok')
})

test('a chain that is held by somebody refuses after its time limit instead of hanging', async () => {
  const fixture = await addCase(db)
  const other = openDatabase({ url, max: 1, name: 'holder', onError: () => undefined })
  try {
    await other.transaction().execute(async (tx) => {
      await tx.selectFrom('audit_head').selectAll().forUpdate().execute()
      const refused = await createDoor(db).issue(command(fixture), { person: moderator, requestId: 'r' })
      expect(codeOf(refused)).toBe('audit_unavailable')
    })
  } finally {
    await other.destroy()
  }
  expect(codeOf(await createDoor(db).issue(command(fixture), { person: moderator, requestId: 'r' }))).toBe('ok')
})

test('a database that is away refuses instead of throwing', async () => {
  const fixture = await addCase(db)
  const away = openDatabase({
    url: 'postgres://nobody@127.0.0.1:1/none',
    max: 1,
    name: 'away',
    onError: () => undefined,
  })
  const refused = await createDoor(away).issue(command(fixture), { person: moderator, requestId: 'r' })
  expect(codeOf(refused)).toBe('audit_unavailable')
  await away.destroy()
})
