import type { Case, DismissCase } from '../contracts/case.ts'
import type { Result } from '../contracts/errors.ts'
import type { Person } from '../contracts/people.ts'

export type CaseCaller = { person: Person; requestId: string }

/** Review work: who holds a case, and closing one without a measure. */
export type Cases = {
  /** Takes the case for 60 s, or renews the claim; `conflict` with the present state when somebody else holds it. */
  claim(caseId: string, caller: CaseCaller): Promise<Result<Case>>
  /** Gives the claim back; harmless when it is not held. */
  release(caseId: string, caller: CaseCaller): Promise<Result<Case>>
  /** Closes the case: no violation. Audited like a measure. */
  dismiss(command: DismissCase, caller: CaseCaller): Promise<Result<Case>>
  /** Frees claims that ran out; returns how many. */
  expireClaims(): Promise<number>
}
