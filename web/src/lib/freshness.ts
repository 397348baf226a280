/** How much a screen may be trusted: live, late, or standing still. */
export type FreshnessLevel = 'connecting' | 'live' | 'late' | 'lost'
export type Freshness = {
  level: FreshnessLevel
  /** Delivery delay of the last heartbeat or item, in server time, milliseconds. */
  delayMs: number
  /** Milliseconds since anything was heard. */
  silentMs: number
  /** Server time of the last thing heard, milliseconds; null before the first. */
  frozenAt: number | null
}

/** Delay above which data counts as late, and the silences after which it is late and lost, milliseconds. */
export const lateDelayMs = 2_000
export const lateSilenceMs = 5_000
export const lostSilenceMs = 10_000

const offsetsKept = 30

/**
 * Judges data by its age, never by the state of a socket. The clock difference to the server is the smallest one seen
 * lately: what arrives later than that was under way longer.
 */
export class FreshnessGauge {
  #offsets: number[] = []
  #lastHeardLocal: number | null = null
  #lastServer: number | null = null
  #lastDelay = 0

  /** Something with a server time arrived at a local time, both in milliseconds. */
  hear(localMs: number, serverMs: number): void {
    const difference = localMs - serverMs
    this.#offsets.push(difference)
    if (this.#offsets.length > offsetsKept) this.#offsets.shift()
    this.#lastHeardLocal = localMs
    this.#lastServer = Math.max(serverMs, this.#lastServer ?? serverMs)
    this.#lastDelay = difference - Math.min(...this.#offsets)
  }

  /** Server time at a local time, milliseconds. */
  serverTime(localMs: number): number {
    return this.#offsets.length === 0 ? localMs : localMs - Math.min(...this.#offsets)
  }

  read(localMs: number): Freshness {
    if (this.#lastHeardLocal === null) return { level: 'connecting', delayMs: 0, silentMs: 0, frozenAt: null }
    const silentMs = Math.max(0, localMs - this.#lastHeardLocal)
    const late = this.#lastDelay > lateDelayMs || silentMs > lateSilenceMs
    const level = silentMs > lostSilenceMs ? 'lost' : late ? 'late' : 'live'
    return { level, delayMs: this.#lastDelay, silentMs, frozenAt: this.#lastServer }
  }
}
