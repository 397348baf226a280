import type { Fanout } from '../bus/fanout.ts'
import { factsSince, streamHead, type RoomStreamItem } from '../store/console-log.ts'
import type { Db } from '../store/database.ts'
import { Rounds } from './rounds.ts'

export type FollowerDeps = {
  db: Db
  fanout: Fanout
  /** Facts in order, each once. */
  onItems(items: readonly RoomStreamItem[]): void
  onError(error: unknown): void
}

const pollMs = 1_000
const mostAtOnce = 500

/** Reads the console log once for this process and hands its facts on; sockets of rooms and consoles live on this. */
export class LogFollower {
  readonly #deps: FollowerDeps
  #cursor = 0
  #stopHearing: () => void = () => undefined
  #poll: NodeJS.Timeout | null = null
  readonly #rounds = new Rounds(() => this.#run())
  #started = false
  #readAt = 0

  constructor(deps: FollowerDeps) {
    this.#deps = deps
    this.#stopHearing = deps.fanout.subscribe('stream', ({ seq }) => {
      if (!this.#started || seq > this.#cursor) this.#rounds.wake()
    })
    this.#poll = setInterval(() => this.#rounds.wake(), pollMs)
    this.#rounds.wake()
  }

  /** False until the log could be read; what is pushed before then could leave a hole. */
  get started(): boolean {
    return this.#started
  }

  /** Milliseconds since the log was last read to its end. */
  get ageMs(): number {
    return performance.now() - this.#readAt
  }

  async close(): Promise<void> {
    this.#stopHearing()
    if (this.#poll) clearInterval(this.#poll)
    await this.#rounds.close()
  }

  async #run(): Promise<void> {
    try {
      if (!this.#started) {
        // Whoever connects asks for what was before.
        this.#cursor = (await streamHead(this.#deps.db)).seq
        this.#started = true
      }
      for (;;) {
        const items = await factsSince(this.#deps.db, this.#cursor, mostAtOnce)
        if (this.#rounds.closed) return
        const last = items.at(-1)
        if (last) {
          this.#cursor = last.streamSeq
          this.#deps.onItems(items)
        }
        if (items.length < mostAtOnce) break
      }
      this.#readAt = performance.now()
    } catch (error) {
      this.#deps.onError(error)
    }
  }
}
