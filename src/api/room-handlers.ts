import { z } from 'zod'
import type { RoomGrant } from '../access/access.ts'
import { covers } from '../access/access.ts'
import type { Fanout } from '../bus/fanout.ts'
import { cuttingActions, type RoomEnforcement } from '../contracts/enforcement.ts'
import { ok, refuse, refuseIssues, type Refusal, type Result } from '../contracts/errors.ts'
import type { EventsAccepted } from '../contracts/ingest-wire.ts'
import { limits } from '../contracts/limits.ts'
import { roomEventSchema, type RoomEvent } from '../contracts/room-event.ts'
import { unstorablePath } from '../contracts/storable-text.ts'
import type { EnforcementDoor } from '../enforcement/enforcement.ts'
import type { Ingest } from '../ingest/ingest.ts'
import type { Db } from '../store/database.ts'
import { unacknowledgedMeasures } from '../store/running-measures.ts'
import { sessionPlace } from '../store/session-place.ts'
import type { Handlers } from './handlers.ts'
import { NdjsonBody, parseNdjson } from './json-text.ts'

type Deps = { ingest: Ingest; enforcement: EnforcementDoor; db: Db; fanout: Fanout }

/**
 * The door for rooms that keep no socket. Nothing can be pushed to them, so every answer carries the measures they have
 * not acknowledged.
 */
export function roomHandlers(deps: Deps): Pick<Handlers, 'startSession' | 'appendEvents' | 'ackEnforcement'> {
  const { ingest, enforcement, db, fanout } = deps

  /**
   * A refused room is off air, and this answer tells it so: the measures it did not know of are named, and count as
   * obeyed.
   */
  async function offAir(refusal: Refusal, grant: RoomGrant, roomId: string): Promise<Refusal> {
    const measures = await unacknowledgedMeasures(db, roomId)
    if (measures.length === 0) return refusal
    const cutting = measures.filter((measure) => cuttingActions.includes(measure.action))
    for (const measure of cutting) await enforcement.confirm(measure.enforcementId, 'obeyed', grant.rooms)
    if (cutting.length > 0) fanout.publish({ topic: 'facts' })
    return { ok: false, error: { ...refusal.error, current: { enforcements: measures.map((one) => ({ ...one })) } } }
  }

  async function appendAll(
    grant: RoomGrant,
    sessionId: string,
    events: readonly RoomEvent[],
  ): Promise<Result<EventsAccepted>> {
    let outcome: Result<EventsAccepted> = refuse('bad_request', 'The body holds no event')
    for (let from = 0; from < events.length; from += limits.batchEvents) {
      outcome = await ingest.append(grant, sessionId, events.slice(from, from + limits.batchEvents))
      if (!outcome.ok) return outcome
    }
    return outcome
  }

  return {
    async startSession({ body, caller }) {
      const started = await ingest.start(caller, body)
      if (started.ok) return started
      if (started.error.code !== 'room_suspended') return started
      return offAir(started, caller, body.roomId)
    },

    async appendEvents({ params, caller, request }) {
      const events = readEvents(request.body)
      if (!events.ok) return events
      const accepted = await appendAll(caller, params.id, events.value)
      if (!accepted.ok && accepted.error.code !== 'room_suspended') return accepted
      const place = await sessionPlace(db, params.id)
      if (!accepted.ok) return place ? offAir(accepted, caller, place.roomId) : accepted
      const enforcements: RoomEnforcement[] = place ? await unacknowledgedMeasures(db, place.roomId) : []
      return ok({ ...accepted.value, enforcements })
    },

    async ackEnforcement({ params, body, caller }) {
      const place = await sessionPlace(db, params.id)
      if (!place || !covers(caller, place.roomId)) {
        return refuse('unknown_session', `There is no session ${JSON.stringify(params.id)} for this key`)
      }
      const confirmed = await enforcement.confirm(body.enforcementId, body.status, caller.rooms)
      if (!confirmed.ok) return confirmed
      fanout.publish({ topic: 'facts' })
      return ok({})
    },
  }
}

const arraySchema = z.array(z.unknown())

/** Events of a body: a JSON array, or the text of NDJSON. The first bad one is named by its place. */
function readEvents(body: unknown): Result<RoomEvent[]> {
  const items = body instanceof NdjsonBody ? readLines(body.text) : readArray(body)
  if (!items.ok) return items
  const events: RoomEvent[] = []
  for (const { where, value } of items.value) {
    const parsed = roomEventSchema.safeParse(value)
    if (!parsed.success) return refuseIssues(parsed.error, where)
    const path = unstorablePath(parsed.data)
    if (path !== null) return unstorable(`${where}.${path}`)
    events.push(parsed.data)
  }
  return ok(events)
}

type Placed = { where: string; value: unknown }

function readArray(body: unknown): Result<Placed[]> {
  const parsed = arraySchema.safeParse(body)
  if (!parsed.success) {
    return refuse('bad_request', 'events: send a JSON array of events, or NDJSON as application/x-ndjson', {
      field: 'events',
    })
  }
  return ok(parsed.data.map((value, index) => ({ where: `events.${index}`, value })))
}

function readLines(text: string): Result<Placed[]> {
  const parsed = parseNdjson(text)
  return parsed.ok ? ok(parsed.value.map(({ line, value }) => ({ where: `line ${line}`, value }))) : parsed
}

/** A text with a NUL or half a surrogate pair. */
export function unstorable(field: string): Refusal {
  return refuse('bad_request', `${field}: a text may hold neither NUL nor half of a surrogate pair`, { field })
}
