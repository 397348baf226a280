import { io, type Socket } from 'socket.io-client'
import { refuse, wireErrorSchema, type WireError } from '../src/contracts/errors.ts'
import {
  ingestDown,
  replySchema,
  type EnforcementAck,
  type EventsAppend,
  type IngestDownData,
  type IngestDownType,
  type Reply,
} from '../src/contracts/ingest-wire.ts'
import type { SessionStart } from '../src/contracts/session.ts'
import { backoffMs, type ClientTiming } from './client-timing.ts'
import type { ClientState } from './client-state.ts'
import { RoomClientError } from './room-client-error.ts'

/** Frames of one socket without an answer; the service allows 64. */
const maxFrames = 48

export type UpMessage =
  | { type: 'session.start'; data: SessionStart }
  | { type: 'events.append'; data: EventsAppend }
  | { type: 'enforcement.ack'; data: EnforcementAck }

export type DownMessage = { [T in IngestDownType]: { type: T; data: IngestDownData<T> } }[IngestDownType]

export type ConnectionHandlers = {
  up(): void
  /** Called once per loss, before requests under way answer null. */
  lost(): void
  /** The key is not accepted; trying again is pointless. */
  refused(error: RoomClientError): void
  down(message: DownMessage): void
  state(state: ClientState): void
  /** Whether somebody needs a connection. */
  needed(): boolean
}

type Pending = { message: UpMessage; resolve: (reply: Reply | null) => void }

/**
 * One Socket.IO connection to `/ingest` that comes back by itself while it is needed. It knows frames and answers,
 * nothing of sessions. Every attempt uses a socket of its own, so nothing of an old one can be mistaken for the new.
 */
export class Connection {
  readonly #url: string
  readonly #key: string
  readonly #timing: ClientTiming
  readonly #handlers: ConnectionHandlers
  #socket: Socket | null = null
  #timer: ReturnType<typeof setTimeout> | null = null
  #attempt = 0
  #underWay = 0
  #urgent: Pending[] = []
  #queue: Pending[] = []
  #closed = false
  /** The latest reason why there is no connection. */
  lastError: RoomClientError | null = null

  constructor(options: { url: string; key: string; timing: ClientTiming }, handlers: ConnectionHandlers) {
    this.#url = options.url
    this.#key = options.key
    this.#timing = options.timing
    this.#handlers = handlers
  }

  get isUp(): boolean {
    return this.#socket?.connected === true
  }

  /** Connects unless that is under way. */
  open(): void {
    if (this.#closed || this.#socket || this.#timer) return
    this.#connect()
  }

  /** Sends one frame and gives its answer; null when the connection was lost before it came. Never rejects. */
  request(message: UpMessage, urgency: 'urgent' | 'in turn' = 'in turn'): Promise<Reply | null> {
    if (!this.isUp) return Promise.resolve(null)
    return new Promise((resolve) => {
      const queue = urgency === 'urgent' ? this.#urgent : this.#queue
      queue.push({ message, resolve })
      this.#dispatch()
    })
  }

  /** Leaves this connection and comes back after `delayMs`, or after the usual back-off. */
  restart(reason: string, delayMs?: number): void {
    if (this.#closed) return
    this.#leave()
    this.#comeBack(reason, delayMs)
  }

  /** The service answered properly: the next trouble starts with a short wait again. */
  healthy(): void {
    this.#attempt = 0
  }

  /** Leaves until the next `open`. */
  rest(): void {
    this.#leave()
    this.#handlers.state({ state: 'idle' })
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#leave()
    this.#handlers.state({ state: 'closed' })
  }

  #connect(): void {
    this.#handlers.state({ state: 'connecting' })
    const socket = io(new URL('/ingest', this.#url).href, {
      transports: ['websocket'],
      auth: { key: this.#key },
      forceNew: true,
      reconnection: false,
      autoConnect: false,
      timeout: this.#timing.connectMs,
    })
    this.#socket = socket
    this.#startTimer(this.#timing.connectMs, () => this.restart(`no answer within ${this.#timing.connectMs} ms`))
    socket.on('connect', () => this.#connected(socket))
    socket.on('connect_error', (error: Error & { data?: unknown }) => this.#connectFailed(socket, error))
    socket.on('disconnect', (reason: string) => {
      if (socket === this.#socket) this.#disconnected(reason)
    })
    socket.onAny((type: string, data: unknown) => {
      if (socket === this.#socket) this.#received(type, data)
    })
    socket.connect()
  }

  #connected(socket: Socket): void {
    if (socket !== this.#socket) return
    this.#stopTimer()
    this.lastError = null
    this.#handlers.state({ state: 'connected' })
    this.#handlers.up()
  }

  #connectFailed(socket: Socket, error: Error & { data?: unknown }): void {
    if (socket !== this.#socket) return
    const said = refusalOf(error)
    if (said && (said.code === 'unauthorised' || said.code === 'forbidden')) {
      this.#leave()
      this.#handlers.refused(new RoomClientError(said, 'service'))
      return
    }
    this.lastError = said ? new RoomClientError(said, 'service') : unreachable(this.#url, error)
    this.restart(said?.message ?? detailOf(error), said?.retryAfterMs)
  }

  #disconnected(reason: string): void {
    this.#leave()
    this.#comeBack(reason)
  }

  #comeBack(reason: string, delayMs?: number): void {
    this.lastError ??= unreachable(this.#url, new Error(reason))
    if (!this.#handlers.needed()) {
      this.#handlers.state({ state: 'idle' })
      return
    }
    this.#attempt += 1
    const wait = delayMs ?? backoffMs(this.#attempt, this.#timing)
    this.#handlers.state({ state: 'reconnecting', reason, attempt: this.#attempt, delayMs: wait })
    this.#startTimer(wait, () => {
      if (this.#handlers.needed()) this.#connect()
      else this.#handlers.state({ state: 'idle' })
    })
  }

  /** Forgets the socket, if any, and answers null to everybody who waits for it. */
  #leave(): void {
    this.#stopTimer()
    const socket = this.#socket
    this.#socket = null
    if (!socket) return
    this.#handlers.lost()
    const waiting = [...this.#urgent, ...this.#queue]
    this.#urgent = []
    this.#queue = []
    this.#underWay = 0
    for (const { resolve } of waiting) resolve(null)
    socket.offAny()
    socket.removeAllListeners()
    // Frames under way answer null through their callbacks here.
    socket.disconnect()
  }

  #dispatch(): void {
    const socket = this.#socket
    while (socket && this.#underWay < maxFrames) {
      const next = this.#urgent.shift() ?? this.#queue.shift()
      if (!next) return
      this.#underWay += 1
      this.#emit(socket, next)
    }
  }

  #emit(socket: Socket, { message, resolve }: Pending): void {
    socket.timeout(this.#timing.answerMs).emit(message.type, message.data, (error: Error | null, answer: unknown) => {
      if (socket !== this.#socket) {
        resolve(null)
        return
      }
      this.#underWay -= 1
      if (error) {
        this.restart(`no answer to ${message.type} within ${this.#timing.answerMs} ms`)
        resolve(null)
        return
      }
      const reply = replySchema.safeParse(answer)
      resolve(reply.success ? reply.data : refuse('internal', `The service answered ${message.type} with nonsense`))
      this.#dispatch()
    })
  }

  #received(type: string, data: unknown): void {
    const message = parseDown(type, data)
    // A message of a newer service that this client does not know asks nothing of it.
    if (message) this.#handlers.down(message)
  }

  #startTimer(ms: number, run: () => void): void {
    this.#stopTimer()
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

function parseDown(type: string, data: unknown): DownMessage | null {
  if (!Object.hasOwn(ingestDown, type)) return null
  const known = type as IngestDownType
  const parsed = ingestDown[known].safeParse(data)
  // The schema was looked up by this very type, which the compiler cannot follow through the union.
  return parsed.success ? ({ type: known, data: parsed.data } as DownMessage) : null
}

/** What the service said when it refused the handshake; null when the way to it failed. */
function refusalOf(error: Error & { data?: unknown }): WireError | null {
  const direct = wireErrorSchema.safeParse(error.data)
  if (direct.success) return direct.data
  const wrapped = replySchema.safeParse(error.data)
  return wrapped.success && !wrapped.data.ok ? wrapped.data.error : null
}

function unreachable(url: string, cause: Error): RoomClientError {
  const message = `Cannot reach ${url}: ${detailOf(cause)}. Is the service running there?`
  return new RoomClientError({ code: 'paused', message }, 'connection', cause)
}

/** In Node the transport says `websocket error` and keeps what the network said, such as ECONNREFUSED, beside it. */
function detailOf(cause: Error & { description?: unknown }): string {
  const { description } = cause
  const said = typeof description === 'object' && description !== null && 'message' in description
  return said && typeof description.message === 'string' && description.message ? description.message : cause.message
}
