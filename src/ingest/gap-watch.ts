/** Sessions whose hole is remembered; beyond it the oldest is forgotten, and its grace time begins anew. */
const most = 10_000

/**
 * Remembers since when a session has been offered events past a hole. A producer that still leaves the same hole after
 * the grace time has lost those events for good; they are then declared as not analysed.
 */
export class GapWatch {
  readonly #graceMs: number
  readonly #now: () => number
  readonly #holes = new Map<string, { expectedSeq: number; since: number }>()

  constructor(graceMs: number, now: () => number) {
    this.#graceMs = graceMs
    this.#now = now
  }

  /** Events were refused because `expectedSeq` is missing. */
  seen(sessionId: string, expectedSeq: number): void {
    if (this.#holes.get(sessionId)?.expectedSeq === expectedSeq) return
    this.#holes.delete(sessionId)
    this.#holes.set(sessionId, { expectedSeq, since: this.#now() })
    const oldest = this.#holes.keys().next().value
    if (this.#holes.size > most && oldest !== undefined) this.#holes.delete(oldest)
  }

  /** Where the session's hole begins, when it has been offered long enough to be accepted; else null. */
  oldHole(sessionId: string): number | null {
    const hole = this.#holes.get(sessionId)
    return hole !== undefined && this.#now() - hole.since >= this.#graceMs ? hole.expectedSeq : null
  }

  forget(sessionId: string): void {
    this.#holes.delete(sessionId)
  }
}
