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
    this.#holes.set(sessionId, { expectedSeq, since: this.#now() })
  }

  /** Whether the session's hole has been offered long enough to be accepted. */
  isOld(sessionId: string): boolean {
    const hole = this.#holes.get(sessionId)
    return hole !== undefined && this.#now() - hole.since >= this.#graceMs
  }

  forget(sessionId: string): void {
    this.#holes.delete(sessionId)
  }
}
