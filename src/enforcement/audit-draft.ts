import { createHash } from 'node:crypto'
import canonicalize from 'canonicalize'
import type { AuditDraft } from '../contracts/audit.ts'
import type { Enforcement } from '../contracts/enforcement.ts'
import type { Actor, Person } from '../contracts/people.ts'

/** The service itself, for what happens without anybody asking. */
export const service: Actor = { kind: 'service', id: 'livewarden', name: 'livewarden', role: 'service' }

/** A person as the record names who did something. */
export function actorOf(person: Person): Actor {
  return { kind: 'person', id: person.id, name: person.name, role: person.role }
}

type Recorded = Pick<
  Enforcement,
  'id' | 'action' | 'subject' | 'caseId' | 'codes' | 'reason' | 'notice' | 'evidence' | 'grounds' | 'issuedAt' | 'until'
> & { reverses: string | null }

/**
 * The audit entry of a measure. What was said stands in the measure's own row; the chain holds hashes of evidence and
 * notice, so that words of people never enter what cannot be erased.
 */
export function enforcementDraft(
  kind: 'enforcement.issued' | 'enforcement.lifted' | 'enforcement.ended',
  measure: Recorded,
  by: { actor: Actor; requestId: string; reason: string; suggestion?: string },
): AuditDraft {
  return {
    kind,
    actor: by.actor,
    subject: `${measure.subject.kind}:${measure.subject.id}`,
    reason: by.reason,
    evidenceIds: measure.evidence.map((piece) => `${piece.sessionId}:${piece.seq}`),
    requestId: by.requestId,
    body: {
      enforcementId: measure.id,
      action: measure.action,
      caseId: measure.caseId,
      codes: measure.codes,
      basis: measure.grounds.map((ground) => `${ground.basisId}@${ground.version}`),
      issuedAt: measure.issuedAt,
      until: measure.until,
      reverses: measure.reverses,
      evidenceHash: hashOf(measure.evidence),
      noticeHash: hashOf(measure.notice),
      ...(by.suggestion === undefined ? {} : { suggestion: by.suggestion }),
    },
  }
}

function hashOf(value: unknown): string {
  return createHash('sha256')
    .update(canonicalize(value) ?? '')
    .digest('hex')
}
