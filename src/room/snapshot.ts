import { noCourse } from './course.ts'
import type { AlertGroup, Evidence, RoomState } from './room-state.ts'

/** Raised when the shape of `RoomState` changes. */
export const snapshotVersion = 4

/** Versions that `restoreRoom` reads; a snapshot of another is not restored, the session is folded anew. */
export const readableSnapshots: readonly number[] = [2, 3, snapshotVersion]

/** A room as plain JSON. */
export type RoomSnapshot = { version: number; room: RoomState }

/** The state as JSON data; `restoreRoom` gives it back unchanged. */
export function snapshotRoom(state: RoomState): RoomSnapshot {
  return { version: snapshotVersion, room: JSON.parse(JSON.stringify(state)) as RoomState }
}

/**
 * The room of a snapshot, brought to the present shape. Throws when it is of a version that is not readable: fold the
 * session's events from the start instead.
 */
export function restoreRoom(snapshot: unknown): RoomState {
  if (!isSnapshot(snapshot)) {
    const known = readableSnapshots.join(' or ')
    throw new Error(`Room snapshot is not of version ${known}; fold the session from its first event instead`)
  }
  switch (snapshot.version) {
    case snapshotVersion:
      return snapshot.room as RoomState
    case 3:
      return fromThird(snapshot.room as ThirdRoom)
    default:
      return fromThird(fromSecond(snapshot.room as SecondRoom))
  }
}

/** Version 3 knew not what the talk had been about. */
type ThirdRoom = Omit<RoomState, 'course'>

function fromThird(room: ThirdRoom): RoomState {
  return { ...room, course: noCourse }
}

/** Version 2 knew no promises and no testimonials, and not which product a finding was about. */
type SecondRoom = Omit<ThirdRoom, 'promises' | 'testimonies' | 'calledAtMs' | 'groups'> & {
  readonly groups: { readonly [code in keyof RoomState['groups']]?: SecondGroup }
}
type SecondGroup = { readonly alert: AlertGroup['alert']; readonly evidence: readonly SecondEvidence[] }
type SecondEvidence = Omit<Evidence, 'product' | 'correctedAtMs'> & { readonly corrected?: boolean }

function fromSecond(room: SecondRoom): ThirdRoom {
  const product = room.product?.id ?? null
  const groups = Object.entries(room.groups).map(([code, group]) => [
    code,
    { alert: group.alert, evidence: group.evidence.map((item) => fromSecondEvidence(item, product)) },
  ])
  return { ...room, groups: Object.fromEntries(groups), promises: [], testimonies: [], calledAtMs: null }
}

/** What was said is taken to be about the product that is on the counter now. */
function fromSecondEvidence({ corrected, ...item }: SecondEvidence, product: string | null): Evidence {
  return corrected === true ? { ...item, product, correctedAtMs: item.atMs } : { ...item, product }
}

function isSnapshot(value: unknown): value is { version: number; room: object } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'version' in value &&
    typeof value.version === 'number' &&
    readableSnapshots.includes(value.version) &&
    'room' in value &&
    typeof value.room === 'object' &&
    value.room !== null
  )
}
