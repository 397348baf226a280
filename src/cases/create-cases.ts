import { claimSeconds, type Case, type DismissCase } from '../contracts/case.ts'
import { ok, refuse, type Refusal, type Result } from '../contracts/errors.ts'
import type { CaseCaller, Cases } from './cases.ts'
import type { CasePorts, CaseTx } from './ports.ts'

/** Review work over its ports. */
export function createCases(ports: CasePorts): Cases {
  return {
    claim: (caseId, caller) => refuseRole(ports, caller) ?? ports.store.decide((tx) => claimIn(tx, caseId, caller)),
    release: (caseId, caller) => refuseRole(ports, caller) ?? ports.store.decide((tx) => releaseIn(tx, caseId, caller)),
    dismiss: (command, caller) =>
      refuseRole(ports, caller) ?? ports.store.decide((tx) => dismissIn(tx, command, caller)),
    expireClaims: () => ports.store.expireClaims(),
  }
}

async function claimIn(tx: CaseTx, caseId: string, caller: CaseCaller): Promise<Result<Case>> {
  const locked = await tx.lock(caseId)
  if (!locked) return unknownCase(caseId)
  const taken = refuseClosed(locked.case) ?? refuseHeld(locked, caller)
  return taken ?? ok(await tx.claim(caseId, caller.person, claimSeconds))
}

async function releaseIn(tx: CaseTx, caseId: string, caller: CaseCaller): Promise<Result<Case>> {
  const locked = await tx.lock(caseId)
  if (!locked) return unknownCase(caseId)
  // Whoever does not hold it, or comes after the decision, has nothing to give back.
  const mine = locked.case.claimedBy === caller.person.id && locked.case.status !== 'resolved'
  return ok(mine ? await tx.release(caseId) : locked.case)
}

async function dismissIn(tx: CaseTx, command: DismissCase, caller: CaseCaller): Promise<Result<Case>> {
  const locked = await tx.lock(command.caseId)
  const earlier = await tx.earlier(command, caller.person)
  if (earlier.use === 'same') return ok(earlier.case)
  if (earlier.use === 'other')
    return refuse('idempotency_mismatch', 'This idempotency key was used for another command')
  if (!locked) return unknownCase(command.caseId)
  const taken = refuseClosed(locked.case) ?? refuseHeld(locked, caller)
  if (taken) return taken
  if (locked.case.rev !== command.caseRev) {
    return refuse('conflict', `Case ${locked.case.number} has changed since you read it; look again`, {
      current: locked.case,
    })
  }
  const { person, requestId } = caller
  return ok(
    await tx.dismiss(command, person, {
      kind: 'case.dismissed',
      actor: { kind: 'person', id: person.id, name: person.name, role: person.role },
      subject: `case:${command.caseId}`,
      reason: command.reason,
      evidenceIds: [],
      requestId,
      body: {
        caseId: command.caseId,
        number: locked.case.number,
        sessionId: locked.case.sessionId,
        severity: locked.case.severity,
      },
    }),
  )
}

function refuseRole(ports: CasePorts, { person }: CaseCaller): Promise<Refusal> | null {
  if (ports.can(person, 'case.act')) return null
  return Promise.resolve(
    refuse('forbidden', `Working on cases needs the role moderator or lead; yours is ${person.role}`),
  )
}

function refuseClosed(current: Case): Refusal | null {
  if (current.status !== 'resolved') return null
  const who = current.resolvedByName ?? 'the service'
  return refuse('case_closed', `Case ${current.number} was decided by ${who}`, { current })
}

function refuseHeld(locked: { case: Case; claimAlive: boolean }, { person }: CaseCaller): Refusal | null {
  const current = locked.case
  if (!locked.claimAlive || current.claimedBy === person.id) return null
  const who = current.claimedByName ?? 'Somebody else'
  return refuse('conflict', `${who} is working on case ${current.number}`, { current })
}

function unknownCase(caseId: string): Refusal {
  return refuse('not_found', `There is no case ${caseId}`)
}
