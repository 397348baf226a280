import type { RedisOptions } from 'ioredis'

/** BullMQ's own back-off left workers apart from a healthy Redis for up to 18 s more. */
const retryStrategy = (attempt: number): number => Math.min(200 * attempt, 1_000)

/** A producer fails fast: Postgres already holds the event, and a sweeper finds it. */
export const producerOptions = {
  retryStrategy,
  enableOfflineQueue: false,
  maxRetriesPerRequest: 1,
  commandTimeout: 2_000,
} satisfies RedisOptions

/** A worker or a subscriber waits for Redis as long as it takes. */
export const patientOptions = { retryStrategy, maxRetriesPerRequest: null } satisfies RedisOptions
