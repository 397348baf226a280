import { actionSchema, enforcementStatusSchema, subjectSchema, type Enforcement } from '../contracts/enforcement.ts'
import type { Db, Tx } from './database.ts'

/** Measures with the running number of their case, ready for a `where`. */
export function selectEnforcements(db: Db | Tx) {
  return db
    .selectFrom('enforcements')
    .leftJoin('cases', 'cases.id', 'enforcements.case_id')
    .selectAll('enforcements')
    .select('cases.number as case_number')
}
export type EnforcementWithCase = Awaited<ReturnType<ReturnType<typeof selectEnforcements>['execute']>>[number]

/** A measure as contracts know it. */
export function toEnforcement(row: EnforcementWithCase): Enforcement {
  return {
    id: row.id,
    action: actionSchema.parse(row.action),
    subject: subjectSchema.parse({ kind: row.subject_kind, id: row.subject_id }),
    roomId: row.room_id,
    roomTitle: row.room_title,
    sessionId: row.session_id,
    hostId: row.host_id,
    hostName: row.host_name,
    caseId: row.case_id,
    caseNumber: row.case_number,
    codes: row.codes,
    status: enforcementStatusSchema.parse(row.status),
    reason: row.reason,
    notice: row.notice,
    evidence: row.evidence,
    grounds: row.grounds,
    actor: row.actor,
    issuedAt: row.issued_at.toISOString(),
    until: row.until?.toISOString() ?? null,
    receivedAt: row.received_at?.toISOString() ?? null,
    effectiveAt: row.effective_at?.toISOString() ?? null,
    endedAt: row.ended_at?.toISOString() ?? null,
    reverses: row.reverses,
    reversedBy: row.reversed_by,
    auditSeq: row.audit_seq,
    demo: row.demo,
    rev: row.rev,
  }
}

/** One measure, or undefined. */
export async function findEnforcement(db: Db | Tx, id: string): Promise<Enforcement | undefined> {
  const row = await selectEnforcements(db).where('enforcements.id', '=', id).executeTakeFirst()
  return row && toEnforcement(row)
}
