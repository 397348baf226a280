import { inject } from 'vitest'
import { queueContract } from './queue-contract.ts'

queueContract('BullMQ on Redis', () => Promise.resolve({ kind: 'redis', url: `${inject('redisUrl')}/3` }))
