import type { Namespace, Socket } from 'socket.io'
import type { Access, RoomGrant } from '../access/access.ts'
import { refuse, type WireError } from '../contracts/errors.ts'
import { closeCodes } from '../contracts/ingest-wire.ts'
import { limits } from '../contracts/limits.ts'
import type { Take } from './on.ts'
import { RoomClient } from './room-client.ts'
import type { RoomRegistry } from './room-registry.ts'
import { takeEvents } from './socket-io-events.ts'
import type { Visitors } from './visitors.ts'

export type IngestNamespaceDeps = {
  access: Access
  take: Take<RoomClient>
  registry: RoomRegistry
  visitors: Visitors
  onWrongKey(address: string): void
  onError(error: unknown): void
}

/** A connection refused in its handshake; the client finds the error in `connect_error`'s `data`. */
export class RefusedHandshake extends Error {
  readonly data: WireError

  constructor(error: WireError) {
    super(error.code)
    this.data = error
  }
}

/** The Socket.IO door for rooms: the key comes with the handshake, or in a first event `auth`. */
export function openIngest(namespace: Namespace, deps: IngestNamespaceDeps): void {
  namespace.use((socket, next) => {
    admit(socket, deps).then(
      (refused) => next(refused ?? undefined),
      (error: unknown) => {
        deps.onError(error)
        next(new RefusedHandshake(refuse('paused', 'Keys cannot be checked at present').error))
      },
    )
  })
  namespace.on('connection', (socket) => connected(socket, deps))
}

async function admit(socket: Socket, deps: IngestNamespaceDeps): Promise<RefusedHandshake | null> {
  const key = keyOf(socket)
  if (key === null) return null
  const grant = await deps.access.grantOf(key)
  if (grant) {
    socket.data = grant
    return null
  }
  deps.onWrongKey(deps.visitors.address(socket.request))
  return new RefusedHandshake(refuse('unauthorised', 'This room key is unknown or was revoked').error)
}

function connected(socket: Socket, deps: IngestNamespaceDeps): void {
  const key = keyOf(socket)
  const client = new RoomClient(
    {
      send: (type, data) => void socket.emit(type, data),
      // What was emitted before is still delivered: the engine drains before it closes.
      end: () => void socket.disconnect(true),
    },
    deps.visitors.address(socket.request),
    key,
  )
  if (key !== null) client.grant = socket.data as RoomGrant
  deps.registry.add(client)
  const unknown = setTimeout(() => {
    if (client.key === null) client.refuseKey(`No key within ${limits.authMs / 1_000} s`)
  }, limits.authMs)
  takeEvents(
    socket,
    (type, data) => client.counted(() => deps.take(client, type, data)),
    (answer) => {
      if (!answer.ok && answer.error.code === 'unauthorised') client.refuseKey(answer.error.message)
    },
  )
  socket.once('disconnect', () => {
    clearTimeout(unknown)
    deps.registry.remove(client)
  })
}

function keyOf(socket: Socket): string | null {
  const given: unknown = Object.hasOwn(socket.handshake.auth, 'key') ? socket.handshake.auth['key'] : undefined
  if (typeof given === 'string' && given !== '') return given
  const [scheme, key] = (socket.handshake.headers.authorization ?? '').split(' ')
  return scheme?.toLowerCase() === 'bearer' && key ? key : null
}

/** Tells every room that the service goes away, and ends its connection. */
export function closeIngest(registry: RoomRegistry): void {
  for (const client of registry.clients) client.end(closeCodes.restart, 'restart')
}
