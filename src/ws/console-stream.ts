import type { ConsoleFact, StreamItem } from '../contracts/console-wire.ts'
import type { ConsoleClient } from './console-client.ts'

/** Facts are collected this long, so that a busy minute is tens of messages and not thousands. */
const batchMs = 25
/** Alerts of this severity do not wait. */
const urgentSeverity = 5

/** Brings the stream to every console of this process, in order. */
export class ConsoleStream {
  readonly #clients: ReadonlySet<ConsoleClient>
  readonly #sendTo: (socketIds: string[], items: readonly StreamItem[]) => void
  #waiting: StreamItem[] = []
  #timer: NodeJS.Timeout | null = null
  #pushed = 0

  /** `sendTo` sends one message to many, written once. */
  constructor(
    clients: ReadonlySet<ConsoleClient>,
    sendTo: (socketIds: string[], items: readonly StreamItem[]) => void,
  ) {
    this.#clients = clients
    this.#sendTo = sendTo
  }

  /** The last fact that was sent to whoever follows. */
  get pushed(): number {
    return this.#pushed
  }

  add(items: readonly StreamItem[]): void {
    this.#waiting.push(...items)
    if (items.some(({ fact }) => isUrgent(fact))) this.#flush()
    else this.#timer ??= setTimeout(() => this.#flush(), batchMs)
  }

  close(): void {
    if (this.#timer) clearTimeout(this.#timer)
  }

  #flush(): void {
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = null
    const items = this.#waiting
    this.#waiting = []
    if (items.length === 0) return
    this.#pushed = items.at(-1)?.streamSeq ?? this.#pushed
    const whole: string[] = []
    for (const client of this.#clients) {
      const news = client.take(items)
      if (news.length === items.length) whole.push(client.socket.id)
      else if (news.length > 0) this.#sendTo([client.socket.id], news)
    }
    if (whole.length > 0) this.#sendTo(whole, items)
  }
}

/** What a person waits for: the gravest alerts, who holds a case, and decisions. */
function isUrgent(fact: ConsoleFact): boolean {
  switch (fact.type) {
    case 'alert.opened':
    case 'alert.updated':
    case 'alert.withdrawn':
      return fact.alert.severity >= urgentSeverity
    case 'case.updated':
    case 'enforcement.issued':
    case 'enforcement.updated':
      return true
    case 'session.started':
    case 'session.ended':
    case 'coverage.gap':
      return false
  }
}
