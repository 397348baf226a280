import type { Fanout } from '../bus/fanout.ts'
import { hasUnsequenced, sequenceFacts } from '../store/console-log.ts'
import type { Db } from '../store/database.ts'

export type RelayDeps = { db: Db; fanout: Fanout; onError(error: unknown): void }

/** Looks by itself this often, in case a notice was lost. */
const pollMs = 1_000
/** A fact committed beside a transaction that still runs waits for it; the relay looks again soon, then less often. */
const retryMs = { first: 5, most: 200 }

/**
 * Gives committed facts their place in the stream, and says so. Every gateway runs one; the database lets one work at a
 * time. Notices that come while it works are answered by one more round.
 */
export class Relay {
  readonly #deps: RelayDeps
  readonly #stopHearing: () => void
  readonly #poll: NodeJS.Timeout
  #retry: NodeJS.Timeout | null = null
  #round: Promise<void> | null = null
  #again = false
  #closed = false
  #head = -1
  #wait = retryMs.first

  constructor(deps: RelayDeps) {
    this.#deps = deps
    this.#stopHearing = deps.fanout.subscribe('facts', () => this.#wake())
    this.#poll = setInterval(() => this.#wake(), pollMs)
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#stopHearing()
    clearInterval(this.#poll)
    if (this.#retry) clearTimeout(this.#retry)
    await this.#round
  }

  #wake(): void {
    if (this.#closed) return
    if (this.#round) {
      this.#again = true
      return
    }
    this.#again = false
    this.#round = this.#run().finally(() => {
      this.#round = null
      if (this.#again) this.#wake()
    })
  }

  async #run(): Promise<void> {
    try {
      if (!(await hasUnsequenced(this.#deps.db))) return
      const head = await sequenceFacts(this.#deps.db)
      if (head !== null && head !== this.#head) {
        this.#head = head
        this.#deps.fanout.publish({ topic: 'stream', seq: head })
      }
      if (await hasUnsequenced(this.#deps.db)) this.#lookAgain()
      else this.#wait = retryMs.first
    } catch (error) {
      this.#deps.onError(error)
    }
  }

  #lookAgain(): void {
    if (this.#closed || this.#retry) return
    this.#retry = setTimeout(() => {
      this.#retry = null
      this.#wake()
    }, this.#wait)
    this.#wait = Math.min(this.#wait * 2, retryMs.most)
  }
}
