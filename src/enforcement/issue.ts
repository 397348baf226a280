import { uuidv7 } from 'uuidv7'
import {
  actionNames,
  moderatorSuspendSeconds,
  type Enforcement,
  type Evidence,
  type Ground,
  type IssueEnforcement,
  type Subject,
  type Suggestion,
} from '../contracts/enforcement.ts'
import { ok, refuse, type Refusal, type Result } from '../contracts/errors.ts'
import type { Code } from '../contracts/taxonomy.ts'
import { actorOf, enforcementDraft } from './audit-draft.ts'
import type { Caller } from './enforcement.ts'
import { activeWeight, ladder, suggestStep, zhDuration } from './ladder.ts'
import { composeNotice } from './notice.ts'
import type { Dossier, EnforcementPorts, EnforcementTx, KeyedCommand, SpokenFinding } from './ports.ts'

/** Takes a measure. Every refusal leaves the world as it was. */
export async function issue(
  ports: EnforcementPorts,
  command: IssueEnforcement,
  caller: Caller,
): Promise<Result<Enforcement>> {
  const denied = refuseRole(ports, command, caller) ?? refuseDuration(command)
  if (denied) return denied
  return ports.store.decide((tx) => issueIn(tx, ports, command, caller))
}

/** The step the ladder proposes for what stands in the dossier. */
export function suggestFor(dossier: Dossier): Suggestion {
  return suggestStep({
    severity: dossier.case.severity,
    score: Math.max(0, ...dossier.findings.map((finding) => finding.score)),
    codes: codesOf(dossier.findings),
    categoryKnown: dossier.session.category !== null,
    prior: dossier.prior,
    expiredStrikes: dossier.expiredStrikes,
  })
}

async function issueIn(
  tx: EnforcementTx,
  ports: EnforcementPorts,
  command: IssueEnforcement,
  caller: Caller,
): Promise<Result<Enforcement>> {
  const dossier = await tx.lockCase(command.caseId, ladder.windowDays)
  const keyed: KeyedCommand = {
    kind: 'enforcement.issue',
    actorId: caller.person.id,
    idempotencyKey: command.idempotencyKey,
    body: command,
  }
  const earlier = await tx.earlier(keyed)
  if (earlier.use === 'same') return ok(earlier.enforcement)
  if (earlier.use === 'other')
    return refuse('idempotency_mismatch', 'This idempotency key was used for another command')
  if (!dossier) return refuse('not_found', `There is no case ${command.caseId}`)

  const taken = refuseState(dossier, command.caseRev, caller)
  if (taken) return taken
  const grounds = groundsFor(dossier.findings, command.basisIds, ports.citation)
  if (!grounds.ok) return grounds
  const evidence = await evidenceFor(tx, dossier, command.evidenceIds)
  if (!evidence.ok) return evidence
  const suggestion = suggestFor(dossier)
  if (!follows(command, suggestion) && command.reason.trim() === '') {
    return refuse('reason_required', `The ladder proposes ${stepWords(suggestion)}; another measure needs a reason`, {
      field: 'reason',
    })
  }
  return ok(
    await write(tx, { command, keyed, caller, dossier, suggestion, grounds: grounds.value, evidence: evidence.value }),
  )
}

function refuseRole(ports: EnforcementPorts, command: IssueEnforcement, { person }: Caller): Refusal | null {
  if (!ports.can(person, 'enforcement.issue')) {
    return refuse('forbidden', `Taking a measure needs the role moderator or lead; yours is ${person.role}`)
  }
  if (ports.can(person, 'enforcement.ban')) return null
  if (command.action === 'ban') return refuse('forbidden', 'A ban needs the role lead (合规主管)', { field: 'action' })
  if (command.action === 'suspend' && (command.durationSeconds ?? 0) > moderatorSuspendSeconds) {
    const most = `${moderatorSuspendSeconds / 3_600} hours`
    return refuse('forbidden', `A suspension longer than ${most} needs the role lead (合规主管)`, {
      field: 'durationSeconds',
    })
  }
  return null
}

function refuseDuration(command: IssueEnforcement): Refusal | null {
  const field = { field: 'durationSeconds' }
  if (command.action === 'suspend' && command.durationSeconds === undefined) {
    return refuse('bad_request', 'durationSeconds: a suspension needs its length in seconds', field)
  }
  if (command.action !== 'suspend' && command.durationSeconds !== undefined) {
    return refuse('bad_request', `durationSeconds: only a suspension has one, not ${command.action}`, field)
  }
  return null
}

function refuseState(dossier: Dossier, caseRev: number, { person }: Caller): Refusal | null {
  const current = dossier.case
  if (current.status === 'resolved') {
    return refuse('case_closed', `Case ${current.number} was decided by ${current.resolvedByName ?? 'the service'}`, {
      current,
    })
  }
  if (dossier.claimAlive && current.claimedBy !== person.id) {
    return refuse('conflict', `${current.claimedByName ?? 'Somebody else'} is working on case ${current.number}`, {
      current,
    })
  }
  if (current.rev !== caseRev) {
    return refuse('conflict', `Case ${current.number} has changed since you read it; look again`, { current })
  }
  return null
}

/** Clauses must be among those the findings rest on, in the version in force when the words were spoken. */
function groundsFor(
  findings: readonly SpokenFinding[],
  basisIds: readonly string[],
  citation: EnforcementPorts['citation'],
): Result<Ground[]> {
  const grounds: Ground[] = []
  for (const [index, basisId] of [...new Set(basisIds)].entries()) {
    const finding = findings.find((one) => one.basis.includes(basisId))
    const clause = finding && citation(basisId, beijingDay(finding.spokenAt))
    if (!clause) {
      const known = [...new Set(findings.flatMap((one) => one.basis))].join(', ')
      return refuse('bad_request', `basisIds: ${basisId} is no clause these findings rest on; known: ${known}`, {
        field: `basisIds.${index}`,
      })
    }
    grounds.push({ basisId, citation: clause.citation, version: clause.version })
  }
  return ok(grounds)
}

/** The evidence as it stands now, frozen with the decision. */
async function evidenceFor(
  tx: EnforcementTx,
  dossier: Dossier,
  evidenceIds: readonly string[],
): Promise<Result<Evidence[]>> {
  const { session, findings } = dossier
  const ids = [...new Set(evidenceIds)]
  const seqs = ids.map((id) => (id.startsWith(`${session.id}:`) ? Number(id.slice(session.id.length + 1)) : Number.NaN))
  const events = await tx.events(
    session.id,
    seqs.filter((seq) => Number.isSafeInteger(seq) && seq > 0),
  )
  const evidence: Evidence[] = []
  for (const [index, seq] of seqs.entries()) {
    const event = events.find((one) => one.seq === seq)
    if (!event || (event.channel !== 'speech' && event.channel !== 'chat')) {
      const what = `${ids[index] ?? ''} is no spoken or written line of session ${session.id}`
      return refuse('bad_request', `evidenceIds: ${what}`, { field: `evidenceIds.${index}` })
    }
    if (event.channel === 'speech' && event.partial) {
      return refuse('bad_request', `evidenceIds: ${session.id}:${seq} is a partial transcript, which is no evidence`, {
        field: `evidenceIds.${index}`,
      })
    }
    const finding = strongestOn(findings, seq)
    evidence.push({
      sessionId: session.id,
      seq,
      atMs: event.atMs,
      channel: event.channel,
      text: event.text,
      span: finding?.span ?? null,
      alertId: finding?.alertId ?? null,
    })
  }
  return ok(evidence.sort((a, b) => a.seq - b.seq))
}

type Accepted = {
  command: IssueEnforcement
  keyed: KeyedCommand
  caller: Caller
  dossier: Dossier
  suggestion: Suggestion
  grounds: Ground[]
  evidence: Evidence[]
}

async function write(tx: EnforcementTx, accepted: Accepted): Promise<Enforcement> {
  const { command, caller, dossier, suggestion, grounds, evidence } = accepted
  const { action } = command
  const id = uuidv7()
  const actor = actorOf(caller.person)
  const codes = codesOf(dossier.findings)
  const durationSeconds = command.durationSeconds ?? null
  const until = durationSeconds === null ? null : new Date(dossier.now.getTime() + durationSeconds * 1_000)
  const notice = composeNotice({
    enforcementId: id,
    action,
    durationSeconds,
    issuedAt: dossier.now,
    until,
    codes,
    evidence,
    grounds,
    findings: dossier.findings,
    sessionStartedAt: dossier.session.startedAt,
    strikesAfter: activeWeight(dossier.prior) + ladder.weights[action],
  })
  const enforcement = {
    id,
    action,
    subject: subjectFor(action, dossier),
    roomId: dossier.case.roomId,
    roomTitle: dossier.session.title,
    sessionId: dossier.session.id,
    hostId: dossier.case.hostId,
    hostName: dossier.session.hostName,
    caseId: dossier.case.id,
    codes,
    status: 'issued' as const,
    reason: command.reason.trim() || `按建议处理：${stepWords(suggestion)}（阶梯表 ${suggestion.ladderVersion}）`,
    notice,
    evidence,
    grounds,
    actor,
    issuedAt: dossier.now.toISOString(),
    until: until?.toISOString() ?? null,
    reverses: null,
    demo: dossier.case.demo,
  }
  return tx.record({
    enforcement,
    command: accepted.keyed,
    strike: {
      weight: ladder.weights[action],
      expiresAt: new Date(dossier.now.getTime() + ladder.windowDays * 86_400_000),
    },
    cuts: action === 'suspend' ? 'room' : action === 'ban' ? 'host' : null,
    resolve: { decision: action, by: caller.person, note: command.note },
    audit: enforcementDraft('enforcement.issued', enforcement, {
      actor,
      requestId: caller.requestId,
      reason: enforcement.reason,
      suggestion: stepWords(suggestion),
    }),
  })
}

/** A suspension takes the room off air; everything else is the host's. */
function subjectFor(action: IssueEnforcement['action'], dossier: Dossier): Subject {
  return action === 'suspend' ? { kind: 'room', id: dossier.case.roomId } : { kind: 'host', id: dossier.case.hostId }
}

function follows(command: IssueEnforcement, suggestion: Suggestion): boolean {
  return command.action === suggestion.action && (command.durationSeconds ?? null) === suggestion.durationSeconds
}

function stepWords(step: Pick<Suggestion, 'action' | 'durationSeconds'>): string {
  const name = actionNames[step.action].zh
  return step.durationSeconds === null ? name : `${name} ${zhDuration(step.durationSeconds)}`
}

/** Codes of the findings, strongest first. */
function codesOf(findings: readonly SpokenFinding[]): Code[] {
  const strongest = [...findings].sort((a, b) => b.severity - a.severity || b.score - a.score)
  return [...new Set(strongest.map((finding) => finding.code))]
}

function strongestOn(findings: readonly SpokenFinding[], seq: number): SpokenFinding | undefined {
  return findings
    .filter((finding) => finding.seq === seq)
    .sort((a, b) => b.severity - a.severity || b.score - a.score)[0]
}

/** The calendar day in Beijing, ISO date. */
function beijingDay(moment: Date): string {
  return new Date(moment.getTime() + 8 * 3_600_000).toISOString().slice(0, 10)
}
