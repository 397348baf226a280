import type { BatchOutcome, EventBatch } from '../store/event-log.ts'

type Waiting = { batch: EventBatch; resolve: (outcome: BatchOutcome | Unavailable) => void }

/** Nothing could be stored; the producer keeps its events. */
export type Unavailable = { kind: 'unavailable'; cause: unknown }

export type GroupCommitOptions = {
  commit: (batches: readonly EventBatch[]) => Promise<(BatchOutcome | Unavailable)[]>
  /** Longest wait for company, milliseconds. */
  maxWaitMs: number
  /** A group of this many events does not wait. */
  maxEvents: number
  /** Most events waiting; beyond it `add` answers null. */
  maxWaiting: number
}

/**
 * Collects batches of many producers for a few milliseconds and commits them together: one fsync for all of them. One
 * group is under way at a time, so batches of one session keep their order.
 *
 *     add ─┐ add ─┐  add ─┐
 *          └──────┴───────┴─ ≤ 10 ms or 200 events ─▶ commit ─▶ every add is answered
 */
export class GroupCommit {
  readonly #options: GroupCommitOptions
  #waiting: Waiting[] = []
  #events = 0
  #timer: NodeJS.Timeout | null = null
  #committing: Promise<void> | null = null

  constructor(options: GroupCommitOptions) {
    this.#options = options
  }

  /** Events waiting to be committed, those under way not counted. */
  get waiting(): number {
    return this.#events
  }

  /** Answers after the batch's commit, or null at once when too much is waiting already. */
  add(batch: EventBatch): Promise<BatchOutcome | Unavailable> | null {
    if (this.#events + batch.events.length > this.#options.maxWaiting) return null
    return new Promise((resolve) => {
      this.#waiting.push({ batch, resolve })
      this.#events += batch.events.length
      this.#schedule()
    })
  }

  /** Commits what is waiting and returns when it is on disk. */
  async drain(): Promise<void> {
    while (this.#waiting.length > 0 || this.#committing) {
      if (!this.#committing) this.#flush()
      await this.#committing
    }
  }

  #schedule(): void {
    if (this.#committing) return
    if (this.#events >= this.#options.maxEvents) this.#flush()
    else this.#timer ??= setTimeout(() => this.#flush(), this.#options.maxWaitMs)
  }

  #flush(): void {
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = null
    if (this.#waiting.length === 0) return
    const group = this.#take()
    this.#committing = this.#commit(group).finally(() => {
      this.#committing = null
      if (this.#waiting.length > 0) this.#schedule()
    })
  }

  /** The oldest batches, as many as one statement should carry. */
  #take(): Waiting[] {
    const most = this.#options.maxEvents * 10
    let events = 0
    let count = 0
    while (count < this.#waiting.length && events < most) {
      events += this.#waiting[count]?.batch.events.length ?? 0
      count += 1
    }
    this.#events -= events
    return this.#waiting.splice(0, count)
  }

  async #commit(group: readonly Waiting[]): Promise<void> {
    try {
      const outcomes = await this.#options.commit(group.map(({ batch }) => batch))
      group.forEach(({ resolve }, index) => {
        const outcome = outcomes[index]
        resolve(outcome ?? { kind: 'unavailable', cause: new Error('The commit left a batch without an answer') })
      })
    } catch (cause) {
      for (const { resolve } of group) resolve({ kind: 'unavailable', cause })
    }
  }
}
