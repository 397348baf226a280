/** Failed handshakes a second from one address, and good ones a second in all, before the next is turned away. */
const failedPerSecond = 10
const allPerSecond = 200

/** Counts handshakes by the second, so that neither a guesser of keys nor a storm of reconnects takes the loop. */
export class HandshakeLimit {
  #second = 0
  #all = 0
  #failed = new Map<string, number>()

  /** Whether a further handshake of this address may go on; counts it. */
  admit(address: string): boolean {
    this.#turn()
    this.#all += 1
    return this.#all <= allPerSecond && (this.#failed.get(address) ?? 0) < failedPerSecond
  }

  /** The key or login was wrong. */
  failed(address: string): void {
    this.#turn()
    this.#failed.set(address, (this.#failed.get(address) ?? 0) + 1)
  }

  #turn(): void {
    const second = Math.floor(performance.now() / 1_000)
    if (second === this.#second) return
    this.#second = second
    this.#all = 0
    this.#failed.clear()
  }
}
