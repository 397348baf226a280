import type { EventsAccepted, SessionStarted } from '../contracts/ingest-wire.ts'
import type { Result } from '../contracts/errors.ts'
import type { RoomEvent } from '../contracts/room-event.ts'
import type { SessionStart } from '../contracts/session.ts'

/** What a producer's key allows; the same shape that `access` grants. */
export type ProducerGrant = { keyId: string; rooms: 'all' | readonly string[]; demo: boolean }

/** The one way in: Socket.IO, plain WebSocket and HTTP all end here, with parsed messages. */
export type Ingest = {
  /** Starts or resumes a broadcast; `room_suspended` with `until` while a measure runs. */
  start(grant: ProducerGrant, start: SessionStart): Promise<Result<SessionStarted & { roomId: string }>>
  /** Answers after the commit. Duplicates are harmless; a hole is `seq_gap`; other content is `seq_conflict`. */
  append(grant: ProducerGrant, sessionId: string, events: readonly RoomEvent[]): Promise<Result<EventsAccepted>>
  /** Commits what is waiting, then refuses with `paused`. */
  close(): Promise<void>
}
