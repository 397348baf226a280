import type { AuditDraft } from '../contracts/audit.ts'
import type { Case } from '../contracts/case.ts'
import type { Category } from '../contracts/category.ts'
import type { Action, Enforcement, Evidence, Ground } from '../contracts/enforcement.ts'
import type { Result } from '../contracts/errors.ts'
import type { Finding } from '../contracts/finding.ts'
import type { Permission, Person } from '../contracts/people.ts'
import type { RoomEvent } from '../contracts/room-event.ts'

/** What enforcement needs from outside. */
export type EnforcementPorts = {
  store: EnforcementStore
  /** A clause as it was in force on a day (ISO date, Beijing); null when it is unknown or was not yet in force. */
  citation(basisId: string, isoDate: string): { citation: string; version: string; summary: string } | null
  can(person: Person, permission: Permission): boolean
}

export type EnforcementStore = {
  /**
   * Runs a decision in one transaction, again when transactions collide. A refusal leaves nothing behind;
   * `audit_unavailable` when the decision could not be recorded.
   */
  decide<T>(work: (tx: EnforcementTx) => Promise<Result<T>>): Promise<Result<T>>
  /** What the ladder looks at, without locks. */
  dossier(caseId: string, windowDays: number): Promise<Dossier | undefined>
  /** Ends measures whose `until` has passed by the database's clock, each with its audit entry. Safe in several processes. */
  endDue(draftOf: (measure: Enforcement) => AuditDraft): Promise<number>
  /** Marks measures issued longer ago than this and not confirmed since as `unconfirmed`. */
  markUnconfirmed(afterSeconds: number): Promise<number>
}

/** One open transaction. */
export type EnforcementTx = {
  /** Locks host, room and case in this order, so that decisions and starts of broadcasts take turns. */
  lockCase(caseId: string, windowDays: number): Promise<Dossier | undefined>
  lockEnforcement(id: string): Promise<LockedEnforcement | undefined>
  /** What this person's idempotency key was used for; ask after locking. */
  earlier(command: KeyedCommand): Promise<{ use: 'new' } | { use: 'other' } | { use: 'same'; enforcement: Enforcement }>
  /** Events by seq; those whose words were corrected later are left out. */
  events(sessionId: string, seqs: readonly number[]): Promise<RoomEvent[]>
  /** Writes the measure and everything that follows from it; returns it as stored. With nobody on air it is in effect at once. */
  record(decision: Decision): Promise<Enforcement>
  /** Writes the Reversal, marks the measure as lifted; returns the Reversal as stored. */
  recordLift(lift: Lift): Promise<Enforcement>
  /**
   * Moves a measure's status; `received` and `effective` times are kept when they are set, and the first is set only when
   * the room has answered.
   */
  advance(id: string, status: 'received' | 'effective', answered: boolean): Promise<void>
  /** Whether one of these rooms belongs to the host. */
  hostHasRoom(hostId: string, roomIds: readonly string[]): Promise<boolean>
}

export type KeyedCommand = { kind: string; actorId: string; idempotencyKey: string; body: object }

/** A finding of a case, and when its words were spoken. */
export type SpokenFinding = Finding & { alertId: string; spokenAt: Date }

/** A measure the host was under before. `weight` is its strike's; `active` says whether that strike still counts. */
export type PriorMeasure = { action: Action; codes: readonly string[]; weight: number; active: boolean }

/** A case with everything the rules of a decision look at. */
export type Dossier = {
  case: Case
  /** The database's clock. */
  now: Date
  /** Whether whoever claimed the case still holds it. */
  claimAlive: boolean
  session: {
    id: string
    startedAt: Date
    title: string
    hostName: string
    category: Category | null
  }
  /** Findings of alerts that stand, oldest first. */
  findings: readonly SpokenFinding[]
  /** Measures against the host within the ladder's window, and how many strikes no longer count. */
  prior: readonly PriorMeasure[]
  expiredStrikes: number
}

export type LockedEnforcement = { enforcement: Enforcement; now: Date }

/** A measure as the store numbers and completes it. */
export type NewEnforcement = Omit<
  Enforcement,
  'caseNumber' | 'auditSeq' | 'receivedAt' | 'effectiveAt' | 'endedAt' | 'reversedBy' | 'rev'
> & { evidence: Evidence[]; grounds: Ground[] }

export type Decision = {
  enforcement: NewEnforcement
  command: KeyedCommand
  /** Weight 0 leaves no strike. */
  strike: { weight: number; expiresAt: Date }
  /** Whose live broadcasts end now. */
  cuts: 'room' | 'host' | null
  resolve: { decision: 'remind' | 'warn' | 'suspend' | 'ban'; by: Person; note: string }
  audit: AuditDraft
}

export type Lift = { reversal: NewEnforcement; lifted: Enforcement; command: KeyedCommand; audit: AuditDraft }
