import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createCases } from '../../src/cases/create-cases.ts'
import type { Cases } from '../../src/cases/cases.ts'
import type { Person } from '../../src/contracts/people.ts'
import { listAudit, verifyAudit } from '../../src/store/audit-log.ts'
import { caseDetail } from '../../src/store/case-detail.ts'
import { createCaseStore } from '../../src/store/case-store.ts'
import type { Db } from '../../src/store/database.ts'
import {
  addCase,
  addTestPerson,
  can,
  citation,
  codeOf,
  command,
  createDoor,
  facts,
  openTestDatabase,
  valueOf,
  type CaseFixture,
} from '../enforcement/case-fixture.ts'

let db: Db
let close: () => Promise<void>
let cases: Cases
let lin: Person
let wang: Person

beforeAll(async () => {
  ;({ db, close } = await openTestDatabase())
  cases = createCases({ store: createCaseStore(db), can })
  lin = await addTestPerson(db, 'moderator', '小林')
  wang = await addTestPerson(db, 'moderator', '小王')
})
afterAll(() => close())

const by = (person: Person) => ({ person, requestId: `req-${randomUUID()}` })

async function letClaimsLapse(fixture: CaseFixture): Promise<void> {
  await sql`UPDATE cases SET claimed_until = now() - interval '1 second' WHERE id = ${fixture.caseId}`.execute(db)
}

describe('a claim', () => {
  test('holds a case for 60 s, and every console learns of it on the case and each alert', async () => {
    const fixture = await addCase(db, { alerts: 2 })
    const before = (await facts(db)).length
    const claimed = valueOf(await cases.claim(fixture.caseId, by(lin)))
    expect(claimed).toMatchObject({ status: 'claimed', claimedBy: lin.id, claimedByName: '小林', rev: 1 })
    const left = Date.parse(claimed.claimedUntil ?? '') - Date.now()
    expect(left).toBeGreaterThan(50_000)
    expect(left).toBeLessThanOrEqual(61_000)
    const told = (await facts(db)).slice(before)
    expect(told.map((fact) => fact.type)).toEqual(['case.updated', 'alert.updated', 'alert.updated'])
    expect(told[1]).toMatchObject({ alert: { caseStatus: 'claimed', claimedByName: '小林', state: 'open', rev: 1 } })
  })

  test('is refused to others with the present state until it lapses', async () => {
    const fixture = await addCase(db)
    valueOf(await cases.claim(fixture.caseId, by(lin)))
    const refused = await cases.claim(fixture.caseId, by(wang))
    expect(refused).toMatchObject({
      ok: false,
      error: { code: 'conflict', message: expect.stringContaining('小林'), current: { claimedBy: lin.id } },
    })
    await letClaimsLapse(fixture)
    expect(valueOf(await cases.claim(fixture.caseId, by(wang)))).toMatchObject({ claimedBy: wang.id, rev: 2 })
  })

  test('renewed lasts longer and does not make the holder’s own view of the case old', async () => {
    const fixture = await addCase(db)
    const first = valueOf(await cases.claim(fixture.caseId, by(lin)))
    const renewed = valueOf(await cases.claim(fixture.caseId, by(lin)))
    expect(renewed.rev).toBe(first.rev)
    expect(Date.parse(renewed.claimedUntil ?? '')).toBeGreaterThan(Date.parse(first.claimedUntil ?? ''))
    expect(codeOf(await createDoor(db).issue(command(fixture, { caseRev: first.rev }), by(lin)))).toBe('ok')
  })

  test('goes to one of 20 people who reach for it at once', async () => {
    const fixture = await addCase(db)
    const people = await Promise.all(Array.from({ length: 20 }, (_, n) => addTestPerson(db, 'moderator', `审核员${n}`)))
    const answers = await Promise.all(people.map((person) => cases.claim(fixture.caseId, by(person))))
    expect(answers.map(codeOf).sort()).toEqual([...Array.from({ length: 19 }, () => 'conflict'), 'ok'])
  })

  test('that lapsed is freed once, with facts, whoever looks', async () => {
    await cases.expireClaims()
    const fixtures = await Promise.all([addCase(db), addCase(db), addCase(db)])
    for (const fixture of fixtures) {
      valueOf(await cases.claim(fixture.caseId, by(lin)))
      await letClaimsLapse(fixture)
    }
    const before = (await facts(db)).length
    const freed = await Promise.all([cases.expireClaims(), cases.expireClaims(), cases.expireClaims()])
    expect(freed.reduce((sum, count) => sum + count, 0)).toBe(3)
    const told = (await facts(db)).slice(before)
    expect(told.filter((fact) => fact.type === 'case.updated')).toHaveLength(3)
    expect(told[0]).toMatchObject({ case: { status: 'open', claimedBy: null, claimedUntil: null, rev: 2 } })
    expect(await cases.expireClaims()).toBe(0)
  })

  test('given back frees the case; given back by anybody else changes nothing', async () => {
    const fixture = await addCase(db)
    valueOf(await cases.claim(fixture.caseId, by(lin)))
    const before = (await facts(db)).length
    expect(valueOf(await cases.release(fixture.caseId, by(wang)))).toMatchObject({ claimedBy: lin.id, rev: 1 })
    expect((await facts(db)).length).toBe(before)
    expect(valueOf(await cases.release(fixture.caseId, by(lin)))).toMatchObject({
      status: 'open',
      claimedBy: null,
      rev: 2,
    })
    expect(codeOf(await cases.release('nowhere', by(lin)))).toBe('not_found')
  })
})

describe('a dismissal', () => {
  const dismissal = (fixture: CaseFixture) => ({
    idempotencyKey: randomUUID(),
    caseId: fixture.caseId,
    caseRev: 0,
    reason: 'context' as const,
    note: '在科普',
  })

  test('closes the case without a measure and is audited like one', async () => {
    const fixture = await addCase(db)
    const caller = by(lin)
    const closed = valueOf(await cases.dismiss(dismissal(fixture), caller))
    expect(closed).toMatchObject({
      status: 'resolved',
      decision: 'dismiss',
      dismissReason: 'context',
      resolvedBy: lin.id,
      resolvedByName: '小林',
    })
    const [entry] = await listAudit(db, { limit: 1 })
    expect(entry).toMatchObject({
      kind: 'case.dismissed',
      actor: { id: lin.id },
      subject: `case:${fixture.caseId}`,
      reason: 'context',
      requestId: caller.requestId,
    })
    expect(await verifyAudit(db)).toMatchObject({ ok: true })
    expect(codeOf(await cases.claim(fixture.caseId, by(wang)))).toBe('case_closed')
  })

  test('sent 20 times at once is one, with 20 equal answers; its key serves no other command', async () => {
    const fixture = await addCase(db)
    const sent = dismissal(fixture)
    const answers = await Promise.all(Array.from({ length: 20 }, () => cases.dismiss(sent, by(lin))))
    expect(new Set(answers.map((answer) => JSON.stringify(valueOf(answer)))).size).toBe(1)
    const entries = await listAudit(db, { limit: 100, kind: 'case.dismissed' })
    expect(entries.filter((entry) => entry.subject === `case:${fixture.caseId}`)).toHaveLength(1)
    expect(codeOf(await cases.dismiss({ ...sent, reason: 'other' }, by(lin)))).toBe('idempotency_mismatch')
    const other = await addCase(db)
    const reused = command(other, { idempotencyKey: sent.idempotencyKey })
    expect(codeOf(await createDoor(db).issue(reused, by(lin)))).toBe('idempotency_mismatch')
  })

  test('and a measure at once leave one decision', async () => {
    const fixture = await addCase(db)
    const answers = await Promise.all([
      cases.dismiss(dismissal(fixture), by(lin)),
      createDoor(db).issue(command(fixture), by(wang)),
    ])
    expect(answers.map(codeOf).sort()).toEqual(['case_closed', 'ok'])
  })

  test('is refused on an old view, on another’s case, and on none', async () => {
    const fixture = await addCase(db)
    expect(codeOf(await cases.dismiss({ ...dismissal(fixture), caseRev: 5 }, by(lin)))).toBe('conflict')
    valueOf(await cases.claim(fixture.caseId, by(wang)))
    expect(codeOf(await cases.dismiss({ ...dismissal(fixture), caseRev: 1 }, by(lin)))).toBe('conflict')
    expect(codeOf(await cases.dismiss({ ...dismissal(fixture), caseId: 'nowhere' }, by(lin)))).toBe('not_found')
  })
})

describe('a case beside its evidence', () => {
  test('holds alerts, findings, the words around them, the clause in force then, and the host’s past', async () => {
    const hostId = `host-${randomUUID()}`
    const past = await addCase(db, { hostId, startedAt: '2025-11-01T08:00:00Z' })
    const warned = valueOf(await createDoor(db).issue(command(past), by(lin)))
    const fixture = await addCase(db, { hostId, startedAt: '2025-11-02T08:00:00Z' })
    const detail = await caseDetail(db, fixture.caseId, citation)
    expect(detail?.alerts.map((alert) => alert.id)).toEqual(fixture.alertIds)
    expect(detail?.alerts[0]).toMatchObject({
      roomTitle: '养生茶专场',
      hostName: '主播甲',
      viewers: 12_000,
      severity: 3,
    })
    expect(Date.parse(detail?.alerts[0]?.slaDueAt ?? '') - Date.parse(detail?.alerts[0]?.openedAt ?? '')).toBe(600_000)
    expect(detail?.findings).toMatchObject([{ alertId: fixture.alertIds[0], quote: '三天就能根治高血压' }])
    expect(detail?.transcript.map((line) => [line.seq, line.channel, line.text])).toEqual([
      [1, 'speech', '家人们看这款茶'],
      [2, 'speech', '坚持喝三天就能根治高血压'],
      [3, 'chat', '真的假的'],
    ])
    expect(detail?.transcript[2]?.userName).toBe('张***')
    expect(detail?.grounds).toEqual([
      { basisId: 'food-73', citation: '《食品安全法》第七十三条', version: '2025-10-15', summary: '新' },
      { basisId: 'ad-17', citation: '《广告法》第十七条', version: '2021-04-29', summary: '不得宣称疾病治疗功能' },
    ])
    expect(detail?.hostEnforcements.map((measure) => measure.id)).toEqual([warned.id])
    expect(await caseDetail(db, 'nowhere', citation)).toBeUndefined()
  })

  test('of a long broadcast keeps what was said around the findings', async () => {
    const fixture = await addCase(db)
    await sql`
      INSERT INTO events (session_id, seq, channel, at_ms, body, hash)
      SELECT ${fixture.sessionId}, n, 'chat', n * 200, jsonb_build_object('seq', n, 'atMs', n * 200, 'channel', 'chat',
        'text', 'x', 'userId', 'u', 'userName', '李四'), ''::bytea FROM generate_series(4, 6000) n`.execute(db)
    await sql`UPDATE alerts SET seed = seed || '{"lastAtMs": 1200000}'::jsonb WHERE id = ${fixture.alertIds[0]}`.execute(
      db,
    )
    const detail = await caseDetail(db, fixture.caseId, citation)
    expect(detail?.transcript.at(-1)).toMatchObject({ seq: 190, atMs: 38_000 })
    expect(detail?.transcript[0]?.seq).toBe(1)
  })
})
