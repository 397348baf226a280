import type { Access, RoomGrant } from '../access/access.ts'
import { covers } from '../access/access.ts'
import type { Fanout } from '../bus/fanout.ts'
import { cuttingActions } from '../contracts/enforcement.ts'
import { ok, refuse, type Result } from '../contracts/errors.ts'
import { ingestUp, type EventsAppend } from '../contracts/ingest-wire.ts'
import { limits } from '../contracts/limits.ts'
import type { SessionStart } from '../contracts/session.ts'
import type { EnforcementDoor } from '../enforcement/enforcement.ts'
import type { Ingest } from '../ingest/ingest.ts'
import type { Db } from '../store/database.ts'
import { unacknowledgedMeasures } from '../store/running-measures.ts'
import { sessionPlace } from '../store/session-place.ts'
import { on, type EventRules, type Take } from './on.ts'
import type { RoomClient } from './room-client.ts'
import type { RoomMeasures } from './room-measures.ts'
import type { RoomRegistry } from './room-registry.ts'

export type RoomEventsDeps = {
  access: Access
  ingest: Ingest
  enforcement: EnforcementDoor
  db: Db
  fanout: Fanout
  registry: RoomRegistry
  measures: RoomMeasures
  /** False while facts cannot be followed yet: a measure might pass unseen. */
  following(): boolean
  onWrongKey(client: RoomClient): void
  onFault: EventRules<typeof ingestUp, RoomClient, RoomGrant>['onFault']
}

/** What a room may send, the same over both of its sockets. */
export function roomEvents(deps: RoomEventsDeps): Take<RoomClient> {
  const { access, ingest, enforcement, db, fanout, registry, measures } = deps

  async function authorise(client: RoomClient): Promise<Result<RoomGrant>> {
    if (client.key === null) {
      return refuse('unauthorised', `Send a room key first: auth {key} within ${limits.authMs / 1_000} s`)
    }
    // Asked for every event; the answer is remembered for a few seconds, so a revoked key ends soon.
    const grant = await access.grantOf(client.key)
    client.grant = grant
    if (grant) return ok(grant)
    deps.onWrongKey(client)
    return refuse('unauthorised', 'This room key is unknown or was revoked')
  }

  async function start(client: RoomClient, grant: RoomGrant, message: SessionStart): Promise<Result<unknown>> {
    if (!deps.following()) return refuse('paused', 'The service is still starting', { retryAfterMs: 500 })
    if (client.sessions.size >= limits.sessionsPerSocket) return tooManySessions()
    client.starting += 1
    try {
      const started = await ingest.start(grant, message)
      if (!started.ok) {
        if (started.error.code === 'room_suspended') await refusedOffAir(grant, message.roomId)
        return started
      }
      const { roomId, ...answer } = started.value
      registry.carry(client, { sessionId: answer.sessionId, roomId, hostId: message.host.id })
      for (const measure of answer.enforcements) client.told.add(measure.enforcementId)
      await measures.catchUp(client, { sessionId: answer.sessionId, roomId })
      return ok(answer)
    } finally {
      client.starting -= 1
    }
  }

  /** The room has just been told, and kept off air: what it did not know of counts as obeyed. */
  async function refusedOffAir(grant: RoomGrant, roomId: string): Promise<void> {
    const unknown = await unacknowledgedMeasures(db, roomId)
    const cutting = unknown.filter((measure) => cuttingActions.includes(measure.action))
    for (const measure of cutting) await enforcement.confirm(measure.enforcementId, 'obeyed', grant.rooms)
    if (cutting.length > 0) fanout.publish({ topic: 'facts' })
  }

  async function append(client: RoomClient, grant: RoomGrant, message: EventsAppend): Promise<Result<unknown>> {
    if (!client.sessions.has(message.sessionId) && !client.left.has(message.sessionId)) {
      if (client.sessions.size >= limits.sessionsPerSocket) return tooManySessions()
      await client.adoptOnce(message.sessionId, () => adopt(client, grant, message.sessionId))
    }
    return ingest.append(grant, message.sessionId, message.events)
  }

  /** A producer that reconnects may go on without a new start; its broadcast must still be reachable for measures. */
  async function adopt(client: RoomClient, grant: RoomGrant, sessionId: string): Promise<void> {
    const place = await sessionPlace(db, sessionId)
    if (!place || !covers(grant, place.roomId)) return
    registry.carry(client, { sessionId, roomId: place.roomId, hostId: place.hostId })
    await measures.catchUp(client, { sessionId, roomId: place.roomId })
  }

  return on<typeof ingestUp, RoomClient, RoomGrant>({
    up: ingestUp,
    onFault: deps.onFault,
    authorise(client, type, data) {
      if (type === 'auth') client.key = ingestUp.auth.parse(data).key
      return authorise(client)
    },
    handlers: {
      auth: () => Promise.resolve(ok({})),
      'session.start': ({ client, who, data }) => start(client, who, data),
      'events.append': ({ client, who, data }) => append(client, who, data),
      async 'enforcement.ack'({ client, who, data }) {
        const confirmed = await enforcement.confirm(data.enforcementId, data.status, who.rooms)
        if (!confirmed.ok) return confirmed
        if (data.status === 'obeyed') client.noteObeyed(data.enforcementId)
        fanout.publish({ topic: 'facts' })
        return ok({})
      },
    },
  })
}

function tooManySessions(): Result<never> {
  return refuse(
    'too_large',
    `One socket carries at most ${limits.sessionsPerSocket} live sessions; open another for more`,
  )
}
