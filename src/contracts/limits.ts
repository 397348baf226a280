/** Bounds of the wire. Every buffer and every field a stranger fills has one; beyond it a typed error answers. */
export const limits = {
  /** Largest WebSocket frame in bytes; a larger one closes the socket with 1009. */
  frameBytes: 65_536,
  /** Largest HTTP body in bytes; a larger one is answered 413. */
  bodyBytes: 1_048_576,
  /** Events in one `events.append`. */
  batchEvents: 200,
  /** Longest text of one event in UTF-16 units. */
  textUnits: 2_000,
  /** Frames a room may have sent without an answer. */
  unansweredFrames: 64,
  /** Sessions one socket may carry. */
  sessionsPerSocket: 256,
  /** Seconds after which a session without events ends by itself. */
  silenceSeconds: 600,
  /** Milliseconds after which a hole in `seq`, offered again, is accepted and recorded as not analysed. */
  gapGraceMs: 10_000,
  /** Milliseconds of stream time without a finding after which an alert's group closes. */
  groupIdleMs: 600_000,
  /** Milliseconds a socket may stay open without a key. */
  authMs: 5_000,
} as const

/** The longest id a producer may choose for a room, host, user or product, in UTF-16 units. */
export const idUnits = 128
