import { z } from 'zod'

/**
 * Every error the wire can carry: HTTP status, whether trying again can help, and what the reader can do.
 * Edges translate to these; an unknown error becomes `internal`, logged once with its cause.
 */
export const errors = {
  bad_request: { status: 400, retryable: false, about: 'The message does not fit its schema; `field` names where.' },
  unauthorised: { status: 401, retryable: false, about: 'No valid key or login; send one.' },
  forbidden: { status: 403, retryable: false, about: 'This key or role may not do that.' },
  room_suspended: {
    status: 403,
    retryable: false,
    about: 'A measure keeps the room or its host off air; `until` says how long.',
  },
  not_found: { status: 404, retryable: false, about: 'There is no such thing, or it is not yours to see.' },
  unknown_session: { status: 404, retryable: false, about: 'Start the session first with `session.start`.' },
  session_closed: { status: 409, retryable: false, about: 'The session has ended; start a new one.' },
  seq_gap: { status: 409, retryable: true, about: 'An event is missing; resend from `expectedSeq`.' },
  seq_conflict: {
    status: 409,
    retryable: false,
    about: 'This seq was stored with other content; nothing was changed.',
  },
  conflict: { status: 409, retryable: false, about: 'Somebody else was faster; the answer carries the present state.' },
  idempotency_mismatch: { status: 409, retryable: false, about: 'This idempotency key was used for another command.' },
  case_closed: { status: 409, retryable: false, about: 'The case has been decided already.' },
  reason_required: { status: 422, retryable: false, about: 'A decision beside the suggested step needs a reason.' },
  too_large: {
    status: 413,
    retryable: false,
    about: 'The frame, body, batch or text is larger than the bound it names.',
  },
  rate_limited: { status: 429, retryable: true, about: 'Slow down; `retryAfterMs` says how long.' },
  paused: {
    status: 503,
    retryable: true,
    about: 'Nothing can be stored at present; keep the events and try after `retryAfterMs`.',
  },
  audit_unavailable: {
    status: 503,
    retryable: true,
    about: 'The decision could not be recorded, so it was not taken.',
  },
  internal: { status: 500, retryable: true, about: 'A fault of the service; the request id finds it in the log.' },
} as const

export type ErrorCode = keyof typeof errors
export const errorCodes = Object.keys(errors) as [ErrorCode, ...ErrorCode[]]

/** What every door answers when it refuses. */
export const wireErrorSchema = z.object({
  code: z.enum(errorCodes),
  message: z.string(),
  /** Path of the offending field, such as `events.3.text`. */
  field: z.string().optional(),
  retryAfterMs: z.int().optional(),
  expectedSeq: z.int().optional(),
  until: z.iso.datetime().nullable().optional(),
  /** The present state of what was contended for. */
  current: z.json().optional(),
  requestId: z.string().optional(),
})
export type WireError = z.infer<typeof wireErrorSchema>

/** An expected refusal, as a value. */
export type Refusal = { ok: false; error: WireError }
export type Result<T> = { ok: true; value: T } | Refusal

/** A refusal with a message that names the thing and the remedy. */
export function refuse(code: ErrorCode, message: string, more: Omit<WireError, 'code' | 'message'> = {}): Refusal {
  return { ok: false, error: { code, message, ...more } }
}

export function ok<T>(value: T): Result<T> {
  return { ok: true, value }
}

/** The first problem zod saw, as `bad_request` (or `too_large` for a bound) with the field's path. */
export function refuseIssues(error: z.ZodError, where = ''): Refusal {
  const issue = error.issues[0]
  const field = [where, ...(issue?.path ?? []).map(String)].filter(Boolean).join('.')
  const code: ErrorCode = issue?.code === 'too_big' ? 'too_large' : 'bad_request'
  const message = `${field ? `${field}: ` : ''}${issue?.message ?? 'does not fit the schema'}`
  return refuse(code, message, field ? { field } : {})
}
