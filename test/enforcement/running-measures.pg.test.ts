import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Enforcement } from '../../src/contracts/enforcement.ts'
import type { Person } from '../../src/contracts/people.ts'
import { listAudit, verifyAudit } from '../../src/store/audit-log.ts'
import { openDatabase, type Db } from '../../src/store/database.ts'
import { findEnforcement } from '../../src/store/enforcement-store.ts'
import { cuttingMeasure } from '../../src/store/running-measures.ts'
import {
  addCase,
  addTestPerson,
  codeOf,
  command,
  createDoor,
  facts,
  openTestDatabase,
  valueOf,
  type CaseFixture,
} from './case-fixture.ts'

let db: Db
let url: string
let close: () => Promise<void>
let moderator: Person
let lead: Person

beforeAll(async () => {
  ;({ db, url, close } = await openTestDatabase())
  moderator = await addTestPerson(db, 'moderator', '小林')
  lead = await addTestPerson(db, 'lead', '老周')
})
afterAll(() => close())

const by = (person: Person) => ({ person, requestId: `req-${randomUUID()}` })

async function suspend(person = moderator, seconds = 600): Promise<{ fixture: CaseFixture; measure: Enforcement }> {
  const fixture = await addCase(db, { severity: 4 })
  const changes = { action: 'suspend' as const, durationSeconds: seconds, reason: '理由' }
  const measure = valueOf(await createDoor(db).issue(command(fixture, changes), by(person)))
  return { fixture, measure }
}

async function runOut(id: string): Promise<void> {
  await sql`UPDATE enforcements SET until = now() - interval '1 second' WHERE id = ${id}`.execute(db)
}

const current = async (id: string) => {
  const found = await findEnforcement(db, id)
  if (!found) throw new Error('the measure is gone')
  return found
}
const liftOf = (measure: Enforcement) => ({
  idempotencyKey: randomUUID(),
  enforcementId: measure.id,
  reason: '误操作撤回',
})

describe('a lift', () => {
  test('[EN4] is a measure of its own that names the one it ends, and lets the room on air', async () => {
    const { fixture, measure } = await suspend()
    const before = (await facts(db)).length
    const reversal = valueOf(await createDoor(db).lift(liftOf(measure), by(moderator)))

    expect(reversal).toMatchObject({
      action: 'suspend',
      subject: measure.subject,
      reverses: measure.id,
      status: 'effective',
      reason: '误操作撤回',
      actor: { id: moderator.id },
    })
    expect(reversal.auditSeq).toBeGreaterThan(measure.auditSeq)
    const lifted = await current(measure.id)
    expect(lifted).toMatchObject({ status: 'lifted', reversedBy: reversal.id, auditSeq: measure.auditSeq, rev: 1 })
    expect(lifted.endedAt).not.toBeNull()
    expect(await cuttingMeasure(db, fixture.roomId, fixture.hostId)).toBeUndefined()
    const told = (await facts(db)).slice(before)
    expect(told.map((fact) => fact.type)).toEqual(['enforcement.updated', 'enforcement.issued'])
    const [entry] = await listAudit(db, { limit: 1 })
    expect(entry).toMatchObject({ seq: reversal.auditSeq, kind: 'enforcement.lifted', reason: '误操作撤回' })
  })

  test('is the taker’s or a lead’s: a moderator may not end what a colleague ordered', async () => {
    const colleague = await addTestPerson(db, 'moderator', '小王')
    const { measure } = await suspend(moderator)
    expect(codeOf(await createDoor(db).lift(liftOf(measure), by(colleague)))).toBe('forbidden')
    expect(codeOf(await createDoor(db).lift(liftOf(measure), by(lead)))).toBe('ok')
  })

  test('of what is over answers with the present state', async () => {
    const { measure } = await suspend()
    valueOf(await createDoor(db).lift(liftOf(measure), by(moderator)))
    const again = await createDoor(db).lift(liftOf(measure), by(lead))
    expect(again).toMatchObject({ ok: false, error: { code: 'conflict', current: { status: 'lifted' } } })

    const ran = await suspend()
    await runOut(ran.measure.id)
    expect(codeOf(await createDoor(db).lift(liftOf(ran.measure), by(moderator)))).toBe('conflict')
    const warned = valueOf(await createDoor(db).issue(command(await addCase(db)), by(moderator)))
    expect(codeOf(await createDoor(db).lift(liftOf(warned), by(moderator)))).toBe('conflict')
    expect(codeOf(await createDoor(db).lift({ ...liftOf(warned), enforcementId: 'nowhere' }, by(lead)))).toBe(
      'not_found',
    )
  })

  test('pressed 20 times is one lift', async () => {
    const { measure } = await suspend()
    const sent = liftOf(measure)
    const answers = await Promise.all(Array.from({ length: 20 }, () => createDoor(db).lift(sent, by(moderator))))
    expect(new Set(answers.map((answer) => valueOf(answer).id)).size).toBe(1)
    expect(codeOf(await createDoor(db).lift({ ...sent, reason: '另' }, by(moderator)))).toBe('idempotency_mismatch')
  })
})

test('a measure lifted by 20 people at once is lifted once', async () => {
  const { measure } = await suspend()
  const people = await Promise.all(Array.from({ length: 20 }, (_, n) => addTestPerson(db, 'lead', `主管${n}`)))
  const answers = await Promise.all(people.map((person) => createDoor(db).lift(liftOf(measure), by(person))))
  expect(answers.map(codeOf).sort()).toEqual([...Array.from({ length: 19 }, () => 'conflict'), 'ok'])
})

describe('a measure whose time is over', () => {
  test('[EN5] ends with a fact and an audit entry of the service', async () => {
    await createDoor(db).endDue()
    const { measure } = await suspend()
    await runOut(measure.id)
    const before = (await facts(db)).length
    expect(await createDoor(db).endDue()).toBe(1)
    const ended = await current(measure.id)
    expect(ended).toMatchObject({ status: 'ended', rev: 1 })
    expect(ended.endedAt).not.toBeNull()
    expect((await facts(db)).slice(before)).toMatchObject([
      { type: 'enforcement.updated', enforcement: { id: measure.id } },
    ])
    const [entry] = await listAudit(db, { limit: 1 })
    expect(entry).toMatchObject({
      kind: 'enforcement.ended',
      actor: { kind: 'service' },
      body: { enforcementId: measure.id },
    })
    expect(await createDoor(db).endDue()).toBe(0)
  })

  test('ends once when several processes look at the same moment', async () => {
    const measures = await Promise.all(Array.from({ length: 30 }, () => suspend()))
    await Promise.all(measures.map(({ measure }) => runOut(measure.id)))
    const others = await Promise.all(
      [1, 2, 3].map(async () => openDatabase({ url, max: 2, name: 'p', onError: () => undefined })),
    )
    const counts = await Promise.all([db, ...others].map((pool) => createDoor(pool).endDue()))
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(30)
    const ends = await listAudit(db, { limit: 100, kind: 'enforcement.ended' })
    const ids = ends.map((entry) => entry.body['enforcementId'])
    expect(ids.filter((id) => measures.some(({ measure }) => measure.id === id))).toHaveLength(30)
    expect(new Set(ids).size).toBe(ids.length)
    expect(await verifyAudit(db)).toMatchObject({ ok: true })
    await Promise.all(others.map((pool) => pool.destroy()))
  })

  test('[EN5] is the database’s business: a minute’s suspension runs until the database’s clock says so', async () => {
    const { fixture, measure } = await suspend(moderator, 60)
    const { rows } = await sql<{ left: number }>`
      SELECT extract(epoch FROM until - now())::float8 AS left FROM enforcements WHERE id = ${measure.id}`.execute(db)
    expect(rows[0]?.left).toBeGreaterThan(55)
    expect(rows[0]?.left).toBeLessThanOrEqual(60)
    expect(await createDoor(db).endDue()).toBe(0)
    expect(await cuttingMeasure(db, fixture.roomId, fixture.hostId)).toBeDefined()
  })
})

describe('the room’s word', () => {
  test('moves a measure forward and never back', async () => {
    const { fixture, measure } = await suspend()
    const door = createDoor(db)
    const rooms = [fixture.roomId]
    valueOf(await door.confirm(measure.id, 'received', rooms))
    expect(await current(measure.id)).toMatchObject({ status: 'received', effectiveAt: null })
    valueOf(await door.confirm(measure.id, 'obeyed', rooms))
    const effective = await current(measure.id)
    expect(effective.status).toBe('effective')
    const before = (await facts(db)).length
    valueOf(await door.confirm(measure.id, 'received', rooms))
    valueOf(await door.confirm(measure.id, 'obeyed', rooms))
    expect(await current(measure.id)).toEqual(effective)
    expect((await facts(db)).length).toBe(before)
  })

  test('counts only from a key that covers the room', async () => {
    const { measure } = await suspend()
    expect(codeOf(await createDoor(db).confirm(measure.id, 'received', ['another-room']))).toBe('not_found')
    expect(codeOf(await createDoor(db).confirm(measure.id, 'received', 'all'))).toBe('ok')
    expect(codeOf(await createDoor(db).confirm('nowhere', 'received', 'all'))).toBe('not_found')
  })

  test('on a host’s ban may come from any room of that host', async () => {
    const hostId = `host-${randomUUID()}`
    const first = await addCase(db, { hostId })
    const second = await addCase(db, { hostId })
    const stranger = await addCase(db)
    const measure = valueOf(await createDoor(db).issue(command(first, { action: 'ban', reason: '理由' }), by(lead)))
    expect(codeOf(await createDoor(db).confirm(measure.id, 'received', [stranger.roomId]))).toBe('not_found')
    expect(codeOf(await createDoor(db).confirm(measure.id, 'received', [second.roomId]))).toBe('ok')
  })

  test('that does not come within 8 s makes the measure unconfirmed; coming late still counts', async () => {
    await createDoor(db).markUnconfirmed()
    const fresh = await suspend()
    const late = await suspend()
    await sql`UPDATE enforcements SET issued_at = now() - interval '9 seconds' WHERE id = ${late.measure.id}`.execute(
      db,
    )
    expect(await createDoor(db).markUnconfirmed()).toBe(1)
    expect((await current(late.measure.id)).status).toBe('unconfirmed')
    expect((await current(fresh.measure.id)).status).toBe('issued')
    valueOf(await createDoor(db).confirm(late.measure.id, 'obeyed', [late.fixture.roomId]))
    expect(await current(late.measure.id)).toMatchObject({ status: 'effective' })
  })

  test('on a measure that is over changes nothing', async () => {
    const { fixture, measure } = await suspend()
    valueOf(await createDoor(db).lift(liftOf(measure), by(moderator)))
    valueOf(await createDoor(db).confirm(measure.id, 'obeyed', [fixture.roomId]))
    expect((await current(measure.id)).status).toBe('lifted')
  })
})

describe('what the host did before', () => {
  test('counts 90 days, raises the suggested step, and says so', async () => {
    const hostId = `host-${randomUUID()}`
    const door = createDoor(db)
    const first = await addCase(db, { hostId })
    expect(await door.suggest(first.caseId)).toMatchObject({ action: 'warn', strikesBefore: 0, strikesAfter: 1 })
    const warned = valueOf(await door.issue(command(first), by(moderator)))

    const second = await addCase(db, { hostId })
    const raised = await door.suggest(second.caseId)
    expect(raised).toMatchObject({ action: 'suspend', durationSeconds: 600, strikesBefore: 1, strikesAfter: 3 })
    expect(raised?.inputs).toContain('90 天内有效计分 1（警告 1 次）')
    expect(raised?.inputs).toContain('同类违规第 2 次')

    await sql`UPDATE strikes SET expires_at = now() - interval '1 day' WHERE enforcement_id = ${warned.id}`.execute(db)
    await sql`UPDATE enforcements SET issued_at = now() - interval '91 days' WHERE id = ${warned.id}`.execute(db)
    const expired = await door.suggest(second.caseId)
    expect(expired).toMatchObject({ action: 'warn', strikesBefore: 0 })
    expect(expired?.inputs).toContain('未计过期 1 次')
  })

  test('is nothing for a case that does not exist', async () => {
    expect(await createDoor(db).suggest('nowhere')).toBeNull()
  })
})
