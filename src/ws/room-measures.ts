import type { Fanout } from '../bus/fanout.ts'
import type { ConsoleFact } from '../contracts/console-wire.ts'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { cuttingActions, type Enforcement, type RoomEnforcement } from '../contracts/enforcement.ts'
import { closeCodes } from '../contracts/ingest-wire.ts'
import type { Session } from '../contracts/session.ts'
import type { EnforcementDoor } from '../enforcement/enforcement.ts'
import type { Db } from '../store/database.ts'
import { cuttingMeasure, unacknowledgedMeasures } from '../store/running-measures.ts'
import { findSession } from '../store/sessions.ts'
import type { Carriage, RoomRegistry } from './room-registry.ts'
import type { Carried, RoomClient } from './room-client.ts'

export type RoomMeasuresDeps = {
  registry: RoomRegistry
  enforcement: EnforcementDoor
  db: Db
  fanout: Fanout
  onError(error: unknown): void
}

/** How long a room may take to leave by itself before it is cut off. */
const obeyMs = 3_000

/**
 * Brings decisions to the rooms they concern:
 *
 *     enforcement.issued ─▶ session.closed 4403 ─▶ "obeyed", or 3 s ─▶ cut ─▶ confirmed as effective
 *
 * It acts on committed facts alone, so it does not matter which process took the decision.
 */
export class RoomMeasures {
  readonly #deps: RoomMeasuresDeps
  readonly #cuts = new Set<Promise<void>>()

  constructor(deps: RoomMeasuresDeps) {
    this.#deps = deps
  }

  /** Facts of the stream, in order. */
  hear(facts: readonly ConsoleFact[]): void {
    for (const fact of facts) {
      if (fact.type === 'enforcement.issued') this.#issued(fact.enforcement)
      else if (fact.type === 'enforcement.updated') this.#updated(fact.enforcement)
    }
    // A measure and the end of its broadcast are committed together; the measure explains more, so it goes first.
    for (const fact of facts) if (fact.type === 'session.ended') this.#ended(fact.session)
  }

  /**
   * For a broadcast that a connection has just taken up: what befell it before it was registered here, no fact will tell.
   * Measures its room has not acknowledged are told now, and a broadcast that has ended meanwhile is left.
   */
  async catchUp(client: RoomClient, of: Pick<Carried, 'sessionId' | 'roomId'>): Promise<void> {
    for (const measure of await unacknowledgedMeasures(this.#deps.db, of.roomId)) tellOnce(client, measure)
    const session = await findSession(this.#deps.db, of.sessionId)
    if (session?.endedAt) this.#ended(session)
  }

  /** Resolves when every cut under way is done. */
  async settled(): Promise<void> {
    await Promise.all(this.#cuts)
  }

  #issued(measure: Enforcement): void {
    if (measure.reverses !== null) {
      this.#lifted(measure.reverses, measure, measure.reason)
      return
    }
    const carriages = this.#deps.registry.under(measure)
    this.#tell(carriages, toRoomEnforcement(measure))
  }

  #updated(measure: Enforcement): void {
    if (measure.status === 'ended' && cuttingActions.includes(measure.action) && measure.until !== null) {
      this.#lifted(measure.id, measure, 'The measure has run its time')
    }
    if (isSettled(measure)) for (const client of this.#deps.registry.clients) client.told.delete(measure.id)
  }

  /** To those who were told of the measure, and to those it landed on. */
  #lifted(enforcementId: string, measure: Enforcement, reason: string): void {
    const concerned = new Set(this.#deps.registry.under(measure).map(({ client }) => client))
    for (const client of this.#deps.registry.clients) if (client.told.has(enforcementId)) concerned.add(client)
    for (const client of concerned) {
      client.told.delete(enforcementId)
      client.transport.send('enforcement.lifted', { enforcementId, sessionId: measure.sessionId, reason })
    }
  }

  #ended(session: Session): void {
    const carriages = this.#deps.registry.ofSession(session.id)
    if (carriages.length === 0) return
    switch (session.endReason) {
      case 'measure':
        this.#track(this.#endedByMeasure(session, carriages))
        return
      case 'taken_over':
        for (const carriage of carriages) this.#close(carriage, closeCodes.takenOver, 'taken_over')
        return
      case 'silence':
        for (const carriage of carriages) this.#close(carriage, 1_000, 'silence')
        return
      case 'end':
      case null:
        for (const carriage of carriages) this.#deps.registry.leave(carriage)
    }
  }

  async #endedByMeasure(session: Session, carriages: readonly Carriage[]): Promise<void> {
    const measure = await cuttingMeasure(this.#deps.db, session.roomId, session.host.id)
    const still = carriages.filter(({ client, session }) => client.sessions.has(session.sessionId))
    if (measure) this.#tell(still, measure)
    else for (const carriage of still) this.#close(carriage, closeCodes.measure, 'measure')
  }

  #tell(carriages: readonly Carriage[], measure: RoomEnforcement): void {
    const cutting = cuttingActions.includes(measure.action)
    const cuts: Promise<void>[] = []
    for (const [client, own] of byClient(carriages)) {
      tellOnce(client, measure)
      if (cutting) cuts.push(this.#cut(client, own, measure))
    }
    if (cuts.length > 0) this.#track(this.#confirmAfter(cuts, measure.enforcementId))
  }

  async #cut(client: RoomClient, carriages: readonly Carriage[], measure: RoomEnforcement): Promise<void> {
    for (const carriage of carriages) {
      this.#deps.registry.leave(carriage)
      client.transport.send('session.closed', {
        sessionId: carriage.session.sessionId,
        code: closeCodes.measure,
        reason: measure.notice || measure.action,
        until: measure.until,
      })
    }
    await client.obeyed(measure.enforcementId, obeyMs)
    // The answer to "obeyed" leaves before the connection does.
    await nextTurn()
    endIfIdle(client, closeCodes.measure, 'measure')
  }

  async #confirmAfter(cuts: readonly Promise<void>[], enforcementId: string): Promise<void> {
    await Promise.all(cuts)
    const confirmed = await this.#deps.enforcement.confirm(enforcementId, 'cut', 'all')
    if (confirmed.ok) this.#deps.fanout.publish({ topic: 'facts' })
    else this.#deps.onError(new Error(`Measure ${enforcementId} could not be confirmed: ${confirmed.error.message}`))
  }

  #close(carriage: Carriage, code: number, reason: string): void {
    const { client, session } = carriage
    this.#deps.registry.leave(carriage)
    client.transport.send('session.closed', { sessionId: session.sessionId, code, reason })
    if (code !== 1_000) endIfIdle(client, code, reason)
  }

  #track(work: Promise<void>): void {
    const done = work.catch((error: unknown) => this.#deps.onError(error)).finally(() => this.#cuts.delete(done))
    this.#cuts.add(done)
  }
}

function tellOnce(client: RoomClient, measure: RoomEnforcement): void {
  if (client.told.has(measure.enforcementId)) return
  client.told.add(measure.enforcementId)
  client.transport.send('enforcement.issued', measure)
}

/**
 * Nothing more will be told of it: it ran its time, or it does not keep anybody off air and was acknowledged. This fact
 * comes after the one that it was issued, so forgetting the measure does not tell it twice. Of one that was lifted, the
 * Reversal's own fact tells.
 */
function isSettled(measure: Enforcement): boolean {
  if (measure.reversedBy !== null) return false
  if (measure.endedAt !== null) return true
  const keepsOffAir = cuttingActions.includes(measure.action) && measure.action !== 'interrupt'
  return !keepsOffAir && measure.receivedAt !== null
}

/** A connection that carries another broadcast, or is about to, stays. */
function endIfIdle(client: RoomClient, code: number, reason: string): void {
  if (!client.closed && client.sessions.size === 0 && client.starting === 0) client.transport.end(code, reason)
}

function byClient(carriages: readonly Carriage[]): Map<RoomClient, Carriage[]> {
  const groups = new Map<RoomClient, Carriage[]>()
  for (const carriage of carriages) {
    const group = groups.get(carriage.client) ?? []
    group.push(carriage)
    groups.set(carriage.client, group)
  }
  return groups
}

function toRoomEnforcement(measure: Enforcement): RoomEnforcement {
  return {
    enforcementId: measure.id,
    action: measure.action,
    subject: measure.subject,
    sessionId: measure.sessionId,
    codes: measure.codes,
    notice: measure.notice,
    issuedAt: measure.issuedAt,
    until: measure.until,
  }
}
