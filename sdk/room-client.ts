import { cuttingActions, type RoomEnforcement } from '../src/contracts/enforcement.ts'
import { refuseIssues } from '../src/contracts/errors.ts'
import { closeCodes, type IngestDownData, type SessionStarted } from '../src/contracts/ingest-wire.ts'
import { sessionStartSchema, type SessionStart, type SessionStartInput } from '../src/contracts/session.ts'
import { callApp } from './call-app.ts'
import type { ClientState } from './client-state.ts'
import { defaultTiming, type ClientTiming } from './client-timing.ts'
import { Connection, type DownMessage } from './connection.ts'
import { LiveSession } from './live-session.ts'
import { MeasureBook } from './measure-book.ts'
import { RoomClientError } from './room-client-error.ts'
import { closedError, type SessionClosed } from './session-closed.ts'
import { SessionSender } from './session-sender.ts'

export type RoomClientOptions = {
  /** Where the service is, such as `https://moderation.example`. */
  url: string
  /** The room key, `lw_…`. It travels in the handshake and never in an address. */
  key: string
  /**
   * A measure for one of the rooms: show `notice` to the host and, if it cuts (interrupt, suspend, rectify, ban,
   * expel), stop the stream. The client has stopped sending by then. When the returned promise resolves, the service
   * is told that the measure was obeyed.
   */
  onEnforcement?: (enforcement: RoomEnforcement, session: LiveSession | null) => void | Promise<void>
  /** A measure was ended early. */
  onLifted?: (lifted: IngestDownData<'enforcement.lifted'>) => void
  /** A session is over that the application did not end itself. */
  onClosed?: (closed: SessionClosed, session: LiveSession) => void
  onState?: (state: ClientState) => void
  /** Events a session holds until they are accepted; beyond it `send` throws `paused`. */
  maxBufferedEvents?: number
  timing?: Partial<ClientTiming>
}

type Carried = { sender: SessionSender; session: LiveSession; started: (error: RoomClientError | null) => void }

/**
 * A room's way into the service: one connection, up to 256 sessions. Keeps what is not acknowledged, sends it again
 * after a lost connection, waits when it is asked to, and obeys measures. Works in Node and in a browser.
 *
 *     const client = new RoomClient({ url, key, onEnforcement: (measure) => showToHost(measure.notice) })
 *     const session = await client.start({ roomId: 'r1', title: '新茶上市', host: { id: 'h1', name: '小雨' } })
 *     session.speech('大家好')
 *     await session.end()
 *     await client.close()
 */
export class RoomClient {
  readonly #options: RoomClientOptions
  readonly #timing: ClientTiming
  readonly #connection: Connection
  readonly #measures: MeasureBook
  readonly #carried = new Map<SessionSender, Carried>()
  #closed = false

  /** Throws RoomClientError when the address or the key is missing or cannot be one. */
  constructor(options: RoomClientOptions) {
    checkOptions(options)
    this.#options = options
    this.#timing = { ...defaultTiming, ...options.timing }
    this.#connection = new Connection(
      { url: options.url, key: options.key, timing: this.#timing },
      {
        up: () => this.#up(),
        lost: () => this.#carried.forEach((_, sender) => sender.lost()),
        refused: (error) => this.#keyRefused(error.message),
        down: (message) => this.#down(message),
        state: (state) => callApp(options.onState, state),
        needed: () => this.#carried.size > 0,
      },
    )
    this.#measures = new MeasureBook((data) => this.#connection.request({ type: 'enforcement.ack', data }, 'urgent'))
  }

  /**
   * Begins a broadcast, or resumes the one with the same `sessionRef`. Rejects with RoomClientError: `bad_request`,
   * `unauthorised`, `forbidden`, `room_suspended` with `until`, or `paused` when the service could not be reached
   * within `timing.startMs`.
   */
  async start(input: SessionStartInput): Promise<LiveSession> {
    if (this.#closed) throw clientClosed()
    // Without a name of its own a broadcast could not be resumed after a lost connection.
    const parsed = sessionStartSchema.safeParse({ ...input, sessionRef: input.sessionRef ?? randomRef() })
    if (!parsed.success) throw new RoomClientError(refuseIssues(parsed.error).error, 'client')
    const { sender, session, settled } = this.#carry(parsed.data)
    const timer = Number.isFinite(this.#timing.startMs)
      ? setTimeout(() => this.#giveUp(sender), this.#timing.startMs)
      : undefined
    try {
      if (this.#connection.isUp) sender.resume()
      else this.#connection.open()
      const error = await settled
      if (error) throw error
      return session
    } finally {
      clearTimeout(timer)
    }
  }

  /** Leaves at once: no timer and no socket remain. Await `flush()` or `end()` of the sessions before, to lose nothing. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    for (const sender of [...this.#carried.keys()]) {
      sender.close({ why: 'left', reason: 'The client was closed' })
    }
    this.#connection.close()
  }

  #carry(start: SessionStart): Carried & { settled: Promise<RoomClientError | null> } {
    const sender = new SessionSender(
      start,
      {
        request: (message) => this.#connection.request(message),
        healthy: () => this.#healthy(),
        started: (from, started) => this.#started(from, started),
        closed: (from, closed) => this.#sessionClosed(from, closed),
        state: (state) => callApp(this.#options.onState, state),
      },
      { maxBuffered: this.#options.maxBufferedEvents ?? 10_000, timing: this.#timing },
    )
    const session = new LiveSession(sender, start.startedAt ? Date.parse(start.startedAt) : Date.now())
    let started: Carried['started'] = () => undefined
    const settled = new Promise<RoomClientError | null>((resolve) => {
      started = resolve
    })
    const carried = { sender, session, started }
    this.#carried.set(sender, carried)
    return { ...carried, settled }
  }

  #giveUp(sender: SessionSender): void {
    const message = `${this.#options.url} did not start the session within ${this.#timing.startMs} ms`
    const { isUp, lastError } = this.#connection
    const error = lastError ?? new RoomClientError({ code: 'paused', message }, isUp ? 'service' : 'connection')
    sender.close({ why: 'refused', reason: error.message, error })
    if (this.#carried.size === 0 && !isUp) this.#connection.rest()
  }

  #up(): void {
    for (const sender of this.#carried.keys()) sender.resume()
    this.#measures.acknowledgeAgain()
  }

  #healthy(): void {
    this.#connection.healthy()
    this.#measures.acknowledgeAgain()
  }

  #started(sender: SessionSender, started: SessionStarted): void {
    const carried = this.#carried.get(sender)
    carried?.started(null)
    // A cutting measure in this list is over, or the start had been refused; its broadcast is not this one.
    for (const measure of started.enforcements) this.#measure(measure, [], carried?.session ?? null)
  }

  #sessionClosed(sender: SessionSender, closed: SessionClosed): void {
    const carried = this.#carried.get(sender)
    if (!carried) return
    this.#carried.delete(sender)
    const wasStarted = sender.sessionId !== null
    carried.started(closedError(closed))
    if (wasStarted && closed.why !== 'ended' && closed.why !== 'left') {
      callApp(this.#options.onClosed, closed, carried.session)
    }
  }

  #keyRefused(reason: string): void {
    for (const sender of [...this.#carried.keys()]) sender.close({ why: 'unauthorised', reason })
    this.#connection.rest()
  }

  #down(message: DownMessage): void {
    switch (message.type) {
      case 'enforcement.issued': {
        const affected = this.#affectedBy(message.data)
        this.#measure(message.data, affected, affected[0]?.session ?? null)
        return
      }
      case 'enforcement.lifted':
        callApp(this.#options.onLifted, message.data)
        return
      case 'flow.paused':
        for (const sender of this.#carried.keys()) sender.pause('the service asked for it', message.data.retryAfterMs)
        return
      case 'session.closed':
        this.#closedByService(message.data)
    }
  }

  #closedByService({ sessionId, code, reason, until }: IngestDownData<'session.closed'>): void {
    if (code === closeCodes.unauthorised) return this.#keyRefused(reason)
    if (code === closeCodes.restart) {
      return this.#connection.restart(reason, Math.round(this.#timing.random() * this.#timing.restartSpreadMs))
    }
    if (code === closeCodes.lagging || code === closeCodes.tooLarge) return this.#connection.restart(reason)
    for (const sender of [...this.#carried.keys()]) {
      if (sessionId !== null && sender.sessionId !== sessionId) continue
      if (code === closeCodes.measure) sender.close({ why: 'measure', reason, until: until ?? null })
      else if (code === closeCodes.takenOver) sender.close({ why: 'taken_over', reason })
      else sender.detach()
    }
  }

  #affectedBy(measure: RoomEnforcement): Carried[] {
    return [...this.#carried.values()].filter(({ sender }) => {
      const { kind, id } = measure.subject
      if (measure.sessionId !== null && sender.sessionId === measure.sessionId) return true
      if (kind === 'host') return sender.start.host.id === id
      return kind === 'room' ? sender.start.roomId === id : sender.sessionId === id
    })
  }

  #measure(measure: RoomEnforcement, affected: readonly Carried[], session: LiveSession | null): void {
    if (!this.#measures.receive(measure.enforcementId)) return
    const cuts = cuttingActions.includes(measure.action)
    if (cuts) for (const { sender } of affected) sender.halt(measure.notice || measure.action, measure.until)
    void this.#obey(measure, cuts ? affected : [], cuts, session)
  }

  async #obey(
    measure: RoomEnforcement,
    affected: readonly Carried[],
    cuts: boolean,
    session: LiveSession | null,
  ): Promise<void> {
    const { onEnforcement } = this.#options
    try {
      await onEnforcement?.(measure, session)
      // A reminder that no application has shown to the host was received, but not obeyed.
      if (onEnforcement || cuts) await this.#measures.obeyed(measure.enforcementId)
    } catch (error) {
      callApp(this.#options.onState, { state: 'callback-failed', enforcementId: measure.enforcementId, error })
    }
    const reason = measure.notice || measure.action
    for (const { sender } of affected) sender.close({ why: 'measure', reason, until: measure.until })
  }
}

function clientClosed(): RoomClientError {
  return new RoomClientError({ code: 'session_closed', message: 'The client was closed; make a new one' }, 'client')
}

/** 128 random bits. `crypto.randomUUID` is missing in pages that were not loaded over https. */
function randomRef(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** Without these nothing can ever work; better said here than by a connection that is refused later. */
function checkOptions({ url, key }: RoomClientOptions): void {
  if (typeof key !== 'string' || key === '') {
    const message =
      'key is missing: create one with "livewarden key create" and pass it, for example from LIVEWARDEN_KEY'
    throw new RoomClientError({ code: 'unauthorised', message, field: 'key' }, 'client')
  }
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    const message = `url ${JSON.stringify(url)} is no address such as http://localhost:3000`
    throw new RoomClientError({ code: 'bad_request', message, field: 'url' }, 'client')
  }
}
