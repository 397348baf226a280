import { enforcementDraft, service } from './audit-draft.ts'
import { confirm } from './confirm.ts'
import type { EnforcementDoor } from './enforcement.ts'
import { issue, suggestFor } from './issue.ts'
import { ladder } from './ladder.ts'
import { lift } from './lift.ts'
import type { EnforcementPorts } from './ports.ts'

/** Seconds a room has to say that it received a measure. */
const confirmSeconds = 8

/** The one door for measures over its ports. */
export function createEnforcement(ports: EnforcementPorts): EnforcementDoor {
  return {
    issue: (command, caller) => issue(ports, command, caller),
    lift: (command, caller) => lift(ports, command, caller),
    async suggest(caseId) {
      const dossier = await ports.store.dossier(caseId, ladder.windowDays)
      return dossier ? suggestFor(dossier) : null
    },
    endDue: () =>
      ports.store.endDue((measure) =>
        enforcementDraft('enforcement.ended', measure, { actor: service, requestId: '', reason: '期限届满' }),
      ),
    markUnconfirmed: () => ports.store.markUnconfirmed(confirmSeconds),
    confirm: (enforcementId, status, roomIds) => confirm(ports, enforcementId, status, roomIds),
  }
}
