import type { RoomState } from './room-state.ts'

/** Raised when the shape of `RoomState` changes; a snapshot of another version is not restored but folded anew. */
export const snapshotVersion = 2

/** A room as plain JSON. */
export type RoomSnapshot = { version: number; room: RoomState }

/** The state as JSON data; `restoreRoom` gives it back unchanged. */
export function snapshotRoom(state: RoomState): RoomSnapshot {
  return { version: snapshotVersion, room: JSON.parse(JSON.stringify(state)) as RoomState }
}

/** The room of a snapshot. Throws when it is of another version: fold the session's events from the start instead. */
export function restoreRoom(snapshot: unknown): RoomState {
  if (!isSnapshot(snapshot)) {
    throw new Error(`Room snapshot is not of version ${snapshotVersion}; fold the session from its first event instead`)
  }
  return snapshot.room
}

function isSnapshot(value: unknown): value is RoomSnapshot {
  return (
    typeof value === 'object' &&
    value !== null &&
    'version' in value &&
    value.version === snapshotVersion &&
    'room' in value &&
    typeof value.room === 'object'
  )
}
