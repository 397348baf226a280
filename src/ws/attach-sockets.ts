import type { IncomingMessage, Server as HttpServer } from 'node:http'
import type { Duplex } from 'node:stream'
import { Server as SocketIoServer } from 'socket.io'
import type { Logger } from 'pino'
import type { Access } from '../access/access.ts'
import type { Fanout } from '../bus/fanout.ts'
import type { Cases } from '../cases/cases.ts'
import { limits } from '../contracts/limits.ts'
import type { EnforcementDoor } from '../enforcement/enforcement.ts'
import type { Ingest } from '../ingest/ingest.ts'
import type { Db } from '../store/database.ts'
import { countBlind } from '../store/snapshot.ts'
import type { ConsoleClient } from './console-client.ts'
import { consoleEvents } from './console-events.ts'
import { ConsoleDoor } from './console-namespace.ts'
import { ConsoleStream } from './console-stream.ts'
import { HandshakeLimit } from './handshake-limit.ts'
import { closeIngest, openIngest } from './ingest-namespace.ts'
import { KeyWatch } from './key-watch.ts'
import { LogFollower } from './log-follower.ts'
import { PlainDoor, plainPath } from './plain-door.ts'
import { Relay } from './relay.ts'
import { roomEvents } from './room-events.ts'
import { RoomMeasures } from './room-measures.ts'
import { RoomRegistry } from './room-registry.ts'
import { RoomWatch } from './room-watch.ts'
import type { Visitors } from './visitors.ts'

export type SocketDeps = {
  access: Access
  enforcement: EnforcementDoor
  cases: Cases
  ingest: Ingest
  db: Db
  fanout: Fanout
  visitors: Visitors
  logger: Logger
}

export type SocketHub = {
  /** Tells everybody that the service goes away and closes their sockets. The HTTP server stays its owner's. */
  close(): Promise<void>
  /** Live broadcasts and consoles connected to this process. */
  stats(): { rooms: number; consoles: number }
}

/** Socket.IO as this service runs it; a test reads these back. */
export const socketIoOptions = {
  path: '/socket.io',
  transports: ['websocket'],
  maxHttpBufferSize: limits.frameBytes,
  perMessageDeflate: false,
  httpCompression: false,
  pingInterval: 10_000,
  pingTimeout: 8_000,
  connectTimeout: 5_000,
  allowEIO3: false,
  serveClient: false,
  // Other upgrades are answered below, at once.
  destroyUpgrade: false,
} as const

/** Older than this, the stream counts as not followed, and no heartbeat says otherwise. */
const staleMs = 5_000

/**
 * Opens every socket of the service on its HTTP server: Socket.IO `/ingest` for rooms and `/console` for people, and the
 * plain WebSocket for rooms. One reader of the console log serves them all.
 */
export function attachSockets(server: HttpServer, deps: SocketDeps): SocketHub {
  const { access, enforcement, cases, ingest, db, fanout, visitors, logger } = deps
  const onError = (err: unknown) => logger.error({ err }, 'sockets: something failed and is tried again')
  const onFault = (details: { err: unknown; type: string; requestId: string }) =>
    logger.error(details, 'sockets: an event failed')
  const handshakes = new HandshakeLimit()
  let closing = false

  const registry = new RoomRegistry()
  const consoles = new Set<ConsoleClient>()
  const measures = new RoomMeasures({ registry, enforcement, db, fanout, onError })
  const stream = new ConsoleStream(consoles, (ids, items) => io.of('/console').to(ids).emit('batch', { items }))
  const watch = new RoomWatch({ db, fanout, onError })
  const relay = new Relay({ db, fanout, onError })
  const follower = new LogFollower({
    db,
    fanout,
    onError,
    onItems(items) {
      measures.hear(items.map(({ fact }) => fact))
      stream.add(items.map(({ streamSeq, at, fact }) => ({ streamSeq, at, fact })))
    },
  })
  const following = () => follower.started

  const takeFromRoom = roomEvents({
    access,
    ingest,
    enforcement,
    db,
    fanout,
    registry,
    measures,
    following,
    onWrongKey: ({ address }) => handshakes.failed(address),
    onFault,
  })
  const takeFromConsole = consoleEvents({
    access,
    cases,
    enforcement,
    db,
    fanout,
    watch,
    following,
    onForbidden: ({ person }, event) => logger.warn({ person: person.id, role: person.role, event }, 'refused'),
    onFault,
  })

  const io = new SocketIoServer(server, {
    ...socketIoOptions,
    transports: [...socketIoOptions.transports],
    allowRequest(request, decide) {
      const allowed = !closing && visitors.sameOrigin(request) && handshakes.admit(visitors.address(request))
      if (!allowed) logger.warn({ address: visitors.address(request), origin: request.headers.origin }, 'not let in')
      decide(null, allowed)
    },
  })
  // There is nothing to talk about outside the two namespaces.
  io.use((_socket, next) => next(new Error('not_found')))
  openIngest(io.of('/ingest'), {
    access,
    take: takeFromRoom,
    registry,
    visitors,
    onWrongKey: (address) => handshakes.failed(address),
    onError,
  })
  const consoleDoor = new ConsoleDoor(io.of('/console'), {
    access,
    fanout,
    take: takeFromConsole,
    watch,
    visitors,
    clients: consoles,
    async heartbeat() {
      const blind = await countBlind(db)
      return follower.ageMs > staleMs ? null : { seq: stream.pushed, blind }
    },
    onWrongLogin: (address) => handshakes.failed(address),
    onError,
  })
  const plain = new PlainDoor({ take: takeFromRoom, registry, visitors, onError })
  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const path = (request.url ?? '').split('?')[0] ?? ''
    if (path.startsWith(socketIoOptions.path)) return
    if (path !== plainPath) refuseUpgrade(socket, '404 Not Found')
    else if (closing) refuseUpgrade(socket, '503 Service Unavailable')
    else if (!handshakes.admit(visitors.address(request))) refuseUpgrade(socket, '429 Too Many Requests')
    else plain.upgrade(request, socket, head)
  }
  server.on('upgrade', onUpgrade)
  const keys = new KeyWatch({ access, registry, onError })

  return {
    stats: () => ({ rooms: registry.liveSessions, consoles: consoles.size }),
    async close() {
      closing = true
      keys.close()
      server.off('upgrade', onUpgrade)
      closeIngest(registry)
      consoleDoor.close()
      plain.close()
      watch.close()
      stream.close()
      await Promise.all([relay.close(), follower.close()])
      await measures.settled()
      io.disconnectSockets(true)
      io.engine.close()
    },
  }
}

function refuseUpgrade(socket: Duplex, status: string): void {
  socket.on('error', () => socket.destroy())
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}
