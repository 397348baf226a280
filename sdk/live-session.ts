import type { Product, RoomEventInput } from '../src/contracts/room-event.ts'
import type { SessionClosed } from './session-closed.ts'
import type { SessionSender } from './session-sender.ts'

/** An event as an application hands it over: the client gives it its `seq`, and `atMs` unless it is known. */
export type EventDraft = RoomEventInput extends infer E
  ? E extends RoomEventInput
    ? E extends { channel: 'end' }
      ? never
      : Omit<E, 'seq' | 'atMs'> & { atMs?: number }
    : never
  : never

type Extras<C extends EventDraft['channel'], K extends string> = Omit<
  Extract<EventDraft, { channel: C }>,
  'channel' | K
>
export type SpeechExtras = Extras<'speech', 'text'>
export type ChatExtras = Extras<'chat', 'text'>

/** One broadcast, as the application that sends it sees it. Made by `RoomClient.start`. */
export class LiveSession {
  readonly #sender: SessionSender
  readonly #startedAtMs: number

  constructor(sender: SessionSender, startedAtMs: number) {
    this.#sender = sender
    this.#startedAtMs = startedAtMs
  }

  /** The service's id of the session. Changes only when the broadcast had to be continued in a new one. */
  get id(): string {
    return this.#sender.sessionId ?? ''
  }

  get roomId(): string {
    return this.#sender.start.roomId
  }

  /** The name under which this broadcast can be resumed, also by another process. */
  get sessionRef(): string {
    return this.#sender.start.sessionRef ?? ''
  }

  /** `seq` of the next event. More than 1 right after `start` when a broadcast was resumed. */
  get nextSeq(): number {
    return this.#sender.nextSeq
  }

  /** Everything up to this `seq` is committed on the other side. */
  get acceptedThrough(): number {
    return this.#sender.acceptedThrough
  }

  /** Events handed over and not accepted yet. */
  get buffered(): number {
    return this.#sender.buffered
  }

  /** Why the session takes no more events; null while it does. */
  get closed(): SessionClosed | null {
    return this.#sender.closed
  }

  /** Resolves when the session is over, whatever the reason. Never rejects. */
  get whenClosed(): Promise<SessionClosed> {
    return this.#sender.whenClosed
  }

  /**
   * Hands an event over and gives its `seq`. It stays in the buffer until the service has committed it.
   * Throws RoomClientError: `bad_request` or `too_large` with the field, `paused` when the buffer is full (await
   * `ready()`), `room_suspended` or `session_closed` when the session takes no more.
   */
  send(event: EventDraft): number {
    return this.#sender.push({ atMs: this.#now(), ...event })
  }

  /** What the host said; the final of an utterance, unless `partial` is set. */
  speech(text: string, extras: SpeechExtras = {}): number {
    return this.send({ ...extras, channel: 'speech', text })
  }

  /** What a viewer wrote. */
  chat(text: string, extras: ChatExtras): number {
    return this.send({ ...extras, channel: 'chat', text })
  }

  /** What is on the counter from now on. */
  product(product: Product, extras: { atMs?: number } = {}): number {
    return this.send({ ...extras, channel: 'product', product })
  }

  /** How many people watch. */
  audience(viewers: number, extras: { atMs?: number } = {}): number {
    return this.send({ ...extras, channel: 'audience', viewers })
  }

  /** Resolves when the buffer has room. Rejects with RoomClientError when the session is over. */
  ready(): Promise<void> {
    return this.#sender.ready()
  }

  /**
   * Resolves with `acceptedThrough` when everything handed over so far is committed on the other side. Rejects with
   * RoomClientError when the session is over before that.
   */
  async flush(): Promise<number> {
    await this.#sender.flush()
    return this.acceptedThrough
  }

  /** Ends the broadcast; resolves like `flush`. */
  async end(extras: { atMs?: number } = {}): Promise<number> {
    this.#sender.pushEnd(extras.atMs ?? this.#now())
    return this.flush()
  }

  /** Calls `listener` with every new `acceptedThrough`; the returned function stops that. */
  onAccepted(listener: (acceptedThrough: number) => void): () => void {
    return this.#sender.onAccepted(listener)
  }

  #now(): number {
    return Math.max(0, Date.now() - this.#startedAtMs)
  }
}
