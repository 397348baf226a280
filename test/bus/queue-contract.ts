import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createConsumer, createWakeups, prepareQueue, type QueueBackend } from '../../src/bus/queue.ts'
import { promiseWithResolvers } from '../support/resolvers.ts'

/** What wake-ups must do on every backend. */
export function queueContract(name: string, backend: () => Promise<QueueBackend>): void {
  describe(`wake-ups: ${name}`, () => {
    let place: QueueBackend
    const closers: (() => Promise<void>)[] = []

    beforeAll(async () => {
      place = await backend()
      await prepareQueue(place)
    })
    afterAll(async () => {
      for (const close of closers.reverse()) await close()
    })

    function open(
      handle: (partition: number) => Promise<void>,
      settled: (partition: number) => void = () => undefined,
    ) {
      const errors: Error[] = []
      const wakeups = createWakeups(place, (error) => errors.push(error))
      const consumer = createConsumer({
        backend: place,
        concurrency: 4,
        handle,
        settled,
        onError: (error) => errors.push(error),
      })
      const close = async (): Promise<void> => {
        await consumer.close()
        await wakeups.close()
      }
      closers.push(close)
      return { wakeups, consumer, errors, close }
    }

    test('a wake-up reaches the consumer with its partition, and leaves the queue', async () => {
      const settled = promiseWithResolvers<number>()
      const handled: number[] = []
      const { wakeups, close } = open(
        (partition) => {
          handled.push(partition)
          return Promise.resolve()
        },
        (partition) => settled.resolve(partition),
      )
      wakeups.wake(3)
      expect(await settled.promise).toBe(3)
      expect(handled).toContain(3)
      await close()
    })

    test('a thousand wake-ups of one partition become a few jobs, and the last one is not lost', async () => {
      let jobs = 0
      let committed = 0
      let seen = 0
      const all = promiseWithResolvers<undefined>()
      const look = (): Promise<void> => {
        seen = committed
        if (seen === 1_000) all.resolve(undefined)
        return Promise.resolve()
      }
      const { wakeups, close } = open(
        () => {
          jobs += 1
          return look()
        },
        () => void look(),
      )
      for (let count = 1; count <= 1_000; count += 1) {
        committed = count
        wakeups.wake(1)
        if (count % 100 === 0) await new Promise((resolve) => setImmediate(resolve))
      }
      await all.promise
      expect(jobs).toBeLessThan(200)
      await close()
    })

    test('a handler that fails is tried again', async () => {
      let tries = 0
      const done = promiseWithResolvers<undefined>()
      const { wakeups, close } = open(() => {
        tries += 1
        if (tries < 2) return Promise.reject(new Error('the first attempt fails'))
        done.resolve(undefined)
        return Promise.resolve()
      })
      wakeups.wake(2)
      await done.promise
      expect(tries).toBe(2)
      await close()
    })

    test('a wake-up given while no consumer runs waits for one', async () => {
      const errors: Error[] = []
      const wakeups = createWakeups(place, (error) => errors.push(error))
      closers.push(() => wakeups.close())
      wakeups.wake(0)
      const done = promiseWithResolvers<number>()
      const { close } = open((partition) => {
        if (partition === 0) done.resolve(partition)
        return Promise.resolve()
      })
      expect(await done.promise).toBe(0)
      await close()
    })
  })
}
