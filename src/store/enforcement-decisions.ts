import { sql } from 'kysely'
import { categorySchema } from '../contracts/category.ts'
import type { Enforcement } from '../contracts/enforcement.ts'
import type { Session } from '../contracts/session.ts'
import type {
  Decision,
  Dossier,
  EnforcementStore,
  EnforcementTx,
  KeyedCommand,
  Lift,
  NewEnforcement,
  SpokenFinding,
} from '../enforcement/ports.ts'
import { caseById, momentsOfSpeech, standingFindings } from './case-detail.ts'
import { lockCase, resolveCase } from './case-store.ts'
import { appendFacts, type LogEntry } from './console-log.ts'
import type { Db, Tx } from './database.ts'
import { recordAudit, runDecision } from './decision-transaction.ts'
import { earlierCommand, requestHash } from './earlier-command.ts'
import { findEnforcement } from './enforcement-store.ts'
import { endSessions, liveSessionIds } from './sessions.ts'
import { addStrike, priorMeasures } from './strikes.ts'

/**
 * Measures in Postgres. Lock order, the same as that of a starting broadcast: host, room, case, alerts, sessions, and the
 * tip of the audit chain last, because every decision of the service waits for that one row.
 */
export function createEnforcementStore(db: Db): EnforcementStore {
  return {
    decide: (work) => runDecision(db, (tx) => work(enforcementTx(tx))),
    dossier: (caseId, windowDays) => readDossier(db, caseId, windowDays),
    endDue: (draftOf) => endDue(db, draftOf),
    markUnconfirmed: (afterSeconds) => markUnconfirmed(db, afterSeconds),
  }
}

function enforcementTx(tx: Tx): EnforcementTx {
  return {
    async lockCase(caseId, windowDays) {
      const found = await caseById(tx, caseId)
      if (!found) return undefined
      await tx.selectFrom('hosts').select('id').where('id', '=', found.hostId).forNoKeyUpdate().execute()
      await tx.selectFrom('rooms').select('id').where('id', '=', found.roomId).forNoKeyUpdate().execute()
      await lockCase(tx, caseId)
      return readDossier(tx, caseId, windowDays)
    },
    async lockEnforcement(id) {
      const row = await tx.selectFrom('enforcements').select('id').where('id', '=', id).forUpdate().executeTakeFirst()
      return row && { enforcement: await enforcementOrThrow(tx, id), now: await databaseNow(tx) }
    },
    earlier: (command) => earlierMeasure(tx, command),
    async events(sessionId, seqs) {
      if (seqs.length === 0) return []
      const rows = await tx
        .selectFrom('events')
        .select('body')
        .where('session_id', '=', sessionId)
        .where('seq', 'in', seqs)
        // Words that were corrected later are no evidence.
        .where(
          sql<boolean>`NOT EXISTS (
            SELECT 1 FROM events later
            WHERE later.session_id = events.session_id AND later.channel = 'speech'
              AND (later.body ->> 'revises')::int = events.seq
          )`,
        )
        .execute()
      return rows.map((row) => row.body)
    },
    record: (decision) => record(tx, decision),
    recordLift: (lift) => recordLift(tx, lift),
    async advance(id, status, answered) {
      await tx
        .updateTable('enforcements')
        .set((eb) => ({
          status,
          // A room that was cut off without a word has received nothing.
          ...(answered ? { received_at: eb.fn.coalesce('received_at', sql<Date>`now()`) } : {}),
          ...(status === 'effective' ? { effective_at: eb.fn.coalesce('effective_at', sql<Date>`now()`) } : {}),
          rev: eb('rev', '+', 1),
        }))
        .where('id', '=', id)
        .execute()
      await appendFacts(tx, [updated(await enforcementOrThrow(tx, id))])
    },
    async hostHasRoom(hostId, roomIds) {
      if (roomIds.length === 0) return false
      const row = await tx
        .selectFrom('rooms')
        .select('id')
        .where('host_id', '=', hostId)
        .where('id', 'in', roomIds)
        .limit(1)
        .executeTakeFirst()
      return row !== undefined
    },
  }
}

async function readDossier(db: Db | Tx, caseId: string, windowDays: number): Promise<Dossier | undefined> {
  const found = await caseById(db, caseId)
  if (!found) return undefined
  const session = await db
    .selectFrom('sessions')
    .selectAll()
    .where('id', '=', found.sessionId)
    .executeTakeFirstOrThrow()
  const { prior, expiredStrikes } = await priorMeasures(db, found.hostId, windowDays)
  const now = await databaseNow(db)
  return {
    case: found,
    now,
    claimAlive:
      found.claimedBy !== null && found.claimedUntil !== null && Date.parse(found.claimedUntil) > now.getTime(),
    session: {
      id: session.id,
      startedAt: session.started_at,
      title: session.title,
      hostName: session.host_name,
      category: categorySchema.nullable().catch(null).parse(session.category),
    },
    findings: await spokenFindings(db, caseId, session.id, session.started_at),
    prior,
    expiredStrikes,
  }
}

async function spokenFindings(
  db: Db | Tx,
  caseId: string,
  sessionId: string,
  startedAt: Date,
): Promise<SpokenFinding[]> {
  const findings = await standingFindings(db, caseId)
  const spokenAt = await momentsOfSpeech(db, sessionId, startedAt, findings)
  return findings.map((finding) => ({ ...finding, spokenAt: spokenAt.get(finding.seq) ?? startedAt }))
}

async function earlierMeasure(tx: Tx, command: KeyedCommand): ReturnType<EnforcementTx['earlier']> {
  const earlier = await earlierCommand(tx, command)
  if (earlier.use !== 'same') return earlier
  if (!('enforcementId' in earlier)) return { use: 'other' }
  return { use: 'same', enforcement: await enforcementOrThrow(tx, earlier.enforcementId) }
}

async function record(tx: Tx, decision: Decision): Promise<Enforcement> {
  const { enforcement, resolve } = decision
  if (enforcement.caseId !== null) await resolveCase(tx, enforcement.caseId, resolve)
  const ended = await cutSessions(tx, decision)
  const auditSeq = await recordAudit(tx, decision.audit)
  // From here on everybody waits for the chain's tip: only what needs the entry's number, or the measure's row, is left.
  await insertMeasure(tx, enforcement, decision.command, auditSeq)
  // With nobody on air there is nobody to confirm it: refusing the next start is all the effect it can have.
  if (decision.cuts !== null && ended.length === 0) await takeEffect(tx, enforcement)
  if (enforcement.hostId !== null) {
    const { id, hostId, issuedAt } = enforcement
    await addStrike(tx, { enforcementId: id, hostId, issuedAt: new Date(issuedAt), ...decision.strike })
  }
  const stored = await enforcementOrThrow(tx, enforcement.id)
  const issued = {
    roomId: stored.roomId,
    demo: stored.demo,
    fact: { type: 'enforcement.issued' as const, enforcement: stored },
  }
  await appendFacts(tx, [issued, ...ended.map(endedFact)])
  return stored
}

/** Ends the live broadcasts a measure silences. */
async function cutSessions(tx: Tx, { cuts, enforcement }: Decision): Promise<Session[]> {
  if (cuts === null || enforcement.roomId === null || enforcement.hostId === null) return []
  const of = cuts === 'room' ? { roomId: enforcement.roomId } : { hostId: enforcement.hostId }
  return endSessions(tx, await liveSessionIds(tx, of), 'measure')
}

function endedFact(session: Session): LogEntry {
  return { roomId: session.roomId, demo: session.demo, fact: { type: 'session.ended', session } }
}

async function recordLift(tx: Tx, lift: Lift): Promise<Enforcement> {
  const auditSeq = await recordAudit(tx, lift.audit)
  await insertMeasure(tx, lift.reversal, lift.command, auditSeq)
  await takeEffect(tx, lift.reversal)
  await tx
    .updateTable('enforcements')
    .set((eb) => ({
      status: 'lifted',
      ended_at: lift.reversal.issuedAt,
      reversed_by: lift.reversal.id,
      rev: eb('rev', '+', 1),
    }))
    .where('id', '=', lift.lifted.id)
    .execute()
  const reversal = await enforcementOrThrow(tx, lift.reversal.id)
  await appendFacts(tx, [
    updated(await enforcementOrThrow(tx, lift.lifted.id)),
    {
      roomId: reversal.roomId,
      demo: reversal.demo,
      fact: { type: 'enforcement.issued', enforcement: reversal },
    },
  ])
  return reversal
}

async function insertMeasure(tx: Tx, measure: NewEnforcement, command: KeyedCommand, auditSeq: number): Promise<void> {
  await tx
    .insertInto('enforcements')
    .values({
      id: measure.id,
      action: measure.action,
      subject_kind: measure.subject.kind,
      subject_id: measure.subject.id,
      room_id: measure.roomId,
      session_id: measure.sessionId,
      host_id: measure.hostId,
      host_name: measure.hostName,
      room_title: measure.roomTitle,
      case_id: measure.caseId,
      codes: measure.codes,
      status: measure.status,
      reason: measure.reason,
      notice: measure.notice,
      evidence: JSON.stringify(measure.evidence),
      grounds: JSON.stringify(measure.grounds),
      actor: JSON.stringify(measure.actor),
      actor_id: measure.actor.id,
      issued_at: measure.issuedAt,
      until: measure.until,
      reverses: measure.reverses,
      reversed_by: null,
      audit_seq: auditSeq,
      idempotency_key: command.idempotencyKey,
      request_hash: requestHash(command),
      demo: measure.demo,
    })
    .execute()
}

async function takeEffect(tx: Tx, measure: NewEnforcement): Promise<void> {
  await tx
    .updateTable('enforcements')
    .set({ status: 'effective', effective_at: measure.issuedAt })
    .where('id', '=', measure.id)
    .execute()
}

/** Measures ended in one transaction; the chain's tip is held meanwhile, so few at a time. */
const mostAtOnce = 20

async function endDue(db: Db, draftOf: Parameters<EnforcementStore['endDue']>[0]): Promise<number> {
  let total = 0
  for (;;) {
    const ended = await db.transaction().execute(async (tx) => {
      const due = await tx
        .selectFrom('enforcements')
        .select('id')
        .where('ended_at', 'is', null)
        .where('until', 'is not', null)
        .where('until', '<=', sql<Date>`now()`)
        .orderBy('until')
        .limit(mostAtOnce)
        .forUpdate()
        .skipLocked()
        .execute()
      for (const { id } of due) {
        await tx
          .updateTable('enforcements')
          .set((eb) => ({ status: 'ended', ended_at: sql<Date>`now()`, rev: eb('rev', '+', 1) }))
          .where('id', '=', id)
          .execute()
      }
      const measures = await Promise.all(due.map(({ id }) => enforcementOrThrow(tx, id)))
      await appendFacts(tx, measures.map(updated))
      for (const measure of measures) await recordAudit(tx, draftOf(measure))
      return measures.length
    })
    total += ended
    if (ended < mostAtOnce) return total
  }
}

async function markUnconfirmed(db: Db, afterSeconds: number): Promise<number> {
  return db.transaction().execute(async (tx) => {
    const late = await tx
      .selectFrom('enforcements')
      .select('id')
      .where('status', '=', 'issued')
      .where('issued_at', '<', sql<Date>`now() - make_interval(secs => ${afterSeconds}::int)`)
      .orderBy('issued_at')
      .limit(100)
      .forUpdate()
      .skipLocked()
      .execute()
    if (late.length === 0) return 0
    const ids = late.map((row) => row.id)
    await tx
      .updateTable('enforcements')
      .set((eb) => ({ status: 'unconfirmed', rev: eb('rev', '+', 1) }))
      .where('id', 'in', ids)
      .execute()
    const measures = await Promise.all(ids.map((id) => enforcementOrThrow(tx, id)))
    await appendFacts(tx, measures.map(updated))
    return measures.length
  })
}

function updated(enforcement: Enforcement): LogEntry {
  return {
    roomId: enforcement.roomId,
    demo: enforcement.demo,
    fact: { type: 'enforcement.updated', enforcement },
  }
}

async function enforcementOrThrow(tx: Db | Tx, id: string): Promise<Enforcement> {
  const found = await findEnforcement(tx, id)
  if (!found) throw new Error(`Measure ${id} vanished inside its own transaction`)
  return found
}

/** The database's clock now; the transaction's own now() is from before it waited for locks. */
async function databaseNow(db: Db | Tx): Promise<Date> {
  const { rows } = await sql<{ now: Date }>`SELECT clock_timestamp() AS now`.execute(db)
  const now = rows[0]?.now
  if (!now) throw new Error('The database gave no time')
  return now
}
