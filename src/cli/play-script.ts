import { setTimeout as sleepFor } from 'node:timers/promises'
import type { LiveSession } from '../../sdk/live-session.ts'
import { RoomClientError } from '../../sdk/room-client-error.ts'
import type { SessionClosed } from '../../sdk/session-closed.ts'
import type { RoomEvent } from '../contracts/room-event.ts'

/** Milliseconds that only go forward, and a wait that ends early, without an error, when the signal fires. */
export type PlayClock = {
  now(): number
  sleep(ms: number, signal: AbortSignal): Promise<void>
}

export type PlayProgress = { sent: number; total: number; acceptedThrough: number; atMs: number }

export type PlayOptions = {
  /** 1 is the speed of speech, 10 ten times faster; `max` waits for acknowledgements only. */
  speed: number | 'max'
  /** Stops the play and leaves the broadcast as it is: not ended, resumable by its `sessionRef`. */
  signal?: AbortSignal
  onProgress?: (progress: PlayProgress) => void
  clock?: PlayClock
}

/** How a play came to its end. `sent` counts from the beginning of the script, `atMs` is the time in the broadcast. */
export type Played = { sent: number; atMs: number } & (
  { outcome: 'played' | 'stopped' } | { outcome: 'closed'; closed: SessionClosed }
)

/** Longest wait a Node timer can hold. */
const longestSleepMs = 2 ** 31 - 1

/**
 * Sends the events of a script at their times and ends the broadcast after the last. A resumed broadcast goes on behind
 * what the service already has. Waits when the session's buffer is full; stops when a measure or anything else closes
 * the session. Throws RoomClientError only for an event that the session refuses as unfit.
 */
export async function playScript(
  script: { readonly events: readonly RoomEvent[] },
  session: LiveSession,
  options: PlayOptions,
): Promise<Played> {
  const over = new AbortController()
  void session.whenClosed.then(() => over.abort())
  const stop = options.signal ? AbortSignal.any([options.signal, over.signal]) : over.signal
  const player = new Player(script.events, session, options, stop)
  const forget = session.onAccepted(() => player.report())
  try {
    return await player.play()
  } finally {
    forget()
  }
}

class Player {
  readonly #events: readonly RoomEvent[]
  readonly #session: LiveSession
  readonly #options: PlayOptions
  readonly #stop: AbortSignal
  readonly #stopped: Promise<void>
  readonly #clock: PlayClock
  #sent = 0
  #atMs = 0

  constructor(events: readonly RoomEvent[], session: LiveSession, options: PlayOptions, stop: AbortSignal) {
    this.#events = events
    this.#session = session
    this.#options = options
    this.#stop = stop
    this.#stopped = new Promise((resolve) => {
      if (stop.aborted) resolve()
      else stop.addEventListener('abort', () => resolve(), { once: true })
    })
    this.#clock = options.clock ?? realClock
  }

  async play(): Promise<Played> {
    this.#sent = Math.min(this.#session.nextSeq - 1, this.#events.length)
    // A broadcast begins with its silence; a resumed one begins where it stopped.
    const beginMs = this.#sent === 0 ? 0 : (this.#events[this.#sent]?.atMs ?? 0)
    this.#atMs = this.#events[this.#sent - 1]?.atMs ?? 0
    const begunAt = this.#clock.now()
    while (this.#sent < this.#events.length) {
      const event = this.#events[this.#sent]
      if (!event) break
      if (this.#options.speed !== 'max') {
        await this.#sleepUntil(begunAt + (event.atMs - beginMs) / this.#options.speed)
      }
      if (this.#stop.aborted) return this.#ended()
      if (await this.#send(event)) {
        this.#sent += 1
        this.#atMs = event.atMs
        this.report()
      }
    }
    return this.#finish()
  }

  report(): void {
    const { acceptedThrough } = this.#session
    this.#options.onProgress?.({ sent: this.#sent, total: this.#events.length, acceptedThrough, atMs: this.#atMs })
  }

  async #sleepUntil(time: number): Promise<void> {
    for (let left = time - this.#clock.now(); left > 0 && !this.#stop.aborted; left = time - this.#clock.now()) {
      await this.#clock.sleep(Math.min(left, longestSleepMs), this.#stop)
    }
  }

  /** False when the event has to be offered again, or the session is over. */
  async #send({ seq: _seq, ...event }: RoomEvent): Promise<boolean> {
    try {
      if (event.channel === 'end') return true
      this.#session.send(event)
      return true
    } catch (error) {
      if (!(error instanceof RoomClientError)) throw error
      // A measure stops the sending first and closes the session a moment later.
      if (error.code === 'room_suspended' || error.code === 'session_closed')
        await this.#orStop(this.#session.whenClosed)
      else if (error.code === 'paused') await this.#orStop(this.#session.ready())
      else if (!this.#session.closed) throw error
      return false
    }
  }

  async #finish(): Promise<Played> {
    await this.#orStop(this.#session.end({ atMs: this.#atMs }))
    return this.#ended()
  }

  #ended(): Played {
    const { closed } = this.#session
    const place = { sent: this.#sent, atMs: this.#atMs }
    if (!closed) return { ...place, outcome: 'stopped' }
    return closed.why === 'ended' ? { ...place, outcome: 'played' } : { ...place, outcome: 'closed', closed }
  }

  /** Waits for the promise or for the stop; that the session is over is no error here, `#ended` tells it. */
  async #orStop(promise: Promise<unknown>): Promise<void> {
    await Promise.race([promise.catch((error: unknown) => this.#unlessOver(error)), this.#stopped])
  }

  #unlessOver(error: unknown): void {
    if (!this.#session.closed) throw error
  }
}

const realClock: PlayClock = {
  now: () => performance.now(),
  async sleep(ms, signal) {
    try {
      await sleepFor(ms, undefined, { signal })
    } catch (error) {
      if (!signal.aborted) throw error
    }
  },
}
