import type { Enforcement, IssueEnforcement, LiftEnforcement, Suggestion } from '../contracts/enforcement.ts'
import type { Result } from '../contracts/errors.ts'
import type { Person } from '../contracts/people.ts'

/** Who asks, and under which request. */
export type Caller = { person: Person; requestId: string }

/** The one door for measures: console, HTTP and the ladder all come through here. */
export type EnforcementDoor = {
  /** Takes a measure: permission, idempotency, enforcement, strike, case, audit and facts in one transaction. */
  issue(command: IssueEnforcement, caller: Caller): Promise<Result<Enforcement>>
  /** Ends a running measure early, by a Reversal that names it. */
  lift(command: LiftEnforcement, caller: Caller): Promise<Result<Enforcement>>
  /** The step the ladder proposes for a case. */
  suggest(caseId: string): Promise<Suggestion | null>
  /** Ends measures whose time is over; returns how many. Called every 500 ms by one or more processes. */
  endDue(): Promise<number>
  /** Marks measures that no room confirmed within 8 s as `unconfirmed`; returns how many. */
  markUnconfirmed(): Promise<number>
  /** The room says it has the measure, obeyed it, or the gateway cut it off. Later statuses win; repeats change nothing. */
  confirm(
    enforcementId: string,
    status: 'received' | 'obeyed' | 'cut',
    roomIds: 'all' | readonly string[],
  ): Promise<Result<null>>
}
