import type { FastifyInstance, FastifyRequest } from 'fastify'
import { addressKey } from '../access/attempt-limit.ts'
import { refuse, type Refusal } from '../contracts/errors.ts'
import type { Visitors } from './visitors.ts'

/** A count of requests within a window. Both answer the refusal that is due, or null. */
export type RequestRate = {
  /** Whether the bound is reached; counts nothing. */
  exceeded(request: FastifyRequest): Promise<Refusal | null>
  /** Counts this request. */
  count(request: FastifyRequest): Promise<Refusal | null>
}

export type RequestRates = {
  /** Requests from an address that nobody vouches for: without a login, or refused. */
  ofAddress: RequestRate
  /** Requests of somebody who is signed in; asked once `request.caller` is known. */
  ofPerson: RequestRate
  /** Wrong room keys from an address. */
  ofWrongKeys: RequestRate
}

const minuteMs = 60_000
const requestsPerMinute = 300
const wrongKeysPerSecond = 10

/** The bounds on how often anybody may ask, counted in this process. A cookie names nobody before it has been checked. */
export function createRequestRates(app: FastifyInstance, visitors: Visitors): RequestRates {
  const address = (request: FastifyRequest) => addressKey(visitors.address(request.raw))
  const person = (request: FastifyRequest) =>
    request.caller !== null && 'role' in request.caller ? request.caller.id : address(request)
  return {
    ofAddress: createRate(app, { max: requestsPerMinute, timeWindow: minuteMs, keyGenerator: address }),
    ofPerson: createRate(app, { max: requestsPerMinute, timeWindow: minuteMs, keyGenerator: person }),
    ofWrongKeys: createRate(app, { max: wrongKeysPerSecond, timeWindow: 1_000, keyGenerator: address }),
  }
}

type RateOptions = { max: number; timeWindow: number; keyGenerator(request: FastifyRequest): string }

function createRate(app: FastifyInstance, options: RateOptions): RequestRate {
  const limit = app.createRateLimit(options)
  const tooMany = (ttl: number): Refusal =>
    refuse('rate_limited', 'Too many requests; slow down', { retryAfterMs: Math.max(1, Math.ceil(ttl)) })
  return {
    async exceeded(request) {
      const looked = await limit(request, { increment: false })
      return !looked.isAllowed && looked.remaining === 0 ? tooMany(looked.ttl) : null
    },
    async count(request) {
      const counted = await limit(request)
      return !counted.isAllowed && counted.isExceeded ? tooMany(counted.ttl) : null
    },
  }
}
