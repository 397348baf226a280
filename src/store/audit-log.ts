import { createHash } from 'node:crypto'
import canonicalize from 'canonicalize'
import type { AuditDraft, AuditEntry } from '../contracts/audit.ts'
import type { Db, Tx } from './database.ts'

const prefix = 'livewarden-audit-v1'

/** Hash of one entry: SHA-256 over a fixed prefix, the hash before, the place, and the RFC 8785 form of the body. */
export function auditHash(prevHash: string, seq: number, bodyJcs: string): string {
  return createHash('sha256').update(prefix).update(prevHash).update(String(seq)).update(bodyJcs).digest('hex')
}

/**
 * Appends an entry to the chain in the caller's transaction and returns its place. The lock on the chain's tip is held
 * until the commit, so call it as late as possible.
 */
export async function appendAudit(tx: Tx, draft: AuditDraft): Promise<{ seq: number; hash: string }> {
  const head = await tx.selectFrom('audit_head').select(['seq', 'hash']).forUpdate().executeTakeFirstOrThrow()
  const seq = head.seq + 1
  const at = new Date().toISOString()
  const bodyJcs = canonicalize({ ...draft, evidenceIds: [...draft.evidenceIds], at })
  if (bodyJcs === undefined) throw new Error(`The audit entry ${draft.kind} has no JSON form`)
  const hash = auditHash(head.hash, seq, bodyJcs)
  await tx
    .insertInto('audit_log')
    .values({ seq, prev_hash: head.hash, hash, kind: draft.kind, body_jcs: bodyJcs, at })
    .execute()
  await tx.updateTable('audit_head').set({ seq, hash }).execute()
  return { seq, hash }
}

export type AuditVerdict =
  { ok: true; entries: number; head: string } | { ok: false; firstBadSeq: number; problem: string }

/** Re-computes the whole chain; names the first entry that does not fit. One snapshot: entries written meanwhile wait. */
export async function verifyAudit(db: Db | Tx): Promise<AuditVerdict> {
  if (db.isTransaction) return verifyWithin(db)
  return db.transaction().setIsolationLevel('repeatable read').execute(verifyWithin)
}

async function verifyWithin(db: Db | Tx): Promise<AuditVerdict> {
  let prevHash = '0'.repeat(64)
  let seq = 0
  for (;;) {
    const rows = await db
      .selectFrom('audit_log')
      .selectAll()
      .where('seq', '>', seq)
      .orderBy('seq')
      .limit(5_000)
      .execute()
    if (rows.length === 0) break
    for (const row of rows) {
      const problem = problemOf(row, seq, prevHash)
      if (problem) return { ok: false, firstBadSeq: seq + 1, problem }
      prevHash = row.hash
      seq = row.seq
    }
  }
  const head = await db.selectFrom('audit_head').select(['seq', 'hash']).executeTakeFirstOrThrow()
  if (head.seq !== seq || head.hash !== prevHash) {
    return { ok: false, firstBadSeq: seq + 1, problem: `the chain ends at ${seq}, its recorded tip is ${head.seq}` }
  }
  return { ok: true, entries: seq, head: prevHash }
}

type ChainRow = { seq: number; prev_hash: string; hash: string; kind: string; body_jcs: string }

function problemOf(row: ChainRow, before: number, prevHash: string): string | null {
  if (row.seq !== before + 1) return `entry ${before + 1} is missing`
  if (row.prev_hash !== prevHash) return `entry ${row.seq} does not follow the one before it`
  if (row.hash !== auditHash(prevHash, row.seq, row.body_jcs)) return `entry ${row.seq} was changed`
  const body: unknown = JSON.parse(row.body_jcs)
  const kind = typeof body === 'object' && body !== null && 'kind' in body ? body.kind : undefined
  return kind === row.kind ? null : `entry ${row.seq} carries another kind than it was hashed with`
}

/** Entries before a place, newest first. */
export async function listAudit(
  db: Db,
  query: { before?: number; kind?: string; limit: number },
): Promise<AuditEntry[]> {
  let select = db.selectFrom('audit_log').selectAll().orderBy('seq', 'desc').limit(query.limit)
  if (query.before !== undefined) select = select.where('seq', '<', query.before)
  if (query.kind !== undefined) select = select.where('kind', '=', query.kind)
  const rows = await select.execute()
  return rows.map((row) => {
    const body = JSON.parse(row.body_jcs) as AuditDraft & { at: string }
    return {
      seq: row.seq,
      prevHash: row.prev_hash,
      hash: row.hash,
      kind: row.kind,
      actor: body.actor,
      subject: body.subject,
      reason: body.reason,
      evidenceIds: [...body.evidenceIds],
      requestId: body.requestId,
      at: body.at,
      body: body.body as AuditEntry['body'],
    }
  })
}
