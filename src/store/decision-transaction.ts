import { setTimeout as delay } from 'node:timers/promises'
import type { AuditDraft } from '../contracts/audit.ts'
import { refuse, type Refusal, type Result } from '../contracts/errors.ts'
import { appendAudit } from './audit-log.ts'
import { isUnavailable, type Db, type Tx } from './database.ts'

/** Most times one decision is tried when transactions stand in each other's way. */
const mostAttempts = 5

/**
 * Runs a decision in one transaction. A refusal rolls everything back. Deadlocks, serialization failures and two
 * commands that arrive at once under one idempotency key are tried again, so that the later one finds the earlier
 * one's answer. Answers `audit_unavailable` when the audit entry could not be written or the database is away:
 * no record, no decision.
 */
export async function runDecision<T>(db: Db, work: (tx: Tx) => Promise<Result<T>>): Promise<Result<T>> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await db.transaction().execute(async (tx) => {
        const result = await work(tx)
        if (!result.ok) throw new RolledBack(result)
        return result
      })
    } catch (error) {
      if (error instanceof RolledBack) return error.refusal
      if (attempt < mostAttempts && collided(error)) {
        await delay(Math.random() * 20 * attempt)
        continue
      }
      if (error instanceof AuditNotWritten || isUnavailable(error) || sqlState(error) === lockTimeout) {
        return refuse(
          'audit_unavailable',
          'The decision could not be recorded, so it was not taken; send it again with the same idempotency key',
        )
      }
      throw error
    }
  }
}

/** Appends to the audit chain; when that fails the whole decision is refused as `audit_unavailable`. Call it late. */
export async function recordAudit(tx: Tx, draft: AuditDraft): Promise<number> {
  try {
    const { seq } = await appendAudit(tx, draft)
    return seq
  } catch (cause) {
    throw new AuditNotWritten(draft.kind, cause)
  }
}

/** The audit chain took no entry. */
class AuditNotWritten extends Error {
  constructor(kind: string, cause: unknown) {
    super(`The audit entry ${kind} could not be written`, { cause })
  }
}

/** Carries a refusal out of a transaction, so that it rolls back. */
class RolledBack extends Error {
  readonly refusal: Refusal
  constructor(refusal: Refusal) {
    super(refusal.error.message)
    this.refusal = refusal
  }
}

const lockTimeout = '55P03'
const uniqueViolation = '23505'
/** Constraints that two commands under one key run into. */
const keyConstraints = ['enforcements_actor_id_idempotency_key_key', 'command_results_pkey']

function collided(error: unknown): boolean {
  if (error instanceof AuditNotWritten) return collided(error.cause)
  const state = sqlState(error)
  if (state === '40001' || state === '40P01') return true
  return state === uniqueViolation && keyConstraints.includes(constraintOf(error))
}

function sqlState(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}

function constraintOf(error: unknown): string {
  return error instanceof Error && 'constraint' in error && typeof error.constraint === 'string' ? error.constraint : ''
}
