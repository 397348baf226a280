import { refuseIssues, type WireError } from '../src/contracts/errors.ts'
import {
  eventsAcceptedSchema,
  sessionStartedSchema,
  type Reply,
  type SessionStarted,
} from '../src/contracts/ingest-wire.ts'
import { limits } from '../src/contracts/limits.ts'
import { roomEventSchema, type RoomEvent } from '../src/contracts/room-event.ts'
import type { SessionStart } from '../src/contracts/session.ts'
import { callApp } from './call-app.ts'
import type { ClientState } from './client-state.ts'
import { backoffMs, type ClientTiming } from './client-timing.ts'
import type { UpMessage } from './connection.ts'
import { batchBytes, EventBuffer, type Batch } from './event-buffer.ts'
import { RoomClientError } from './room-client-error.ts'
import { closedError, type SessionClosed } from './session-closed.ts'

/** Frames of one session without an answer. */
const maxFrames = 8
/** How soon a full buffer is worth another look. */
const fullRetryMs = 100

/** What a session needs of the client that carries it. */
export type Carrier = {
  request(message: UpMessage): Promise<Reply | null>
  healthy(): void
  started(sender: SessionSender, started: SessionStarted): void
  closed(sender: SessionSender, closed: SessionClosed): void
  state(state: ClientState): void
}

/** `RoomEvent` before it has a place in a session. */
export type UnplacedEvent = Record<string, unknown> & { channel: RoomEvent['channel'] }

/**
 * `offline`: no connection. `starting`: `session.start` is under way or about to be repeated. `open`: events flow.
 * `detached`: connected, but the broadcast is over on the other side; the next event begins a new one.
 */
type Phase = 'offline' | 'starting' | 'open' | 'detached'

type Waiter = { count: number; resolve: () => void; reject: (error: RoomClientError) => void }

type Ending = SessionClosed extends infer C
  ? C extends SessionClosed
    ? Omit<C, 'sessionId' | 'unaccepted'>
    : never
  : never

/**
 * Brings the events of one session to the service: in order, none lost, over as many connections as it takes.
 *
 * Up to eight frames are under way. The first refusal among them makes the ones behind it worthless (the service stores
 * nothing past a hole), so it takes the cursor back and the `flight` number up; answers to an older flight only count
 * when they accept something. A lost connection does the same with the `epoch`; then `session.start` says from where to
 * go on. Sending something twice is harmless, so every doubt is settled by sending again.
 */
export class SessionSender {
  readonly start: SessionStart
  readonly #carrier: Carrier
  readonly #timing: ClientTiming
  readonly #maxBuffered: number
  readonly #buffer = new EventBuffer()
  #sessionId: string | null = null
  #closed: SessionClosed | null = null
  #phase: Phase = 'offline'
  #halted: { reason: string; until: string | null } | null = null
  #ending = false
  #pumpScheduled = false
  #epoch = 0
  #flight = 0
  #underWay = 0
  #failures = 0
  #lastGapSeq = 0
  /** Events handed over and accepted since the start; unlike `seq` they survive a renumbering. */
  #pushed = 0
  #accepted = 0
  #timer: ReturnType<typeof setTimeout> | null = null
  #timerAt = 0
  #waiters: Waiter[] = []
  #roomWaiters: Waiter[] = []
  readonly #acceptedListeners = new Set<(through: number) => void>()
  #settleClosed: (closed: SessionClosed) => void = () => undefined
  readonly whenClosed = new Promise<SessionClosed>((resolve) => {
    this.#settleClosed = resolve
  })

  constructor(start: SessionStart, carrier: Carrier, options: { maxBuffered: number; timing: ClientTiming }) {
    this.start = start
    this.#carrier = carrier
    this.#maxBuffered = options.maxBuffered
    this.#timing = options.timing
  }

  get sessionId(): string | null {
    return this.#sessionId
  }
  get closed(): SessionClosed | null {
    return this.#closed
  }
  get nextSeq(): number {
    return this.#buffer.nextSeq
  }
  get acceptedThrough(): number {
    return this.#buffer.firstSeq - 1
  }
  get buffered(): number {
    return this.#buffer.size
  }

  /** Hands an event over and gives its `seq`. Throws what a caller can do something about. */
  push(event: UnplacedEvent): number {
    this.#throwIfOver()
    if (this.#buffer.size >= this.#maxBuffered) {
      const message = `${this.#buffer.size} events wait to be accepted; await ready() before the next one`
      throw new RoomClientError({ code: 'paused', message, retryAfterMs: fullRetryMs }, 'client')
    }
    return this.#add(event)
  }

  /** Hands the `end` event over; nothing follows it. */
  pushEnd(atMs: number): void {
    if (this.#ending) return
    this.#throwIfOver()
    this.#add({ channel: 'end', atMs })
    this.#ending = true
  }

  /** Resolves when the buffer has room for another event. */
  ready(): Promise<void> {
    if (this.#closed) return Promise.reject(closedError(this.#closed))
    if (this.#buffer.size < this.#maxBuffered) return Promise.resolve()
    return this.#wait(this.#roomWaiters, 0)
  }

  /** Resolves when everything handed over so far has been accepted. */
  flush(): Promise<void> {
    if (this.#accepted >= this.#pushed) return Promise.resolve()
    if (this.#closed) return Promise.reject(closedError(this.#closed))
    return this.#wait(this.#waiters, this.#pushed)
  }

  onAccepted(listener: (through: number) => void): () => void {
    this.#acceptedListeners.add(listener)
    return () => this.#acceptedListeners.delete(listener)
  }

  /** There is a connection (again). */
  resume(): void {
    if (this.#closed) return
    // An end that may have arrived would make `session.start` open a new broadcast; offering it again says which it is.
    if (this.#ending && this.#sessionId !== null) {
      this.#buffer.rewind(this.#buffer.firstSeq)
      this.#phase = 'open'
      this.#pump()
    } else void this.#begin()
  }

  /** The connection is gone; nothing under way will be answered. */
  lost(): void {
    this.#epoch += 1
    this.#flight += 1
    this.#underWay = 0
    this.#phase = 'offline'
    this.#stopTimer()
  }

  /** Sends nothing for a while. */
  pause(reason: string, ms: number): void {
    if (this.#phase !== 'open' || (this.#timer && this.#timerAt >= Date.now() + ms)) return
    this.#carrier.state({ state: 'paused', sessionId: this.#sessionId ?? '', reason, retryAfterMs: ms })
    this.#startTimer(ms, () => this.#pump())
  }

  /** A measure forbids the room to go on: from here on nothing more is taken or sent. */
  halt(reason: string, until: string | null): void {
    this.#halted ??= { reason, until }
  }

  /** The service ended the broadcast without a measure, for example after a long silence. The next event begins anew. */
  detach(): void {
    if (this.#phase === 'offline') return
    this.lost()
    this.#phase = 'detached'
    if (this.#buffer.size > 0) this.resume()
  }

  close(ending: Ending): void {
    if (this.#closed) return
    this.lost()
    const closed = { ...ending, sessionId: this.#sessionId ?? '', unaccepted: this.#pushed - this.#accepted }
    this.#closed = closed
    const error = closedError(closed)
    for (const { reject } of [...this.#waiters, ...this.#roomWaiters]) reject(error)
    this.#waiters = []
    this.#roomWaiters = []
    this.#settleClosed(closed)
    this.#carrier.closed(this, closed)
  }

  #throwIfOver(): void {
    if (this.#closed) throw closedError(this.#closed)
    if (this.#halted !== null) {
      const { reason, until } = this.#halted
      throw new RoomClientError({ code: 'room_suspended', message: reason, until }, 'service')
    }
    if (this.#ending) {
      throw new RoomClientError({ code: 'session_closed', message: 'end() was called; start a new session' }, 'client')
    }
  }

  #add(unplaced: UnplacedEvent): number {
    const seq = this.#buffer.nextSeq
    const parsed = roomEventSchema.safeParse({ ...unplaced, seq })
    if (!parsed.success) throw new RoomClientError(refuseIssues(parsed.error).error, 'client')
    const bytes = EventBuffer.bytesOf(parsed.data)
    if (bytes > batchBytes) {
      const message = `The event has ${bytes} bytes; a frame carries at most ${batchBytes}`
      throw new RoomClientError({ code: 'too_large', message }, 'client')
    }
    this.#buffer.push(parsed.data, bytes)
    this.#pushed += 1
    this.#schedulePump()
    return seq
  }

  /** Events handed over in one go of the event loop leave in one frame. */
  #schedulePump(): void {
    if (this.#pumpScheduled) return
    this.#pumpScheduled = true
    queueMicrotask(() => {
      this.#pumpScheduled = false
      if (this.#phase === 'detached') this.resume()
      else this.#pump()
    })
  }

  #pump(): void {
    while (this.#phase === 'open' && this.#halted === null && this.#timer === null && this.#underWay < maxFrames) {
      const batch = this.#buffer.take()
      if (!batch || this.#sessionId === null) return
      this.#underWay += 1
      void this.#append(this.#sessionId, batch)
    }
  }

  async #append(sessionId: string, batch: Batch): Promise<void> {
    const { epoch, flight } = { epoch: this.#epoch, flight: this.#flight }
    const reply = await this.#carrier.request({ type: 'events.append', data: { sessionId, events: batch.events } })
    if (this.#closed || sessionId !== this.#sessionId) return
    if (epoch === this.#epoch) this.#underWay -= 1
    if (reply?.ok) this.#acceptedReply(reply.data, epoch === this.#epoch)
    else if (reply && epoch === this.#epoch && flight === this.#flight) this.#refused(reply.error, batch)
    this.#pump()
  }

  #acceptedReply(data: unknown, current: boolean): void {
    const parsed = eventsAcceptedSchema.safeParse(data)
    if (!parsed.success) {
      if (current) this.#tryAgain('The service acknowledged with nonsense')
      return
    }
    this.#failures = 0
    this.#carrier.healthy()
    this.#acceptThrough(parsed.data.acceptedThrough)
    const { retryAfterMs } = parsed.data
    if (current && retryAfterMs !== undefined && retryAfterMs > 0) this.pause('the service is busy', retryAfterMs)
  }

  #acceptThrough(through: number): void {
    const count = this.#buffer.accept(through)
    if (count === 0) return
    this.#accepted += count
    for (const listener of this.#acceptedListeners) callApp(listener, this.acceptedThrough)
    const done = this.#waiters.filter((waiter) => waiter.count <= this.#accepted)
    this.#waiters = this.#waiters.filter((waiter) => waiter.count > this.#accepted)
    for (const { resolve } of done) resolve()
    if (this.#buffer.size < this.#maxBuffered) {
      for (const { resolve } of this.#roomWaiters.splice(0)) resolve()
    }
    if (this.#ending && this.#buffer.size === 0) this.close({ why: 'ended', reason: 'The broadcast has ended' })
  }

  #refused(error: WireError, batch: Batch): void {
    switch (error.code) {
      case 'seq_gap':
        this.#gap(error, batch)
        return
      case 'paused':
      case 'rate_limited':
      case 'internal':
      case 'audit_unavailable':
        this.#tryAgain(error.message, error.retryAfterMs)
        return
      case 'unknown_session':
        this.#reopen(error)
        return
      case 'session_closed':
        if (this.#ending) this.#closedWhileEnding(error)
        else this.#reopen(error)
        return
      case 'room_suspended':
        this.close({ why: 'measure', reason: error.message, until: error.until ?? null })
        return
      default:
        this.close({ why: 'refused', reason: error.message, error: new RoomClientError(error, 'service') })
    }
  }

  #gap(error: WireError, batch: Batch): void {
    const expected = error.expectedSeq ?? this.#buffer.firstSeq
    this.#flight += 1
    this.#buffer.rewind(expected)
    if (expected < this.#buffer.firstSeq) {
      // Accepted once and lost by the service. Offered again after its grace time, the hole is recorded and we go on.
      const sessionId = this.#sessionId ?? ''
      this.#carrier.state({ state: 'gap', sessionId, fromSeq: expected, toSeq: this.#buffer.firstSeq - 1 })
      this.#startTimer(error.retryAfterMs ?? limits.gapGraceMs, () => this.#pump())
    } else if (expected === this.#lastGapSeq || expected >= batch.firstSeq) {
      // No hole before what was offered, or the same one as before: begin at the oldest event, after a wait.
      this.#tryAgain(error.message)
    }
    this.#lastGapSeq = expected
  }

  #tryAgain(reason: string, retryAfterMs = 0): void {
    this.#flight += 1
    this.#failures += 1
    this.#buffer.rewind(this.#buffer.firstSeq)
    this.pause(reason, Math.max(retryAfterMs, backoffMs(this.#failures, this.#timing)))
  }

  /** The service does not know the session (any more): `session.start` finds it or opens the next. */
  #reopen(error: WireError): void {
    this.#failures += 1
    if (this.#failures > 5) {
      this.close({ why: 'refused', reason: error.message, error: new RoomClientError(error, 'service') })
      return
    }
    this.#flight += 1
    void this.#begin()
  }

  #closedWhileEnding(error: WireError): void {
    // Only the end itself is left over: the broadcast has ended, if not by us.
    if (this.#buffer.size === 1) this.#acceptThrough(this.#buffer.firstSeq)
    else this.close({ why: 'refused', reason: error.message, error: new RoomClientError(error, 'service') })
  }

  /** Asks for the session until there is an answer that counts, or the connection is lost. */
  async #begin(): Promise<void> {
    const epoch = this.#epoch
    this.#phase = 'starting'
    const reply = await this.#carrier.request({ type: 'session.start', data: this.start })
    if (epoch !== this.#epoch || reply === null) return
    if (reply.ok) {
      const parsed = sessionStartedSchema.safeParse(reply.data)
      if (parsed.success) this.#adopt(parsed.data)
      else this.#beginAgain('The service answered session.start with nonsense')
    } else this.#startRefused(reply.error)
  }

  #startRefused(error: WireError): void {
    switch (error.code) {
      case 'paused':
      case 'rate_limited':
      case 'internal':
      case 'audit_unavailable':
        this.#beginAgain(error.message, error.retryAfterMs)
        return
      case 'room_suspended':
        this.close({ why: 'measure', reason: error.message, until: error.until ?? null })
        return
      default:
        this.close({ why: 'refused', reason: error.message, error: new RoomClientError(error, 'service') })
    }
  }

  #beginAgain(reason: string, retryAfterMs = 0): void {
    this.#failures += 1
    const wait = Math.max(retryAfterMs, backoffMs(this.#failures, this.#timing))
    this.#carrier.state({ state: 'paused', sessionId: this.#sessionId ?? '', reason, retryAfterMs: wait })
    this.#startTimer(wait, () => void this.#begin())
  }

  #adopt(started: SessionStarted): void {
    const previous = this.#sessionId
    this.#sessionId = started.sessionId
    this.#flight += 1
    if (previous === started.sessionId) {
      if (started.resumeFrom > this.#buffer.nextSeq) {
        this.#takenBySomebody(started.resumeFrom)
        return
      }
      this.#buffer.rewind(started.resumeFrom)
      this.#acceptThrough(started.resumeFrom - 1)
    } else this.#buffer.renumber(started.resumeFrom)
    this.#phase = 'open'
    this.#carrier.healthy()
    this.#carrier.started(this, started)
    if (previous !== null && previous !== started.sessionId) {
      this.#carrier.state({ state: 'continued', sessionId: started.sessionId, previousSessionId: previous })
    }
    this.#pump()
  }

  #takenBySomebody(resumeFrom: number): void {
    const message = `Session ${this.#sessionId} already holds seq ${resumeFrom - 1}, which this client never sent: another producer uses the same sessionRef`
    const error = new RoomClientError({ code: 'seq_conflict', message }, 'client')
    this.close({ why: 'refused', reason: message, error })
  }

  #wait(waiters: Waiter[], count: number): Promise<void> {
    return new Promise((resolve, reject) => waiters.push({ count, resolve, reject }))
  }

  #startTimer(ms: number, run: () => void): void {
    this.#stopTimer()
    this.#timerAt = Date.now() + ms
    this.#timer = setTimeout(() => {
      this.#timer = null
      run()
    }, ms)
  }

  #stopTimer(): void {
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = null
  }
}
