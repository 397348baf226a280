import type { AuditDraft } from '../contracts/audit.ts'
import type { Case, DismissCase } from '../contracts/case.ts'
import type { Result } from '../contracts/errors.ts'
import type { Permission, Person } from '../contracts/people.ts'

/** What review work needs from outside. */
export type CasePorts = {
  store: CaseStore
  can(person: Person, permission: Permission): boolean
}

export type CaseStore = {
  /** Runs a decision in one transaction, again when transactions collide. A refusal leaves nothing behind. */
  decide<T>(work: (tx: CaseTx) => Promise<Result<T>>): Promise<Result<T>>
  /** Frees claims that ran out by the database's clock. Safe in several processes. */
  expireClaims(): Promise<number>
}

/** One open transaction. Every change tells the consoles of the case and of each of its alerts. */
export type CaseTx = {
  /** `claimAlive`: whoever claimed it still holds it. */
  lock(caseId: string): Promise<{ case: Case; claimAlive: boolean } | undefined>
  claim(caseId: string, person: Person, seconds: number): Promise<Case>
  release(caseId: string): Promise<Case>
  /** What this person's idempotency key was used for; ask after locking. */
  earlier(
    command: DismissCase,
    person: Person,
  ): Promise<{ use: 'new' } | { use: 'other' } | { use: 'same'; case: Case }>
  /** Closes the case, remembers the answer under the key, and appends the audit entry. */
  dismiss(command: DismissCase, person: Person, audit: AuditDraft): Promise<Case>
}
