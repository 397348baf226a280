import { sql } from 'kysely'
import type { CaseStore, CaseTx } from '../cases/ports.ts'
import { caseSchema, type Case, type DismissCase } from '../contracts/case.ts'
import { alertsOfCase, caseById } from './case-detail.ts'
import { appendFacts, type LogEntry } from './console-log.ts'
import type { Db, Tx } from './database.ts'
import { recordAudit, runDecision } from './decision-transaction.ts'
import { earlierCommand, requestHash, type Command } from './earlier-command.ts'

/** Claims, releases and dismissals in Postgres. */
export function createCaseStore(db: Db): CaseStore {
  return {
    decide: (work) => runDecision(db, (tx) => work(caseTx(tx))),
    expireClaims: () => db.transaction().execute(expireClaims),
  }
}

/**
 * Takes the case's row for this transaction and reads it as it then is. The lock lets rows that refer to the case come in
 * meanwhile, and waits for the worker that is moving the same case.
 */
export async function lockCase(tx: Tx, caseId: string): Promise<{ case: Case; claimAlive: boolean } | undefined> {
  const locked = await tx.selectFrom('cases').select('id').where('id', '=', caseId).forNoKeyUpdate().executeTakeFirst()
  if (!locked) return undefined
  const current = await caseOrThrow(tx, caseId)
  // The transaction's own now() is from before the wait for the lock.
  const alive = await tx
    .selectFrom('cases')
    .select('id')
    .where('id', '=', caseId)
    .where('claimed_by', 'is not', null)
    .where('claimed_until', '>', sql<Date>`clock_timestamp()`)
    .executeTakeFirst()
  return { case: current, claimAlive: alive !== undefined }
}

export type Resolution = {
  decision: NonNullable<Case['decision']>
  by: { id: string; name: string }
  note: string
  dismissReason?: DismissCase['reason']
}

/** Closes a case and its open alerts, and tells the consoles. The caller holds the case's lock. */
export async function resolveCase(tx: Tx, caseId: string, resolution: Resolution): Promise<Case> {
  await tx
    .updateTable('cases')
    .set((eb) => ({
      status: 'resolved',
      decision: resolution.decision,
      dismiss_reason: resolution.dismissReason ?? null,
      note: resolution.note,
      resolved_at: sql<Date>`now()`,
      resolved_by: resolution.by.id,
      resolved_by_name: resolution.by.name,
      claimed_by: null,
      claimed_until: null,
      rev: eb('rev', '+', 1),
    }))
    .where('id', '=', caseId)
    .execute()
  await tx
    .updateTable('alerts')
    .set({ state: 'resolved' })
    .where('case_id', '=', caseId)
    .where('state', '=', 'open')
    .execute()
  return touchCase(tx, caseId, { newRev: true })
}

function caseTx(tx: Tx): CaseTx {
  return {
    lock: (caseId) => lockCase(tx, caseId),
    async claim(caseId, person, seconds) {
      const before = await caseOrThrow(tx, caseId)
      // A renewal is no change that a decision could miss, so it leaves the rev: else a renewal on its way would turn the
      // holder's own decision into a conflict.
      const newRev = before.claimedBy !== person.id
      await tx
        .updateTable('cases')
        .set((eb) => ({
          claimed_by: person.id,
          claimed_until: sql<Date>`clock_timestamp() + make_interval(secs => ${seconds}::int)`,
          status: before.status === 'open' ? 'claimed' : before.status,
          ...(newRev ? { rev: eb('rev', '+', 1) } : {}),
        }))
        .where('id', '=', caseId)
        .execute()
      return touchCase(tx, caseId, { newRev })
    },
    async release(caseId) {
      await freeCases(tx, [caseId])
      return touchCase(tx, caseId, { newRev: true })
    },
    async earlier(command, person) {
      const earlier = await earlierCommand(tx, dismissal(command, person))
      if (earlier.use !== 'same') return earlier
      return 'result' in earlier ? { use: 'same', case: caseSchema.parse(earlier.result) } : { use: 'other' }
    },
    async dismiss(command, person, audit) {
      const resolved = await resolveCase(tx, command.caseId, {
        decision: 'dismiss',
        dismissReason: command.reason,
        by: person,
        note: command.note,
      })
      await tx
        .insertInto('command_results')
        .values({
          actor_id: person.id,
          idempotency_key: command.idempotencyKey,
          request_hash: requestHash(dismissal(command, person)),
          result: JSON.stringify(resolved),
        })
        .execute()
      await recordAudit(tx, audit)
      return resolved
    },
  }
}

function dismissal(command: DismissCase, person: { id: string }): Command {
  return { kind: 'case.dismiss', actorId: person.id, idempotencyKey: command.idempotencyKey, body: command }
}

/** Tells the consoles of a case and its alerts; with `newRev` the alerts count as changed too. */
async function touchCase(tx: Tx, caseId: string, { newRev }: { newRev: boolean }): Promise<Case> {
  if (newRev) {
    await tx
      .updateTable('alerts')
      .set((eb) => ({ rev: eb('rev', '+', 1), updated_at: sql<Date>`now()` }))
      .where('case_id', '=', caseId)
      .execute()
  }
  const current = await caseOrThrow(tx, caseId)
  const alerts = await alertsOfCase(tx, caseId)
  const place = { roomId: current.roomId, demo: current.demo }
  await appendFacts(tx, [
    { ...place, fact: { type: 'case.updated', case: current } },
    ...alerts.map((alert): LogEntry => ({ ...place, fact: { type: 'alert.updated', alert } })),
  ])
  return current
}

async function expireClaims(tx: Tx): Promise<number> {
  const due = await tx
    .selectFrom('cases')
    .select('id')
    .where('claimed_by', 'is not', null)
    .where('status', '<>', 'resolved')
    .where('claimed_until', '<=', sql<Date>`now()`)
    .orderBy('id')
    .limit(100)
    .forNoKeyUpdate()
    .skipLocked()
    .execute()
  const ids = due.map((row) => row.id)
  await freeCases(tx, ids)
  for (const id of ids) await touchCase(tx, id, { newRev: true })
  return ids.length
}

async function freeCases(tx: Tx, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return
  await tx
    .updateTable('cases')
    .set((eb) => ({
      claimed_by: null,
      claimed_until: null,
      status: eb.case().when('status', '=', 'claimed').then('open').else(eb.ref('status')).end(),
      rev: eb('rev', '+', 1),
    }))
    .where('id', 'in', ids)
    .execute()
}

async function caseOrThrow(tx: Tx, caseId: string): Promise<Case> {
  const found = await caseById(tx, caseId)
  if (!found) throw new Error(`Case ${caseId} vanished inside its own transaction`)
  return found
}
