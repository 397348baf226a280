import { inject } from 'vitest'
import { createRedisFanout } from '../../src/bus/redis-fanout.ts'
import { fanoutContract } from './fanout-contract.ts'

fanoutContract('over Redis', () => {
  // What is published before the connection stands is lost and reported; the contract publishes again.
  const reported = (): void => undefined
  const url = inject('redisUrl')
  return Promise.resolve({ here: createRedisFanout(url, reported), there: createRedisFanout(url, reported) })
})
