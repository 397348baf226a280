import { errors } from '../src/contracts/errors.ts'
import type { EnforcementAck, Reply } from '../src/contracts/ingest-wire.ts'

/** Measures remembered; a service that repeats one this old repeats it to the application too. */
const remembered = 1_000

/**
 * What this client knows of measures: each is shown to the application once, however often the service repeats it, and
 * its acknowledgement is repeated until the service has it.
 */
export class MeasureBook {
  readonly #acknowledge: (ack: EnforcementAck) => Promise<Reply | null>
  readonly #statuses = new Map<string, EnforcementAck['status']>()
  readonly #unconfirmed = new Set<string>()
  readonly #underWay = new Set<string>()

  constructor(acknowledge: (ack: EnforcementAck) => Promise<Reply | null>) {
    this.#acknowledge = acknowledge
  }

  /** Acknowledges that the measure has come. False when it was known already. */
  receive(enforcementId: string): boolean {
    const known = this.#statuses.has(enforcementId)
    if (!known) {
      this.#statuses.set(enforcementId, 'received')
      const oldest = this.#statuses.keys().next().value
      if (this.#statuses.size > remembered && oldest !== undefined) this.#statuses.delete(oldest)
    }
    void this.#tell(enforcementId)
    return !known
  }

  /** Acknowledges that the room has done what the measure asks; resolves when that was answered, or could not be. */
  obeyed(enforcementId: string): Promise<void> {
    this.#statuses.set(enforcementId, 'obeyed')
    return this.#tell(enforcementId)
  }

  /** Repeats what the service may not know yet; called whenever the connection proves to be well. */
  acknowledgeAgain(): void {
    for (const enforcementId of this.#unconfirmed) {
      if (!this.#underWay.has(enforcementId)) void this.#tell(enforcementId)
    }
  }

  async #tell(enforcementId: string): Promise<void> {
    const status = this.#statuses.get(enforcementId)
    if (!status) return
    this.#unconfirmed.add(enforcementId)
    this.#underWay.add(enforcementId)
    const reply = await this.#acknowledge({ enforcementId, status })
    if (this.#statuses.get(enforcementId) !== status) return
    this.#underWay.delete(enforcementId)
    // A lasting refusal is an answer too: the measure is over, or not this room's.
    if (reply && (reply.ok || !errors[reply.error.code].retryable)) this.#unconfirmed.delete(enforcementId)
  }
}
