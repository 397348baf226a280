import type { Socket } from 'socket.io'
import type { StreamItem } from '../contracts/console-wire.ts'
import type { Person } from '../contracts/people.ts'
import type { Talker } from './on.ts'
import { TokenBucket } from './token-bucket.ts'

/** More than this waiting to be sent: the console does not read. Text is counted in UTF-16 units, which costs nothing. */
const mostPackets = 1_000
const mostUnits = 1_048_576
/** How a Socket.IO packet begins that answers a question: its type, and the namespace. */
const answerStart = '3/'
/** Facts kept for a console while its `since` is answered. */
const mostHeld = 20_000

/**
 * Where a console stands in the stream. While its `since` is being answered facts are held back, so that the answer
 * comes first and nothing falls between it and the first batch.
 */
type Following =
  { state: 'not' } | { state: 'asking'; held: StreamItem[]; asked: number } | { state: 'following'; through: number }

/** One console's socket. */
export class ConsoleClient implements Talker {
  readonly socket: Socket
  readonly token: string
  person: Person
  turn: Promise<unknown> = Promise.resolve()
  readonly #bucket = new TokenBucket(100, 50)
  #following: Following = { state: 'not' }
  #asked = 0

  constructor(socket: Socket, token: string, person: Person) {
    this.socket = socket
    this.token = token
    this.person = person
  }

  tooFast(): number | null {
    return this.#bucket.take()
  }

  /** From here on facts are held, until `follow` with the number this gives. */
  hold(): number {
    this.#asked += 1
    this.#following = { state: 'asking', held: [], asked: this.#asked }
    return this.#asked
  }

  /** The answer reached `through`; what was held beyond it is sent now. A newer question makes this one void. */
  follow(asked: number, through: number): void {
    const before = this.#following
    if (before.state !== 'asking' || before.asked !== asked) return
    this.#following = { state: 'following', through }
    const news = this.take(before.held)
    if (news.length > 0) this.socket.emit('batch', { items: news })
  }

  /** Which of these facts, in order, are to be sent now: those it has already are not, those it waits for are held. */
  take(items: readonly StreamItem[]): readonly StreamItem[] {
    const following = this.#following
    if (following.state === 'not') return []
    if (following.state === 'asking') {
      if (following.held.length + items.length > mostHeld) this.drop('lagging')
      else following.held.push(...items)
      return []
    }
    const first = items.findIndex((item) => item.streamSeq > following.through)
    if (first < 0) return []
    following.through = items.at(-1)?.streamSeq ?? following.through
    return first === 0 ? items : items.slice(first)
  }

  /**
   * Whether too much waits to be sent. One answer is left out, the largest: a snapshot may be larger than all that may
   * wait, and its console has done no wrong.
   */
  get lagging(): boolean {
    // The engine keeps here what its transport has not taken yet; `bufferedAmount` of the socket below stays 0.
    const { writeBuffer } = this.socket.conn as unknown as { writeBuffer: readonly { data?: unknown }[] }
    if (writeBuffer.length > mostPackets) return true
    let units = 0
    let largestAnswer = 0
    for (const { data } of writeBuffer) {
      if (typeof data !== 'string') continue
      units += data.length
      if (data.startsWith(answerStart)) largestAnswer = Math.max(largestAnswer, data.length)
    }
    return units - largestAnswer > mostUnits
  }

  /** Ends the connection with a close code that the browser's page can read; a peer that does not answer is cut. */
  drop(reason: string, code = 4429): void {
    const { conn } = this.socket
    const transport = conn.transport as unknown as { socket?: { close(code: number, reason: string): void } }
    transport.socket?.close(code, reason)
    setTimeout(() => conn.close(true), 1_000).unref()
  }
}
