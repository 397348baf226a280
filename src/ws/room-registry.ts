import type { Enforcement } from '../contracts/enforcement.ts'
import type { Carried, RoomClient } from './room-client.ts'

/** A broadcast and the connection that carries it. */
export type Carriage = { client: RoomClient; session: Carried }

/** Which connections of this process carry which broadcasts. */
export class RoomRegistry {
  readonly #clients = new Set<RoomClient>()
  readonly #bySession = new Map<string, Set<RoomClient>>()

  get clients(): ReadonlySet<RoomClient> {
    return this.#clients
  }

  /** Live broadcasts carried here; one that two connections carry counts once. */
  get liveSessions(): number {
    return this.#bySession.size
  }

  add(client: RoomClient): void {
    this.#clients.add(client)
  }

  remove(client: RoomClient): void {
    this.#clients.delete(client)
    for (const session of client.sessions.values()) this.#forget(client, session)
    client.gone()
  }

  carry(client: RoomClient, session: Carried): void {
    if (client.closed) return
    client.sessions.set(session.sessionId, session)
    const carriers = this.#bySession.get(session.sessionId) ?? new Set()
    carriers.add(client)
    this.#bySession.set(session.sessionId, carriers)
  }

  /** The broadcast is over for this connection; later events for it are answered by `ingest`. */
  leave({ client, session }: Carriage): void {
    client.sessions.delete(session.sessionId)
    client.left.add(session.sessionId)
    this.#forget(client, session)
  }

  /** Live carriages of one broadcast. */
  ofSession(sessionId: string): Carriage[] {
    return [...(this.#bySession.get(sessionId) ?? [])].flatMap((client) => {
      const session = client.sessions.get(sessionId)
      return session ? [{ client, session }] : []
    })
  }

  /** Live carriages that a measure lands on. */
  under(measure: Pick<Enforcement, 'subject' | 'roomId'>): Carriage[] {
    const { kind, id } = measure.subject
    if (kind === 'session') return this.ofSession(id)
    const found: Carriage[] = []
    for (const [sessionId, clients] of this.#bySession) {
      for (const client of clients) {
        const session = client.sessions.get(sessionId)
        if (!session) continue
        const meant =
          kind === 'host' ? session.hostId === id : session.roomId === (kind === 'room' ? id : measure.roomId)
        if (meant) found.push({ client, session })
      }
    }
    return found
  }

  #forget(client: RoomClient, session: Carried): void {
    const carriers = this.#bySession.get(session.sessionId)
    carriers?.delete(client)
    if (carriers?.size === 0) this.#bySession.delete(session.sessionId)
  }
}
