import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Person } from '../../src/contracts/people.ts'
import { verifyAudit, listAudit } from '../../src/store/audit-log.ts'
import type { Db } from '../../src/store/database.ts'
import { cuttingMeasure } from '../../src/store/running-measures.ts'
import { startSession } from '../../src/store/session-start.ts'
import {
  addCase,
  addEvent,
  addTestPerson,
  codeOf,
  command,
  createDoor,
  facts,
  openTestDatabase,
  valueOf,
} from './case-fixture.ts'

let db: Db
let close: () => Promise<void>
let moderator: Person
let lead: Person

beforeAll(async () => {
  ;({ db, close } = await openTestDatabase())
  moderator = await addTestPerson(db, 'moderator', '小林')
  lead = await addTestPerson(db, 'lead', '老周')
})
afterAll(() => close())

const by = (person: Person) => ({ person, requestId: `req-${randomUUID()}` })

describe('a measure on the suggested step', () => {
  test('[EN1] stands with actor, reason, evidence, ground in force, strike, audit entry and notice', async () => {
    const fixture = await addCase(db)
    const caller = by(moderator)
    const issued = valueOf(await createDoor(db).issue(command(fixture), caller))

    expect(issued).toMatchObject({
      action: 'warn',
      subject: { kind: 'host', id: fixture.hostId },
      status: 'issued',
      hostName: '主播甲',
      roomTitle: '养生茶专场',
      caseId: fixture.caseId,
      codes: ['efficacy.food_cure'],
      actor: { kind: 'person', id: moderator.id, name: '小林', role: 'moderator' },
      until: null,
      reverses: null,
      rev: 0,
    })
    expect(issued.reason).toContain('按建议处理：警告')
    expect(issued.caseNumber).toBeGreaterThan(0)
    expect(issued.evidence).toEqual([
      {
        sessionId: fixture.sessionId,
        seq: 2,
        atMs: 8_000,
        channel: 'speech',
        text: '坚持喝三天就能根治高血压',
        span: [3, 12],
        alertId: fixture.alertIds[0],
      },
    ])
    expect(issued.grounds.map((ground) => ground.basisId)).toEqual(['food-73'])
    expect(issued.notice).toContain('普通食品宣称治疗功效')
    expect(issued.notice).toContain('「坚持喝三天就能根治高血压」')
    expect(issued.notice).toContain('《食品安全法》第七十三条')
    expect(issued.notice).toContain('14 天内')

    const strike = await db
      .selectFrom('strikes')
      .selectAll()
      .where('enforcement_id', '=', issued.id)
      .executeTakeFirstOrThrow()
    expect(strike).toMatchObject({ host_id: fixture.hostId, weight: 1 })
    expect(strike.expires_at.getTime() - strike.issued_at.getTime()).toBe(90 * 86_400_000)

    const [entry] = await listAudit(db, { limit: 1 })
    expect(entry).toMatchObject({
      seq: issued.auditSeq,
      kind: 'enforcement.issued',
      actor: issued.actor,
      reason: issued.reason,
      evidenceIds: [`${fixture.sessionId}:2`],
      requestId: caller.requestId,
    })
    expect(JSON.stringify(entry)).not.toContain('根治高血压')
    expect(await verifyAudit(db)).toMatchObject({ ok: true })
  })

  test('closes the case and its alerts, and tells the consoles', async () => {
    const fixture = await addCase(db, { alerts: 2 })
    const before = (await facts(db)).length
    const issued = valueOf(await createDoor(db).issue(command(fixture), by(moderator)))

    const told = (await facts(db)).slice(before)
    expect(told.map((fact) => fact.type)).toEqual([
      'case.updated',
      'alert.updated',
      'alert.updated',
      'enforcement.issued',
    ])
    expect(told.every((fact) => fact.roomId === fixture.roomId)).toBe(true)
    expect(told[0]).toMatchObject({
      case: { status: 'resolved', decision: 'warn', resolvedBy: moderator.id, resolvedByName: '小林', rev: 1 },
    })
    expect(told[1]).toMatchObject({ alert: { state: 'resolved', caseStatus: 'resolved', rev: 1 } })
    expect(told[3]).toMatchObject({ enforcement: { id: issued.id, auditSeq: issued.auditSeq } })
  })

  test('pins the clause to the version in force when the words were spoken', async () => {
    const [old, recent] = await Promise.all([
      addCase(db, { startedAt: '2025-10-14T15:59:00Z' }),
      addCase(db, { startedAt: '2025-10-14T16:00:00Z' }),
    ])
    const door = createDoor(db)
    // 16:00 in London is midnight in Beijing, where the law is made.
    expect(valueOf(await door.issue(command(old), by(moderator))).grounds[0]?.version).toBe('2021-04-29')
    expect(valueOf(await door.issue(command(recent), by(moderator))).grounds[0]?.version).toBe('2025-10-15')
  })
})

describe('a suspension', () => {
  test('[EN3] lands on the room, ends its live broadcast and refuses the next until its time', async () => {
    const fixture = await addCase(db, { severity: 4 })
    const before = (await facts(db)).length
    const issued = valueOf(
      await createDoor(db).issue(command(fixture, { action: 'suspend', durationSeconds: 600 }), by(moderator)),
    )
    expect(issued.subject).toEqual({ kind: 'room', id: fixture.roomId })
    expect(issued.status).toBe('issued')
    expect(Date.parse(issued.until ?? '') - Date.parse(issued.issuedAt)).toBe(600_000)
    expect(issued.notice).toContain('停播 10 分钟')
    const told = (await facts(db)).slice(before)
    expect(told).toContainEqual(
      expect.objectContaining({
        type: 'session.ended',
        session: expect.objectContaining({ id: fixture.sessionId, endReason: 'measure' }),
      }),
    )
    const start = {
      roomId: fixture.roomId,
      title: '再开',
      host: { id: fixture.hostId, name: '主播甲' },
      licences: [],
    }
    const again = await startSession(db, start, { partitions: 4, demo: false, rooms: 'all', keyId: '' })
    expect(again).toMatchObject({ kind: 'suspended', measure: { enforcementId: issued.id } })
  })

  test('on a room that is not on air is in effect at once', async () => {
    const fixture = await addCase(db, { severity: 4 })
    await sql`UPDATE sessions SET ended_at = now(), end_reason = 'end' WHERE id = ${fixture.sessionId}`.execute(db)
    const issued = valueOf(
      await createDoor(db).issue(command(fixture, { action: 'suspend', durationSeconds: 600 }), by(moderator)),
    )
    expect(issued).toMatchObject({ status: 'effective' })
    expect(issued.effectiveAt).not.toBeNull()
  })

  test('[EN3] and a broadcast starting at the same moment never leave a live room under a measure', async () => {
    for (let round = 0; round < 10; round += 1) {
      const fixture = await addCase(db, { severity: 4 })
      const start = {
        roomId: fixture.roomId,
        sessionRef: `again-${round}`,
        title: '再开',
        host: { id: fixture.hostId, name: '主播甲' },
        licences: [],
      }
      const [issued] = await Promise.all([
        createDoor(db).issue(command(fixture, { action: 'suspend', durationSeconds: 600 }), by(moderator)),
        startSession(db, start, { partitions: 4, demo: false, rooms: 'all', keyId: '' }),
      ])
      expect(codeOf(issued)).toBe('ok')
      const live = await db
        .selectFrom('sessions')
        .select('id')
        .where('room_id', '=', fixture.roomId)
        .where('ended_at', 'is', null)
        .execute()
      expect(live).toEqual([])
    }
  })
})

describe('a ban', () => {
  test('lands on the host and silences every room of theirs', async () => {
    const hostId = `host-${randomUUID()}`
    const first = await addCase(db, { hostId })
    const second = await addCase(db, { hostId })
    const before = (await facts(db)).length
    const issued = valueOf(await createDoor(db).issue(command(first, { action: 'ban', reason: '屡教不改' }), by(lead)))
    expect(issued).toMatchObject({ subject: { kind: 'host', id: hostId }, until: null, reason: '屡教不改' })
    const told = (await facts(db)).slice(before)
    const ended = told.filter((fact) => fact.type === 'session.ended').map((fact) => fact.roomId)
    expect(ended.sort()).toEqual([first.roomId, second.roomId].sort())
    const types = told.map((fact) => fact.type)
    // The measure explains more than the ends it brings, so it is told first.
    expect(types.slice(-3)).toEqual(['enforcement.issued', 'session.ended', 'session.ended'])
    expect(await cuttingMeasure(db, 'a-room-never-seen', hostId)).toMatchObject({ enforcementId: issued.id })
  })
})

describe('refusals leave everything as it was', () => {
  test.each([
    ['[EN6] a ban by a moderator', { action: 'ban', reason: '理由' }, 'forbidden'],
    ['[EN6] 25 hours by a moderator', { action: 'suspend', durationSeconds: 90_000, reason: '理由' }, 'forbidden'],
    ['a suspension without a length', { action: 'suspend', reason: '理由' }, 'bad_request'],
    ['a warning with a length', { durationSeconds: 600, reason: '理由' }, 'bad_request'],
    ['[EN7] a step beside the suggestion without a reason', { action: 'remind' }, 'reason_required'],
    [
      '[EN7] another length than suggested without a reason',
      { action: 'suspend', durationSeconds: 60 },
      'reason_required',
    ],
    ['[EN7] a blank reason', { action: 'remind', reason: '  ' }, 'reason_required'],
    ['a clause that no finding rests on', { basisIds: ['price-1'] }, 'bad_request'],
    ['evidence of another session', { evidenceIds: [`${randomUUID()}:2`] }, 'bad_request'],
    ['a case that does not exist', { caseId: 'nowhere' }, 'not_found'],
    ['an old view of the case', { caseRev: 7 }, 'conflict'],
  ] as const)('%s', async (_name, changes, code) => {
    const fixture = await addCase(db)
    const audited = await verifyAudit(db)
    const told = (await facts(db)).length
    const result = await createDoor(db).issue(command(fixture, changes as object), by(moderator))
    expect(codeOf(result)).toBe(code)
    expect(await verifyAudit(db)).toEqual(audited)
    expect((await facts(db)).length).toBe(told)
    const row = await db.selectFrom('cases').select('status').where('id', '=', fixture.caseId).executeTakeFirstOrThrow()
    expect(row.status).toBe('open')
  })

  test('evidence that names an event the session never had, or a partial transcript, is refused by its place', async () => {
    const fixture = await addCase(db)
    const partial = { seq: 4, atMs: 20_000, channel: 'speech', text: '再喝', partial: true, speaker: 'host' } as const
    await addEvent(db, fixture.sessionId, partial)
    for (const bad of [`${fixture.sessionId}:99`, `${fixture.sessionId}:4`, `${fixture.sessionId}:x`]) {
      const changes = { evidenceIds: [`${fixture.sessionId}:2`, bad] }
      const result = await createDoor(db).issue(command(fixture, changes), by(moderator))
      expect(result).toMatchObject({ ok: false, error: { code: 'bad_request', field: 'evidenceIds.1' } })
    }
  })

  test('words that were corrected later are refused as evidence', async () => {
    const fixture = await addCase(db)
    const correction = {
      seq: 4,
      atMs: 20_000,
      channel: 'speech',
      text: '我说的是三天送到',
      revises: 1,
      partial: false,
      speaker: 'host',
    } as const
    await addEvent(db, fixture.sessionId, correction)
    const changes = { evidenceIds: [`${fixture.sessionId}:2`, `${fixture.sessionId}:1`] }
    const result = await createDoor(db).issue(command(fixture, changes), by(moderator))
    expect(result).toMatchObject({ ok: false, error: { code: 'bad_request', field: 'evidenceIds.1' } })
  })

  test('a clause not yet in force when the words were spoken is refused', async () => {
    const fixture = await addCase(db, { startedAt: '2014-05-01T08:00:00Z' })
    const result = await createDoor(db).issue(command(fixture), by(moderator))
    expect(result).toMatchObject({ ok: false, error: { code: 'bad_request', field: 'basisIds.0' } })
  })

  test('findings of a withdrawn alert are no ground any more', async () => {
    const fixture = await addCase(db)
    await sql`UPDATE alerts SET state = 'withdrawn' WHERE case_id = ${fixture.caseId}`.execute(db)
    const result = await createDoor(db).issue(command(fixture, { reason: '理由' }), by(moderator))
    expect(result).toMatchObject({ ok: false, error: { code: 'bad_request', field: 'basisIds.0' } })
  })

  test('a decided case answers with its present state', async () => {
    const fixture = await addCase(db)
    valueOf(await createDoor(db).issue(command(fixture), by(moderator)))
    const late = await createDoor(db).issue(command(fixture), by(lead))
    expect(late).toMatchObject({
      ok: false,
      error: { code: 'case_closed', current: { decision: 'warn', resolvedByName: '小林' } },
    })
  })

  test('somebody else who works on the case is named; their lapsed claim is not', async () => {
    const fixture = await addCase(db)
    const claim = (until: string) =>
      sql`UPDATE cases SET status = 'claimed', claimed_by = ${lead.id}, claimed_until = now() + ${until}::interval
          WHERE id = ${fixture.caseId}`.execute(db)
    await claim('30 seconds')
    const held = await createDoor(db).issue(command(fixture), by(moderator))
    expect(held).toMatchObject({
      ok: false,
      error: { code: 'conflict', message: expect.stringContaining('老周'), current: { claimedByName: '老周' } },
    })
    await claim('-1 seconds')
    expect(codeOf(await createDoor(db).issue(command(fixture), by(moderator)))).toBe('ok')
  })
})

describe('one press, one action', () => {
  test('[EN2] the same key and command give the same answer; another command is refused', async () => {
    const fixture = await addCase(db)
    const door = createDoor(db)
    const sent = command(fixture)
    const first = valueOf(await door.issue(sent, by(moderator)))
    // Key order is no part of a command.
    const again = Object.fromEntries(Object.entries(sent).reverse()) as typeof sent
    expect(valueOf(await door.issue(again, by(moderator)))).toEqual(first)
    expect(codeOf(await door.issue({ ...sent, note: '另' }, by(moderator)))).toBe('idempotency_mismatch')
    expect(codeOf(await door.issue(sent, by(lead)))).toBe('case_closed')
  })

  test('[EN2] 20 deliveries of one command at once make one measure and 20 equal answers', async () => {
    const fixture = await addCase(db)
    const sent = command(fixture)
    const answers = await Promise.all(Array.from({ length: 20 }, () => createDoor(db).issue(sent, by(moderator))))
    const ids = new Set(answers.map((answer) => valueOf(answer).id))
    expect(ids.size).toBe(1)
    expect(await measuresOf(fixture.caseId)).toBe(1)
  })

  test('20 people pressing at once make one measure; 19 learn who was faster', async () => {
    const fixture = await addCase(db)
    const people = await Promise.all(Array.from({ length: 20 }, (_, n) => addTestPerson(db, 'moderator', `审核员${n}`)))
    const answers = await Promise.all(people.map((person) => createDoor(db).issue(command(fixture), by(person))))
    expect(answers.filter((answer) => answer.ok)).toHaveLength(1)
    const refused = answers.filter((answer) => !answer.ok)
    expect(new Set(refused.map(codeOf))).toEqual(new Set(['case_closed']))
    expect(await measuresOf(fixture.caseId)).toBe(1)
  })

  test('one key sent for two cases at once makes one measure', async () => {
    const [first, second] = await Promise.all([addCase(db), addCase(db)])
    const idempotencyKey = randomUUID()
    const answers = await Promise.all(
      [first, second].map((fixture) => createDoor(db).issue(command(fixture, { idempotencyKey }), by(moderator))),
    )
    expect(answers.map(codeOf).sort()).toEqual(['idempotency_mismatch', 'ok'])
  })

  test('40 decisions on 40 cases at once keep one unbroken chain', async () => {
    const fixtures = await Promise.all(Array.from({ length: 40 }, () => addCase(db)))
    const answers = await Promise.all(fixtures.map((fixture) => createDoor(db).issue(command(fixture), by(moderator))))
    const seqs = answers.map((answer) => valueOf(answer).auditSeq)
    expect(new Set(seqs).size).toBe(40)
    expect(await verifyAudit(db)).toMatchObject({ ok: true })
  })

  async function measuresOf(caseId: string): Promise<number> {
    const rows = await db.selectFrom('enforcements').select('id').where('case_id', '=', caseId).execute()
    return rows.length
  }
})
