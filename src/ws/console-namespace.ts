import type { Namespace, Socket } from 'socket.io'
import type { Access } from '../access/access.ts'
import type { Fanout } from '../bus/fanout.ts'
import type { ConsoleDownData } from '../contracts/console-wire.ts'
import { refuse, type Result } from '../contracts/errors.ts'
import { closeCodes } from '../contracts/ingest-wire.ts'
import type { Person } from '../contracts/people.ts'
import { ConsoleClient } from './console-client.ts'
import { RefusedHandshake } from './ingest-namespace.ts'
import type { Take } from './on.ts'
import type { RoomWatch } from './room-watch.ts'
import { takeEvents } from './socket-io-events.ts'
import type { Visitors } from './visitors.ts'

export type ConsoleNamespaceDeps = {
  access: Access
  fanout: Fanout
  take: Take<ConsoleClient>
  watch: RoomWatch
  visitors: Visitors
  clients: Set<ConsoleClient>
  /** The heartbeat's content, or null when the stream could not be read lately: then the screen must not look live. */
  heartbeat(): Promise<Pick<ConsoleDownData<'hb'>, 'seq' | 'blind'> | null>
  onWrongLogin(address: string): void
  onError(error: unknown): void
}

const heartbeatMs = 2_000
/** Every second the logins that were checked longest ago are checked again, at most this many. */
const recheckMs = 1_000
const mostRechecks = 50
const lagCheckMs = 500
/** Sockets of one person on one gateway. */
const mostSockets = 8

/** The door for consoles: a login's cookie opens it, and it closes within 2 s when the login ends. */
export class ConsoleDoor {
  readonly #namespace: Namespace
  readonly #deps: ConsoleNamespaceDeps
  readonly #timers: NodeJS.Timeout[]
  readonly #stopHearing: () => void

  constructor(namespace: Namespace, deps: ConsoleNamespaceDeps) {
    this.#namespace = namespace
    this.#deps = deps
    namespace.use((socket, next) => {
      this.#admit(socket).then(
        (admitted) => {
          if (!admitted.ok) return next(new RefusedHandshake(admitted.error))
          socket.data = admitted.value
          next()
        },
        (error: unknown) => {
          deps.onError(error)
          next(new RefusedHandshake(refuse('paused', 'Logins cannot be checked at present').error))
        },
      )
    })
    namespace.on('connection', (socket) => this.#connected(socket))
    this.#stopHearing = deps.fanout.subscribe('person', ({ personId }) => {
      for (const client of deps.clients) if (client.person.id === personId) void this.#recheck(client)
    })
    this.#timers = [
      setInterval(() => void this.#beat(), heartbeatMs),
      // A person may be disabled from another process, whose notice does not come here.
      setInterval(() => this.#recheckSome(), recheckMs),
      setInterval(() => {
        for (const client of deps.clients) if (client.lagging) client.drop('lagging')
      }, lagCheckMs),
    ]
  }

  close(): void {
    this.#stopHearing()
    for (const timer of this.#timers) clearInterval(timer)
    for (const client of this.#deps.clients) client.drop('restart', closeCodes.restart)
  }

  async #admit(socket: Socket): Promise<Result<{ token: string; person: Person }>> {
    const { access, visitors, clients } = this.#deps
    const token = visitors.token(socket.request)
    const person = token === null ? null : await access.personOf(token)
    if (token === null || !person) {
      this.#deps.onWrongLogin(visitors.address(socket.request))
      return refuse('unauthorised', 'Sign in first: POST /v1/login')
    }
    if (!access.can(person, 'feed.read') && !access.can(person, 'room.read')) {
      return refuse('forbidden', `The role ${person.role} sees neither the feed nor rooms`)
    }
    const own = [...clients].filter((client) => client.person.id === person.id).length
    if (own >= mostSockets) {
      return refuse('rate_limited', `At most ${mostSockets} consoles at once; close one`, { retryAfterMs: 5_000 })
    }
    return { ok: true, value: { token, person } }
  }

  #connected(socket: Socket): void {
    const { token, person } = socket.data as { token: string; person: Person }
    const client = new ConsoleClient(socket, token, person)
    this.#deps.clients.add(client)
    takeEvents(
      socket,
      (type, data) => this.#deps.take(client, type, data),
      (answer) => {
        if (!answer.ok && answer.error.code === 'unauthorised') socket.disconnect(true)
      },
    )
    socket.once('disconnect', () => {
      this.#deps.clients.delete(client)
      this.#deps.watch.forget(client)
    })
  }

  #recheckSome(): void {
    const { clients } = this.#deps
    // In order of the last check: whoever is checked goes to the end of the line.
    for (const client of [...clients].slice(0, mostRechecks)) {
      clients.delete(client)
      clients.add(client)
      void this.#recheck(client)
    }
  }

  /** A login that ended, a person disabled or with another role: the socket closes. Another login may open it again. */
  async #recheck(client: ConsoleClient): Promise<void> {
    try {
      const person = await this.#deps.access.peek(client.token)
      if (!person || person.role !== client.person.role) client.socket.disconnect(true)
      else client.person = person
    } catch (error) {
      this.#deps.onError(error)
    }
  }

  async #beat(): Promise<void> {
    const { clients, heartbeat, onError } = this.#deps
    if (clients.size === 0) return
    try {
      const beat = await heartbeat()
      if (!beat) return
      const online = new Set([...clients].map((client) => client.person.id)).size
      this.#namespace.volatile.emit('hb', { ...beat, t: new Date().toISOString(), online })
    } catch (error) {
      onError(error)
    }
  }
}
