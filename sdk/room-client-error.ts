import { errors, type ErrorCode, type WireError } from '../src/contracts/errors.ts'

/** Who said no: the service, the way to it, or this client before anything was sent. */
export type RoomClientErrorSource = 'service' | 'connection' | 'client'

/** Every refusal a caller of the client can meet, with the code of the wire. */
export class RoomClientError extends Error {
  override readonly name = 'RoomClientError'
  readonly code: ErrorCode
  readonly source: RoomClientErrorSource
  /** Whether the same call can succeed later without a change. */
  readonly retryable: boolean
  /** Path of the offending field, such as `text`. */
  readonly field: string | undefined
  readonly retryAfterMs: number | undefined
  /** End of the measure behind `room_suspended`; null when it has none of its own. */
  readonly until: string | null | undefined

  constructor(error: WireError, source: RoomClientErrorSource, cause?: unknown) {
    super(error.message, cause === undefined ? undefined : { cause })
    this.code = error.code
    this.source = source
    this.retryable = errors[error.code].retryable
    this.field = error.field
    this.retryAfterMs = error.retryAfterMs
    this.until = error.until
  }
}
