/** Waits of the client, in milliseconds. The defaults suit production; tests shorten them. */
export type ClientTiming = {
  /** One attempt to connect. */
  connectMs: number
  /** `start` gives up after this; `Infinity` tries for ever. */
  startMs: number
  /** A frame without an answer for so long means a dead connection. */
  answerMs: number
  backoffMinMs: number
  backoffMaxMs: number
  /** After "the service restarts", clients return spread over this time and not all at once. */
  restartSpreadMs: number
  /** Uniform in [0, 1); the only randomness of the client. */
  random: () => number
}

export const defaultTiming: ClientTiming = {
  connectMs: 10_000,
  startMs: 10_000,
  answerMs: 15_000,
  backoffMinMs: 250,
  backoffMaxMs: 5_000,
  restartSpreadMs: 5_000,
  random: Math.random,
}

/** Doubling wait before attempt `attempt` (from 1), drawn from its upper half so that clients do not return in step. */
export function backoffMs(attempt: number, timing: ClientTiming): number {
  const full = Math.min(timing.backoffMaxMs, timing.backoffMinMs * 2 ** Math.min(attempt - 1, 30))
  return Math.round(full * (0.5 + timing.random() * 0.5))
}
