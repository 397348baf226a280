import type { EnforcementStatus } from '../contracts/enforcement.ts'
import { ok, refuse, type Result } from '../contracts/errors.ts'
import type { EnforcementPorts } from './ports.ts'

/** How far each status is along the road; what is over is past every confirmation. */
const progress: Readonly<Record<EnforcementStatus, number>> = {
  proposed: 0,
  issued: 1,
  unconfirmed: 1,
  received: 2,
  effective: 3,
  ended: 4,
  lifted: 4,
  reversed: 4,
  expired: 4,
  failed: 4,
}

/**
 * The room's word on a measure, or the gateway's that it cut the room off (`cut`: the room has not answered). A status
 * never goes back, so late and repeated answers change nothing.
 */
export async function confirm(
  ports: EnforcementPorts,
  enforcementId: string,
  said: 'received' | 'obeyed' | 'cut',
  roomIds: 'all' | readonly string[],
): Promise<Result<null>> {
  return ports.store.decide(async (tx) => {
    const locked = await tx.lockEnforcement(enforcementId)
    const unknown = refuse('not_found', `There is no measure ${enforcementId} for this room`)
    if (!locked) return unknown
    const { enforcement } = locked
    if (roomIds !== 'all' && !(enforcement.roomId !== null && roomIds.includes(enforcement.roomId))) {
      // A measure on a host reaches every room of that host, each with its own key.
      const { subject } = enforcement
      if (subject.kind !== 'host' || !(await tx.hostHasRoom(subject.id, roomIds))) return unknown
    }
    const status = said === 'received' ? 'received' : 'effective'
    const answered = said !== 'cut'
    if (progress[enforcement.status] < progress[status]) await tx.advance(enforcementId, status, answered)
    else if (answered && enforcement.status === 'effective' && enforcement.receivedAt === null) {
      // Cut off first, heard of it later.
      await tx.advance(enforcementId, 'effective', answered)
    }
    return ok(null)
  })
}
