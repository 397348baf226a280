import { uuidv7 } from 'uuidv7'
import type { z } from 'zod'
import { errors, refuse, refuseIssues, type Result, type WireError } from '../contracts/errors.ts'
import type { Reply } from '../contracts/ingest-wire.ts'
import { unstorablePath } from '../contracts/storable-text.ts'
import { isUnavailable } from '../store/database.ts'

/** Whoever is at the other end of a socket, as far as this wrapper needs to know. */
export type Talker = {
  /** Milliseconds to wait before the next event is taken, or null to take it now. */
  tooFast(): number | null
  /** The events before this one, until they have been admitted; so that none overtakes another. */
  turn: Promise<unknown>
}

export type Taken<Client, Who, Data> = { client: Client; who: Who; data: Data; requestId: string }

/** What a socket's events are, who may send them, and what each does. */
export type EventRules<Up extends Readonly<Record<string, z.ZodType>>, Client extends Talker, Who> = {
  up: Up
  authorise(client: Client, type: keyof Up & string, data: unknown): Promise<Result<Who>>
  handlers: {
    readonly [T in keyof Up]: (taken: Taken<Client, Who, z.output<Up[T]>>) => Promise<Result<unknown>>
  }
  /** An event failed for a reason of ours. */
  onFault(details: { err: unknown; type: string; requestId: string }): void
}

export type Take<Client> = (client: Client, type: unknown, data: unknown) => Promise<Reply>

/**
 * The one way into the service for an event of any socket:
 *
 *     rate → schema → authorise → handler → answer
 *
 * It never throws, whatever it is handed, and an unknown event is answered like a known one. Events of one client are
 * admitted in the order they came, and handled side by side from there.
 */
export function on<Up extends Readonly<Record<string, z.ZodType>>, Client extends Talker, Who>(
  rules: EventRules<Up, Client, Who>,
): Take<Client> {
  async function take(client: Client, type: unknown, data: unknown, requestId: string): Promise<Result<unknown>> {
    const waitMs = client.tooFast()
    if (waitMs !== null) return refuse('rate_limited', 'Too many events at once', { retryAfterMs: waitMs })
    const known = typeof type === 'string' && Object.hasOwn(rules.up, type) ? type : null
    const schema = known === null ? undefined : rules.up[known]
    if (known === null || !schema) return unknownEvent(type, Object.keys(rules.up))
    const parsed = schema.safeParse(data)
    if (!parsed.success) return refuseIssues(parsed.error)
    const path = unstorablePath(parsed.data)
    if (path !== null) {
      return refuse('bad_request', `${path}: a text may hold neither NUL nor half of a surrogate pair`, { field: path })
    }
    const admitted = client.turn.then(() => rules.authorise(client, known, parsed.data))
    client.turn = admitted.catch(() => undefined)
    const who = await admitted
    if (!who.ok) return who
    // The schema was looked up by this very name, which the compiler cannot follow through the table.
    const call = { client, who: who.value, data: parsed.data as z.output<Up[string]>, requestId }
    return rules.handlers[known as keyof Up](call)
  }

  return async (client, type, data) => {
    const requestId = uuidv7()
    try {
      const result = await take(client, type, data, requestId)
      return result.ok ? { ok: true, data: result.value } : refused(result.error, requestId)
    } catch (err) {
      rules.onFault({ err, type: String(type), requestId })
      const { error } = isUnavailable(err)
        ? refuse('paused', 'The database does not answer at present; try again', { retryAfterMs: 1_000 })
        : refuse('internal', errors.internal.about)
      return refused(error, requestId)
    }
  }
}

function refused(error: WireError, requestId: string): Reply {
  return { ok: false, error: { ...error, requestId } }
}

function unknownEvent(type: unknown, known: readonly string[]): Result<never> {
  const name = typeof type === 'string' ? JSON.stringify(type.slice(0, 64)) : 'without a name'
  return refuse('bad_request', `Unknown event ${name}; known: ${known.join(', ')}`, { field: 'type' })
}
