import { randomUUID } from 'node:crypto'
import { uuidv7 } from 'uuidv7'
import { permissionsByRole } from '../../src/access/permissions.ts'
import type { Finding } from '../../src/contracts/finding.ts'
import type { ErrorCode, Result } from '../../src/contracts/errors.ts'
import type { IssueEnforcement } from '../../src/contracts/enforcement.ts'
import type { Permission, Person, Role } from '../../src/contracts/people.ts'
import { roomEventSchema } from '../../src/contracts/room-event.ts'
import type { Code } from '../../src/contracts/taxonomy.ts'
import { createEnforcement } from '../../src/enforcement/create-enforcement.ts'
import type { EnforcementDoor } from '../../src/enforcement/enforcement.ts'
import { createEnforcementStore } from '../../src/store/enforcement-decisions.ts'
import { migrate, openDatabase, type Db } from '../../src/store/database.ts'
import { startSession } from '../../src/store/session-start.ts'
import { testDatabase } from '../support/postgres.ts'

/** A migrated database of its own, with the pool closed before it is dropped. */
export async function openTestDatabase(max = 8): Promise<{ db: Db; url: string; close(): Promise<void> }> {
  const database = await testDatabase()
  const db = openDatabase({ url: database.url, max, name: 'test', onError: () => undefined })
  await migrate(db)
  return {
    db,
    url: database.url,
    async close() {
      await db.destroy()
      await database.drop()
    },
  }
}

/** A clause that changed on 2025-10-15, one that never did, and nothing else. */
export function citation(basisId: string, isoDate: string) {
  if (basisId === 'ad-17') {
    return { citation: '《广告法》第十七条', version: '2021-04-29', summary: '不得宣称疾病治疗功能' }
  }
  if (basisId !== 'food-73' || isoDate < '2015-10-01') return null
  return isoDate < '2025-10-15'
    ? { citation: '《食品安全法》第七十三条', version: '2021-04-29', summary: '旧' }
    : { citation: '《食品安全法》第七十三条', version: '2025-10-15', summary: '新' }
}

export function can(person: Person, permission: Permission): boolean {
  return !person.disabled && permissionsByRole[person.role].includes(permission)
}

export function createDoor(db: Db): EnforcementDoor {
  return createEnforcement({ store: createEnforcementStore(db), citation, can })
}

/** A person with a row, so that names appear where they are joined. */
export async function addTestPerson(db: Db, role: Role, name: string): Promise<Person> {
  const person = { id: uuidv7(), login: `u-${randomUUID()}`, name, role, disabled: false, demo: false }
  await db.insertInto('people').values({ id: person.id, login: person.login, name, role, password_hash: 'x' }).execute()
  return person
}

export type CaseFixture = { caseId: string; sessionId: string; roomId: string; hostId: string; alertIds: string[] }

export type CaseOptions = {
  roomId?: string
  hostId?: string
  severity?: number
  score?: number
  code?: Code
  basis?: string[]
  startedAt?: string
  alerts?: number
}

/** A live broadcast with three lines, of which the second is a claim, and the open case about it. */
export async function addCase(db: Db, options: CaseOptions = {}): Promise<CaseFixture> {
  const roomId = options.roomId ?? `room-${randomUUID()}`
  const hostId = options.hostId ?? `host-${randomUUID()}`
  const started = await startSession(
    db,
    {
      roomId,
      title: '养生茶专场',
      host: { id: hostId, name: '主播甲' },
      category: 'food',
      licences: [],
    },
    { partitions: 4, demo: false, rooms: 'all', keyId: '' },
  )
  if (!('session' in started)) throw new Error(JSON.stringify(started))
  const sessionId = started.session.id
  // A producer may not date its broadcast into the past; time itself may have passed since.
  if (options.startedAt) {
    await db.updateTable('sessions').set({ started_at: options.startedAt }).where('id', '=', sessionId).execute()
  }
  const texts = ['家人们看这款茶', '坚持喝三天就能根治高血压', '真的假的']
  for (const [index, text] of texts.entries()) {
    const place = { seq: index + 1, atMs: (index + 1) * 4_000, text }
    const body = roomEventSchema.parse(
      index < 2 ? { ...place, channel: 'speech' } : { ...place, channel: 'chat', userId: 'u1', userName: '张三' },
    )
    await addEvent(db, sessionId, body)
  }
  const caseId = uuidv7()
  const code = options.code ?? 'efficacy.food_cure'
  const severity = options.severity ?? 3
  await db
    .insertInto('cases')
    .values({
      id: caseId,
      session_id: sessionId,
      room_id: roomId,
      host_id: hostId,
      anchor_seq: 2,
      severity,
      claimed_by: null,
      resolved_by: null,
      resolved_by_name: null,
      decision: null,
      dismiss_reason: null,
      follows: null,
      demo: false,
    })
    .execute()
  const alertIds: string[] = []
  for (let index = 0; index < (options.alerts ?? 1); index += 1) {
    alertIds.push(await addAlert(db, { sessionId, roomId, hostId, caseId }, { ...options, code, severity }, index))
  }
  return { caseId, sessionId, roomId, hostId, alertIds }
}

export async function addEvent(db: Db, sessionId: string, body: ReturnType<typeof roomEventSchema.parse>) {
  await db
    .insertInto('events')
    .values({
      session_id: sessionId,
      seq: body.seq,
      channel: body.channel,
      at_ms: body.atMs,
      body: JSON.stringify(body),
      hash: Buffer.alloc(32),
    })
    .execute()
}

async function addAlert(
  db: Db,
  place: Omit<CaseFixture, 'alertIds'>,
  options: CaseOptions & { code: Code; severity: number },
  index: number,
): Promise<string> {
  const id = randomUUID().replaceAll('-', '')
  const quote = '三天就能根治高血压'
  const finding: Finding = {
    seq: 2,
    evidenceSeqs: [2],
    code: options.code,
    label: 'efficacy',
    ruleId: `rule-${index}`,
    packVersion: '1',
    severity: options.severity,
    score: options.score ?? 0.93,
    span: [3, 12],
    quote,
    concepts: [],
    exemptions: [],
    notes: [],
    basis: options.basis ?? ['food-73', 'ad-17'],
  }
  const seed = {
    id,
    sessionId: place.sessionId,
    code: options.code,
    label: 'efficacy',
    severity: options.severity,
    score: finding.score,
    anchorSeq: 2,
    firstSeq: 2,
    lastSeq: 2,
    raisedAtSeq: 2,
    hits: [2],
    firstAtMs: 8_000,
    lastAtMs: 8_000,
    quote,
    quoteSeq: 2,
    quoteText: '坚持喝三天就能根治高血压',
    span: [3, 12],
    ruleId: finding.ruleId,
    state: 'open',
    withdrawnBecause: null,
  }
  await db
    .insertInto('alerts')
    .values({
      id,
      session_id: place.sessionId,
      room_id: place.roomId,
      host_id: place.hostId,
      case_id: place.caseId,
      code: options.code,
      label: 'efficacy',
      severity: options.severity,
      seed: JSON.stringify(seed),
      state: 'open',
      viewers: 12_000,
      demo: false,
    })
    .execute()
  await db
    .insertInto('findings')
    .values({
      session_id: place.sessionId,
      seq: 2,
      code: options.code,
      rule_id: finding.ruleId,
      span_start: 3,
      alert_id: id,
      finding: JSON.stringify(finding),
    })
    .execute()
  return id
}

/** A complete command for a case as the fixture made it: a warning, which severity 3 suggests. */
export function command(fixture: CaseFixture, changes: Partial<IssueEnforcement> = {}): IssueEnforcement {
  return {
    idempotencyKey: randomUUID(),
    caseId: fixture.caseId,
    caseRev: 0,
    action: 'warn',
    basisIds: ['food-73'],
    evidenceIds: [`${fixture.sessionId}:2`],
    reason: '',
    note: '',
    ...changes,
  }
}

/** The value of an answer that must not be a refusal. */
export function valueOf<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`refused: ${result.error.code}: ${result.error.message}`)
  return result.value
}

/** The code of a refusal, or `ok`. */
export function codeOf(result: Result<unknown>): ErrorCode | 'ok' {
  return result.ok ? 'ok' : result.error.code
}

/** Everything told to the consoles so far, oldest first. */
export async function facts(db: Db) {
  const rows = await db.selectFrom('console_log').select(['fact', 'room_id']).orderBy('id').execute()
  return rows.map((row) => ({ ...row.fact, roomId: row.room_id }))
}
