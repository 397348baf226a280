import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Server, type Socket } from 'socket.io'
import { cuttingActions, type RoomEnforcement } from '../../src/contracts/enforcement.ts'
import { refuse, refuseIssues, type WireError } from '../../src/contracts/errors.ts'
import {
  ingestUp,
  type EnforcementAck,
  type IngestDownData,
  type IngestDownType,
  type IngestUpType,
  type Reply,
} from '../../src/contracts/ingest-wire.ts'
import type { RoomEvent } from '../../src/contracts/room-event.ts'
import type { SessionStart } from '../../src/contracts/session.ts'

/** What happens to one `events.append`. `commit-cut` stores the events and loses the acknowledgement. */
export type Fault =
  | { kind: 'none' }
  | { kind: 'delay'; ms: number }
  | { kind: 'cut' }
  | { kind: 'commit-cut' }
  | { kind: 'refuse'; error: WireError }
  | { kind: 'false-gap' }
  | { kind: 'busy'; retryAfterMs: number }

export type StubSession = {
  id: string
  start: SessionStart
  events: RoomEvent[]
  ended: boolean
  /** Seqs up to here are held or were declared lost. */
  lastSeq: number
}

export type IngestStub = {
  url: string
  sessions: StubSession[]
  acks: EnforcementAck[]
  /** Frames as they came: what a bound is checked against. */
  frames: { type: string; bytes: number; events: number }[]
  /** Most `events.append` without an answer at one time. */
  mostUnanswered: () => number
  connections: () => number
  /** Asked for every `events.append`, in order of arrival. */
  fault: (frame: number) => Fault
  /** Refuses `session.start` while it returns an error. */
  refuseStart: (start: SessionStart) => WireError | null
  enforce(measure: RoomEnforcement, options?: { close?: boolean }): void
  down<T extends IngestDownType>(type: T, data: IngestDownData<T>): void
  /** Whether a hole in `seq` is taken as lost for good. */
  acceptGaps: boolean
  cutAll(): void
  endSilently(session: StubSession): void
  /** Resolves as soon as the condition holds; looked at after every message. */
  until(condition: () => boolean): Promise<void>
  stopListening(): Promise<void>
  listenAgain(): Promise<void>
  close(): Promise<void>
}

/** The `/ingest` side of the wire over real Socket.IO, with an obedient memory and faults on demand. */
export async function startIngestStub(
  options: { keys?: readonly string[]; refuseByClosing?: boolean } = {},
): Promise<IngestStub> {
  const keys = options.keys ?? ['lw_test']
  const http = createServer()
  const io = new Server(http, {
    transports: ['websocket'],
    maxHttpBufferSize: 65_536,
    perMessageDeflate: false,
    serveClient: false,
  })
  const ingest = io.of('/ingest')
  const watchers = new Set<() => void>()
  let frames = 0
  let unanswered = 0
  let most = 0
  let port = 0
  let sessionNumber = 0

  function stored(session: StubSession, events: readonly RoomEvent[]): Reply {
    const news = events.filter((event) => event.seq > session.lastSeq)
    const first = news[0]
    if (!first) return accepted(session)
    if (session.ended) return refuse('session_closed', `Session ${session.id} has ended`)
    if (first.seq > session.lastSeq + 1 && !stub.acceptGaps) {
      return refuse('seq_gap', 'hole', { expectedSeq: session.lastSeq + 1, retryAfterMs: 50 })
    }
    session.events.push(...news)
    session.lastSeq = events.at(-1)?.seq ?? session.lastSeq
    if (news.some((event) => event.channel === 'end')) session.ended = true
    return accepted(session)
  }

  function accepted(session: StubSession): Reply {
    return { ok: true, data: { acceptedThrough: session.lastSeq } }
  }

  function started(start: SessionStart): Reply {
    const error = stub.refuseStart(start)
    if (error) return { ok: false, error }
    const live = stub.sessions.find((session) => session.start.roomId === start.roomId && !session.ended)
    let session = live
    if (!session || session.start.sessionRef !== start.sessionRef) {
      if (session) session.ended = true
      sessionNumber += 1
      session = { id: `s${sessionNumber}`, start, events: [], ended: false, lastSeq: 0 }
      stub.sessions.push(session)
    }
    return { ok: true, data: { sessionId: session.id, resumeFrom: session.lastSeq + 1, enforcements: [] } }
  }

  async function append(socket: Socket, sessionId: string, events: readonly RoomEvent[]): Promise<Reply | null> {
    const session = stub.sessions.find(({ id }) => id === sessionId)
    if (!session) return refuse('unknown_session', `There is no session ${sessionId}`)
    frames += 1
    const fault = stub.fault(frames)
    switch (fault.kind) {
      case 'none':
        return stored(session, events)
      case 'delay': {
        const reply = stored(session, events)
        await new Promise((resolve) => setTimeout(resolve, fault.ms))
        return reply
      }
      case 'cut':
        socket.conn.close()
        return null
      case 'commit-cut':
        stored(session, events)
        socket.conn.close()
        return null
      case 'refuse':
        return { ok: false, error: fault.error }
      case 'false-gap':
        return refuse('seq_gap', 'hole', { expectedSeq: session.lastSeq + 1 })
      case 'busy': {
        const reply = stored(session, events)
        return reply.ok
          ? { ok: true, data: { acceptedThrough: session.lastSeq, retryAfterMs: fault.retryAfterMs } }
          : reply
      }
    }
  }

  function handle(socket: Socket, type: Exclude<IngestUpType, 'auth'>): void {
    socket.on(type, (data: unknown, answer: (reply: Reply) => void) => {
      stub.frames.push({ type, bytes: Buffer.byteLength(JSON.stringify(data)), events: eventsIn(data) })
      unanswered += 1
      most = Math.max(most, unanswered)
      void answerTo().then((reply) => {
        unanswered -= 1
        if (reply) answer(reply)
        for (const look of [...watchers]) look()
      })
      async function answerTo(): Promise<Reply | null> {
        switch (type) {
          case 'session.start': {
            const start = ingestUp[type].safeParse(data)
            return start.success ? started(start.data) : refuseIssues(start.error)
          }
          case 'events.append': {
            const batch = ingestUp[type].safeParse(data)
            return batch.success ? append(socket, batch.data.sessionId, batch.data.events) : refuseIssues(batch.error)
          }
          case 'enforcement.ack': {
            const ack = ingestUp[type].safeParse(data)
            if (!ack.success) return refuseIssues(ack.error)
            stub.acks.push(ack.data)
            return { ok: true, data: {} }
          }
        }
      }
    })
  }

  ingest.use((socket, next) => {
    const known = keys.includes(String(socket.handshake.auth['key']))
    if (known || options.refuseByClosing) return next()
    const { error } = refuse('unauthorised', 'This key is not known')
    next(Object.assign(new Error(error.message), { data: error }))
  })
  ingest.on('connection', (socket) => {
    if (!keys.includes(String(socket.handshake.auth['key']))) {
      socket.emit('session.closed', { sessionId: null, code: 4401, reason: 'This key is not known' })
      socket.disconnect()
      return
    }
    for (const type of ['session.start', 'events.append', 'enforcement.ack'] as const) handle(socket, type)
    for (const look of [...watchers]) look()
    socket.on('disconnect', () => {
      for (const look of [...watchers]) look()
    })
  })

  const listen = (): Promise<void> =>
    new Promise((resolve, reject) => {
      http.once('error', reject)
      http.listen(port, '127.0.0.1', () => resolve())
    })
  await listen()
  port = (http.address() as AddressInfo).port

  const stub: IngestStub = {
    url: `http://127.0.0.1:${port}`,
    sessions: [],
    acks: [],
    frames: [],
    mostUnanswered: () => most,
    connections: () => ingest.sockets.size,
    fault: () => ({ kind: 'none' }),
    refuseStart: () => null,
    acceptGaps: false,
    enforce(measure, { close = true } = {}) {
      ingest.emit('enforcement.issued', measure)
      if (!cuttingActions.includes(measure.action)) return
      const session = stub.sessions.find(({ id }) => id === measure.sessionId)
      if (session) session.ended = true
      if (!close) return
      void stub
        .until(() => stub.acks.some((ack) => ack.enforcementId === measure.enforcementId && ack.status === 'obeyed'))
        .then(() => {
          stub.down('session.closed', {
            sessionId: measure.sessionId,
            code: 4403,
            reason: measure.notice,
            until: measure.until,
          })
          ingest.disconnectSockets()
        })
    },
    down: (type, data) => void ingest.emit(type, data),
    cutAll() {
      for (const socket of ingest.sockets.values()) socket.conn.close()
    },
    endSilently(session) {
      session.ended = true
    },
    until: (condition) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (!condition()) return
          watchers.delete(look)
          resolve()
        }
        watchers.add(look)
        look()
      }),
    async stopListening() {
      stub.cutAll()
      await new Promise((resolve) => http.close(resolve))
    },
    listenAgain: listen,
    close: () =>
      new Promise((resolve) => {
        void io.close(() => resolve())
      }),
  }
  return stub
}

function eventsIn(data: unknown): number {
  const events = typeof data === 'object' && data !== null && 'events' in data ? data.events : []
  return Array.isArray(events) ? events.length : 0
}
