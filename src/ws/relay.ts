import type { Fanout } from '../bus/fanout.ts'
import { hasUnsequenced, sequenceFacts } from '../store/console-log.ts'
import type { Db } from '../store/database.ts'
import { Rounds } from './rounds.ts'

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
  readonly #rounds = new Rounds(() => this.#run())
  #head = -1
  #wait = retryMs.first

  constructor(deps: RelayDeps) {
    this.#deps = deps
    this.#stopHearing = deps.fanout.subscribe('facts', () => this.#rounds.wake())
    this.#poll = setInterval(() => this.#rounds.wake(), pollMs)
  }

  async close(): Promise<void> {
    this.#stopHearing()
    clearInterval(this.#poll)
    if (this.#retry) clearTimeout(this.#retry)
    await this.#rounds.close()
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
    if (this.#rounds.closed || this.#retry) return
    this.#retry = setTimeout(() => {
      this.#retry = null
      this.#rounds.wake()
    }, this.#wait)
    this.#wait = Math.min(this.#wait * 2, retryMs.most)
  }
}
