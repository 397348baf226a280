import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod'
import { errors, refuse, type Refusal, type WireError } from '../contracts/errors.ts'
import { limits } from '../contracts/limits.ts'
import { isUnavailable } from '../store/database.ts'

/** Answers a refusal with the status of the error table and the request's id. */
export function sendRefusal(request: FastifyRequest, reply: FastifyReply, { error }: Refusal): FastifyReply {
  if (error.retryAfterMs !== undefined) void reply.header('retry-after', Math.ceil(error.retryAfterMs / 1_000))
  return reply.code(errors[error.code].status).send({ error: { ...error, requestId: request.id } })
}

/**
 * What the wire is told of something thrown. Only what the framework throws at a bad request is explained; everything
 * else is `internal`, whose cause stays in the log.
 */
export function refusalOf(error: unknown): Refusal {
  if (hasZodFastifySchemaValidationErrors(error)) return validationRefusal(error)
  if (isUnavailable(error)) {
    return refuse('paused', 'The database does not answer at present; try again', { retryAfterMs: 1_000 })
  }
  const { code, statusCode, message } = asFastifyError(error)
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    return refuse('too_large', `The body is larger than ${limits.bodyBytes} bytes; send less at a time`)
  }
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    return refuse('bad_request', 'The body must be application/json, or application/x-ndjson for events')
  }
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) return refuse('bad_request', message)
  return refuse('internal', errors.internal.about)
}

function validationRefusal(error: {
  validation: { keyword: string; instancePath: string; message?: string }[]
}): Refusal {
  const [issue] = error.validation
  const field = (issue?.instancePath ?? '').slice(1).replaceAll('/', '.')
  const code: WireError['code'] = issue?.keyword === 'too_big' ? 'too_large' : 'bad_request'
  const message = `${field ? `${field}: ` : ''}${issue?.message ?? 'does not fit the schema'}`
  return refuse(code, message, field ? { field } : {})
}

function asFastifyError(error: unknown): Partial<FastifyError> & { message: string } {
  if (!(error instanceof Error)) return { message: String(error) }
  return error
}
