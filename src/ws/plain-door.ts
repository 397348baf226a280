import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer, type RawData, type WebSocket } from 'ws'
import { refuse } from '../contracts/errors.ts'
import { closeCodes, frameSchema, type Reply } from '../contracts/ingest-wire.ts'
import { limits } from '../contracts/limits.ts'
import type { Take } from './on.ts'
import { RoomClient } from './room-client.ts'
import type { RoomRegistry } from './room-registry.ts'
import type { Visitors } from './visitors.ts'

export type PlainDoorDeps = {
  take: Take<RoomClient>
  registry: RoomRegistry
  visitors: Visitors
  onError(error: unknown): void
}

export const plainPath = '/v1/ingest/ws'

/** How often a peer is asked whether it is there, and how long it may take to say so. */
const pingMs = 10_000
const pongMs = 8_000
/** More than this waiting to be sent: the peer does not read. */
const mostBuffered = 1_048_576
/** Frames that are no messages, before the connection ends. */
const mostGarbage = 100

type Frame = { type: unknown; data: unknown; id: string | number | undefined }

/** JSON frames for producers without a Socket.IO client. The same events, the same rules. */
export class PlainDoor {
  readonly #deps: PlainDoorDeps
  readonly #server = new WebSocketServer({
    noServer: true,
    maxPayload: limits.frameBytes,
    perMessageDeflate: false,
    clientTracking: true,
  })
  readonly #ping: NodeJS.Timeout

  constructor(deps: PlainDoorDeps) {
    this.#deps = deps
    this.#server.on('wsClientError', (_error, socket) => socket.destroy())
    this.#ping = setInterval(() => this.#askAll(), pingMs)
  }

  /** Takes over a connection whose request asked for `plainPath`. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#server.handleUpgrade(request, socket, head, (peer) => this.#connected(peer, request))
  }

  close(): void {
    clearInterval(this.#ping)
    for (const peer of this.#server.clients) end(peer, closeCodes.restart, 'restart')
    this.#server.close()
  }

  #connected(peer: WebSocket, request: IncomingMessage): void {
    const key = bearerOf(request)
    const client = new RoomClient(
      {
        send: (type, data) => send(peer, { type, data }),
        end: (code, reason) => end(peer, code, reason),
      },
      this.#deps.visitors.address(request),
      key,
    )
    this.#deps.registry.add(client)
    const unknown = setTimeout(() => {
      if (client.grant === null) client.refuseKey(`No key within ${limits.authMs / 1_000} s`)
    }, limits.authMs)
    let garbage = 0
    peer.on('message', (raw, isBinary) => {
      const frame = readFrame(raw, isBinary)
      if (frame.ok) {
        void this.#answer(client, peer, frame.value)
        return
      }
      garbage += 1
      reply(peer, undefined, frame)
      if (garbage > mostGarbage) end(peer, 1_008, 'too many frames that are no messages')
    })
    // The close that follows says what was wrong with the connection; it ends nothing but itself.
    peer.on('error', () => undefined)
    peer.on('close', () => {
      clearTimeout(unknown)
      this.#deps.registry.remove(client)
    })
    // A key in the header is judged at once, not with the first message.
    if (key !== null) void this.#answer(client, peer, { type: 'auth', data: { key }, id: undefined }, 'quiet')
  }

  async #answer(client: RoomClient, peer: WebSocket, frame: Frame, manner: 'aloud' | 'quiet' = 'aloud'): Promise<void> {
    const answer = await client.counted(() => this.#deps.take(client, frame.type, frame.data))
    if (manner === 'aloud') reply(peer, frame.id, answer)
    if (!answer.ok && answer.error.code === 'unauthorised') client.refuseKey(answer.error.message)
  }

  #askAll(): void {
    for (const peer of this.#server.clients) {
      let here = false
      peer.once('pong', () => (here = true))
      peer.ping()
      setTimeout(() => {
        if (!here) peer.terminate()
      }, pongMs).unref()
    }
  }
}

function bearerOf(request: IncomingMessage): string | null {
  const [scheme, key] = (request.headers.authorization ?? '').split(' ')
  return scheme?.toLowerCase() === 'bearer' && key ? key : null
}

function readFrame(raw: RawData, isBinary: boolean) {
  if (isBinary) return refuse('bad_request', 'Frames are JSON text; this one is binary')
  let value: unknown
  try {
    value = JSON.parse(String(raw))
  } catch (error) {
    return refuse('bad_request', `The frame is not JSON: ${error instanceof Error ? error.message : ''}`)
  }
  const parsed = frameSchema.safeParse(value)
  if (!parsed.success) return refuse('bad_request', 'A frame is {type, id?, data} and holds nothing else')
  const frame: Frame = { type: parsed.data.type, data: parsed.data.data, id: parsed.data.id }
  return { ok: true as const, value: frame }
}

function reply(peer: WebSocket, id: string | number | undefined, answer: Reply): void {
  send(peer, { type: 'reply', ...(id === undefined ? {} : { id }), ...answer })
}

function send(peer: WebSocket, message: object): void {
  if (peer.readyState !== peer.OPEN) return
  if (peer.bufferedAmount > mostBuffered) {
    peer.close(closeCodes.lagging, 'lagging')
    peer.terminate()
    return
  }
  peer.send(JSON.stringify(message))
}

/** A peer that does not answer the close is dropped soon after. */
function end(peer: WebSocket, code: number, reason: string): void {
  if (peer.readyState !== peer.OPEN) return
  // A close frame holds at most 123 bytes of reason; `session.closed` has said the rest.
  peer.close(code, Buffer.from(reason).byteLength > 120 ? '' : reason)
  setTimeout(() => peer.terminate(), 2_000).unref()
}
