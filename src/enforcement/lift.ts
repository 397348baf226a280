import { uuidv7 } from 'uuidv7'
import { cuttingActions, type Enforcement, type LiftEnforcement } from '../contracts/enforcement.ts'
import { ok, refuse, type Refusal, type Result } from '../contracts/errors.ts'
import { actorOf, enforcementDraft } from './audit-draft.ts'
import type { Caller } from './enforcement.ts'
import { composeLiftNotice } from './notice.ts'
import type { EnforcementPorts, EnforcementTx, NewEnforcement } from './ports.ts'

/** Ends a running measure early, by a Reversal that names it. The strike stays: a lift is mercy, not an error put right. */
export async function lift(
  ports: EnforcementPorts,
  command: LiftEnforcement,
  caller: Caller,
): Promise<Result<Enforcement>> {
  if (!ports.can(caller.person, 'enforcement.lift')) {
    return refuse(
      'forbidden',
      `Ending a measure early needs the role moderator or lead; yours is ${caller.person.role}`,
    )
  }
  return ports.store.decide((tx) => liftIn(tx, ports, command, caller))
}

async function liftIn(
  tx: EnforcementTx,
  ports: EnforcementPorts,
  command: LiftEnforcement,
  caller: Caller,
): Promise<Result<Enforcement>> {
  const locked = await tx.lockEnforcement(command.enforcementId)
  const keyed = {
    kind: 'enforcement.lift',
    actorId: caller.person.id,
    idempotencyKey: command.idempotencyKey,
    body: command,
  }
  const earlier = await tx.earlier(keyed)
  if (earlier.use === 'same') return ok(earlier.enforcement)
  if (earlier.use === 'other')
    return refuse('idempotency_mismatch', 'This idempotency key was used for another command')
  if (!locked) return refuse('not_found', `There is no measure ${command.enforcementId}`)

  const denied = refuseLift(ports, locked.enforcement, locked.now, caller)
  if (denied) return denied
  const reversal = reversalOf(locked.enforcement, locked.now, command.reason, caller)
  return ok(
    await tx.recordLift({
      reversal,
      lifted: locked.enforcement,
      command: keyed,
      audit: enforcementDraft('enforcement.lifted', reversal, {
        actor: reversal.actor,
        requestId: caller.requestId,
        reason: command.reason,
      }),
    }),
  )
}

function refuseLift(ports: EnforcementPorts, measure: Enforcement, now: Date, { person }: Caller): Refusal | null {
  if (!ports.can(person, 'enforcement.ban') && measure.actor.id !== person.id) {
    return refuse(
      'forbidden',
      `This measure was taken by ${measure.actor.name}; ending it needs the role lead (合规主管)`,
    )
  }
  const over = measure.endedAt !== null || (measure.until !== null && Date.parse(measure.until) <= now.getTime())
  if (over || measure.reverses !== null || !cuttingActions.includes(measure.action)) {
    return refuse(
      'conflict',
      `Nothing of this measure is running (status ${measure.status}), so nothing can be lifted`,
      {
        current: measure,
      },
    )
  }
  return null
}

function reversalOf(measure: Enforcement, now: Date, reason: string, caller: Caller): NewEnforcement {
  return {
    id: uuidv7(),
    action: measure.action,
    subject: measure.subject,
    roomId: measure.roomId,
    roomTitle: measure.roomTitle,
    sessionId: measure.sessionId,
    hostId: measure.hostId,
    hostName: measure.hostName,
    caseId: measure.caseId,
    codes: measure.codes,
    status: 'effective',
    reason,
    notice: composeLiftNotice(measure, now, reason),
    evidence: measure.evidence,
    grounds: measure.grounds,
    actor: actorOf(caller.person),
    issuedAt: now.toISOString(),
    until: null,
    reverses: measure.id,
    demo: measure.demo,
  }
}
