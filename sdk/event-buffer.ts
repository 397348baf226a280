import { limits } from '../src/contracts/limits.ts'
import type { RoomEvent } from '../src/contracts/room-event.ts'
import { utf8Length } from './utf8-length.ts'

/** Bytes of events in one frame: well under the wire's 64 KB, so that the envelope never matters. */
export const batchBytes = 48 * 1_024
/** Room for a `seq` that grows when a session is renumbered. */
const seqSlack = 10

export type Batch = { events: RoomEvent[]; firstSeq: number; lastSeq: number }

/**
 * Events of one session that the service has not acknowledged, in `seq` order, and how far they have been sent.
 *
 *     firstSeq            cursor            nextSeq
 *        │  sent, no answer  │   not sent yet  │
 *        ▼                   ▼                 ▼
 *       [e e e e e e e e e e|e e e e e e e e e]
 *
 * `accept` moves firstSeq, `take` moves the cursor, `push` moves nextSeq, `rewind` takes the cursor back.
 */
export class EventBuffer {
  #items: { event: RoomEvent; bytes: number }[] = []
  /** Index of the oldest item still held; the array is compacted now and then instead of shifted each time. */
  #head = 0
  #firstSeq = 1
  #cursor = 1

  get size(): number {
    return this.#items.length - this.#head
  }

  get firstSeq(): number {
    return this.#firstSeq
  }

  get nextSeq(): number {
    return this.#firstSeq + this.size
  }

  /** Bytes an event needs in a frame. */
  static bytesOf(event: RoomEvent): number {
    return utf8Length(JSON.stringify(event)) + seqSlack
  }

  /** Adds the event that carries `nextSeq`. */
  push(event: RoomEvent, bytes: number): void {
    this.#items.push({ event, bytes })
  }

  /** The next events to send, at most 200 and 48 KB; null when all have been sent. */
  take(): Batch | null {
    const from = this.#head + (this.#cursor - this.#firstSeq)
    const events: RoomEvent[] = []
    let bytes = 0
    for (let index = from; index < this.#items.length && events.length < limits.batchEvents; index += 1) {
      const item = this.#items[index]
      if (!item || (events.length > 0 && bytes + item.bytes > batchBytes)) break
      events.push(item.event)
      bytes += item.bytes
    }
    if (events.length === 0) return null
    const firstSeq = this.#cursor
    this.#cursor += events.length
    return { events, firstSeq, lastSeq: this.#cursor - 1 }
  }

  /** Forgets everything up to `through` and says how many events that were. */
  accept(through: number): number {
    const count = Math.min(Math.max(through - this.#firstSeq + 1, 0), this.size)
    this.#head += count
    this.#firstSeq += count
    this.#cursor = Math.max(this.#cursor, this.#firstSeq)
    if (this.#head > 1_024 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    }
    return count
  }

  /** Sends again from `seq`, or from the oldest event held. */
  rewind(seq: number): void {
    this.#cursor = Math.min(Math.max(seq, this.#firstSeq), this.nextSeq)
  }

  /** Gives what is held the numbers from `firstSeq` on, because it goes into another session. */
  renumber(firstSeq: number): void {
    const shift = firstSeq - this.#firstSeq
    this.#items = this.#items.slice(this.#head).map(({ event, bytes }) => ({ event: shifted(event, shift), bytes }))
    this.#head = 0
    this.#firstSeq = firstSeq
    this.#cursor = firstSeq
  }
}

/** A correction of an event that stayed behind in the other session loses its reference. */
function shifted(event: RoomEvent, shift: number): RoomEvent {
  const seq = event.seq + shift
  if (event.channel !== 'speech' || event.revises === undefined) return { ...event, seq }
  const { revises, ...rest } = event
  return revises + shift >= 1 ? { ...rest, seq, revises: revises + shift } : { ...rest, seq }
}
