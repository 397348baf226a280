import type { RoomGrant } from '../access/access.ts'
import type { IngestDownData, IngestDownType } from '../contracts/ingest-wire.ts'
import { closeCodes } from '../contracts/ingest-wire.ts'
import { limits } from '../contracts/limits.ts'
import type { Talker } from './on.ts'
import { RecentSet } from './recent-set.ts'
import { TokenBucket } from './token-bucket.ts'

/** How a message reaches a room: over Socket.IO or over a plain WebSocket. */
export type RoomTransport = {
  send<T extends IngestDownType>(type: T, data: IngestDownData<T>): void
  /** Ends the connection; what was sent before still arrives. */
  end(code: number, reason: string): void
}

/** A broadcast this connection carries. */
export type Carried = { readonly sessionId: string; readonly roomId: string; readonly hostId: string }

/** Ended broadcasts and told measures a connection remembers; of older ones it may hear twice. */
const mostRemembered = 1_000

/** Waits by how a measure that cuts is obeyed. */
type Wait = { enforcementId: string; resolve: () => void }

/** One connection of a producer, over whichever door, with the broadcasts it carries. */
export class RoomClient implements Talker {
  readonly transport: RoomTransport
  readonly address: string
  turn: Promise<unknown> = Promise.resolve()
  /** Null until a key was given. */
  key: string | null
  grant: RoomGrant | null = null
  /** Broadcasts it carries now. */
  readonly sessions = new Map<string, Carried>()
  /** Broadcasts it carried before. Frames for them may still come; `ingest` refuses those with the reason. */
  readonly left = new RecentSet(mostRemembered)
  /** Measures it has been told of that may still be told again, or lifted. */
  readonly told = new RecentSet(mostRemembered)
  /** `session.start` under way: a connection that is about to carry a broadcast is not idle. */
  starting = 0
  readonly #bucket = new TokenBucket(2_000, 1_000)
  readonly #adoptions = new Map<string, Promise<void>>()
  #unanswered = 0
  #waits: Wait[] = []
  #closed = false

  constructor(transport: RoomTransport, address: string, key: string | null) {
    this.transport = transport
    this.address = address
    this.key = key
  }

  get closed(): boolean {
    return this.#closed
  }

  tooFast(): number | null {
    return this.#unanswered > limits.unansweredFrames ? 100 : this.#bucket.take()
  }

  /** Counts a frame until it has been answered. */
  async counted<T>(answer: () => Promise<T>): Promise<T> {
    this.#unanswered += 1
    try {
      return await answer()
    } finally {
      this.#unanswered -= 1
    }
  }

  /** Looks a session up once, however many frames ask for it at the same time. */
  adoptOnce(sessionId: string, adopt: () => Promise<void>): Promise<void> {
    const known = this.#adoptions.get(sessionId)
    if (known) return known
    const adoption = adopt().finally(() => this.#adoptions.delete(sessionId))
    this.#adoptions.set(sessionId, adoption)
    return adoption
  }

  /** Resolves when the room says that it obeyed, when the connection ends, or after `ms`. */
  obeyed(enforcementId: string, ms: number): Promise<void> {
    if (this.#closed) return Promise.resolve()
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.noteObeyed(enforcementId), ms)
      const done = () => {
        clearTimeout(timer)
        resolve()
      }
      this.#waits.push({ enforcementId, resolve: done })
    })
  }

  noteObeyed(enforcementId: string): void {
    const done = this.#waits.filter((wait) => wait.enforcementId === enforcementId)
    this.#waits = this.#waits.filter((wait) => wait.enforcementId !== enforcementId)
    for (const wait of done) wait.resolve()
  }

  /** The key is not, or no longer, accepted. */
  refuseKey(reason: string): void {
    this.end(closeCodes.unauthorised, reason)
  }

  /** Says why, and ends the connection. */
  end(code: number, reason: string): void {
    if (this.#closed) return
    this.transport.send('session.closed', { sessionId: null, code, reason })
    this.transport.end(code, reason)
  }

  /** The connection is gone. */
  gone(): void {
    this.#closed = true
    for (const wait of this.#waits.splice(0)) wait.resolve()
  }
}
