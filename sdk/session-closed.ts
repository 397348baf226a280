import { RoomClientError } from './room-client-error.ts'

/** Why a session takes no more events, and how many of those handed over were never accepted. */
export type SessionClosed = { sessionId: string; reason: string; unaccepted: number } & (
  | { why: 'ended' | 'left' | 'taken_over' | 'unauthorised' }
  /** A measure took the room off air; `until` is null when it has no end of its own. */
  | { why: 'measure'; until: string | null }
  | { why: 'refused'; error: RoomClientError }
)

/** The error that waits and calls on a closed session end with. */
export function closedError(closed: SessionClosed): RoomClientError {
  switch (closed.why) {
    case 'measure':
      return new RoomClientError({ code: 'room_suspended', message: closed.reason, until: closed.until }, 'service')
    case 'unauthorised':
      return new RoomClientError({ code: 'unauthorised', message: closed.reason }, 'service')
    case 'refused':
      return closed.error
    case 'taken_over':
      return new RoomClientError({ code: 'session_closed', message: closed.reason }, 'service')
    case 'ended':
    case 'left':
      return new RoomClientError({ code: 'session_closed', message: closed.reason }, 'client')
  }
}
