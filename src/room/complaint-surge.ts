import type { Finding } from '../contracts/finding.ts'
import type { ChatEvent } from '../contracts/room-event.ts'
import { roomBounds } from './room-state.ts'
import type { RoomState } from './room-state.ts'

/** DOMAIN F6: this many different viewers complaining within this time is a surge, to be looked at by a person. */
const surge = { viewers: 5, ms: 180_000 } as const

/** The room with one more complaint remembered. */
export function withComplaint(state: RoomState, event: ChatEvent): RoomState {
  const recent = state.complaints.filter(({ atMs, userId }) => event.atMs - atMs <= surge.ms && userId !== event.userId)
  const complaints = [...recent, { userId: event.userId, seq: event.seq, atMs: event.atMs }]
  return { ...state, complaints: complaints.slice(-roomBounds.complaints) }
}

/** The complaint's finding raised to 2 when it completes a surge; a single complaint is a note. */
export function surgeOf(state: RoomState, event: ChatEvent, findings: readonly Finding[]): Finding | undefined {
  const complaint = findings.find(({ code }) => code === 'chat.complaint')
  if (complaint === undefined || state.complaints.length < surge.viewers) return undefined
  return {
    ...complaint,
    severity: 2,
    evidenceSeqs: state.complaints.map(({ seq }) => seq).sort((a, b) => a - b),
    notes: [...complaint.notes, `${surge.ms / 60_000} 分钟内 ${state.complaints.length} 名观众投诉`],
    seq: event.seq,
  }
}
