/**
 * Work that comes in rounds, one at a time. A call while a round is under way is answered by one more round after it, so
 * that what was committed meanwhile is never missed and never looked for twice.
 */
export class Rounds {
  readonly #work: () => Promise<void>
  #round: Promise<void> | null = null
  #again = false
  #closed = false

  /** `work` handles its own errors. */
  constructor(work: () => Promise<void>) {
    this.#work = work
  }

  get closed(): boolean {
    return this.#closed
  }

  wake(): void {
    if (this.#closed) return
    if (this.#round) {
      this.#again = true
      return
    }
    this.#again = false
    this.#round = this.#work().finally(() => {
      this.#round = null
      if (this.#again) this.wake()
    })
  }

  /** Starts no further round and resolves when the last one is over. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#round
  }
}
