import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { FanoutPeer } from '../../src/bus/in-process-fanout.ts'
import { startAnalysisHost, type AnalysisHost } from '../../src/workers/analysis-host.ts'

type Order = 'ready' | 'hang' | 'fail'

/** Twenty times as fast as the real one: five seconds of silence last a quarter of a second. */
const now = () => performance.now() * 20
const threadUrl = new URL('./fixtures/obedient-thread.mjs', import.meta.url)

/** Every thread that was started, in order. */
let threads: FanoutPeer[]
let present: Set<FanoutPeer>
let errors: string[]
let host: AnalysisHost | null
const looking = new Set<() => void>()

beforeEach(() => {
  threads = []
  present = new Set()
  errors = []
  host = null
})
afterEach(() => host?.stop())

const logger = {
  info: () => undefined,
  warn: () => undefined,
  error: (_details: object, message: string) => void errors.push(message),
}
function join(peer: FanoutPeer): () => void {
  threads.push(peer)
  present.add(peer)
  for (const look of looking) look()
  return () => present.delete(peer)
}
const start = () =>
  startAnalysisHost({ databaseUrl: '', backend: { kind: 'postgres', url: '' }, logger, join, now, threadUrl })

/** The thread that is started as the `number`th, counted from one. */
function thread(number: number): Promise<FanoutPeer> {
  return new Promise((resolve) => {
    const look = () => {
      const peer = threads[number - 1]
      if (!peer) return
      looking.delete(look)
      resolve(peer)
    }
    looking.add(look)
    look()
  })
}
async function order(number: number, what: Order): Promise<void> {
  const peer = await thread(number)
  peer.post({ topic: 'person', personId: what })
}
async function started(): Promise<AnalysisHost> {
  const starting = start()
  await order(1, 'ready')
  host = await starting
  return host
}

test('a thread that hangs is replaced by one other, however long that one takes to start', async () => {
  const running = await started()
  await order(1, 'hang')
  await thread(2)
  // A minute and more on the host's clock, in which nothing may happen.
  await pause(3_200)
  expect(threads).toHaveLength(2)
  expect(present.size).toBe(1)
  await order(2, 'ready')
  await vi.waitFor(() => expect(running.stats()).toEqual({ events: 1, rooms: 1, restarts: 1 }))
  await pause(2_200)
  expect(threads).toHaveLength(2)
})

test('stopping while a thread is being replaced ends soon and leaves none behind', async () => {
  const running = await started()
  await order(1, 'hang')
  await thread(2)
  const from = performance.now()
  await running.stop()
  expect(performance.now() - from).toBeLessThan(8_000)
  expect(present.size).toBe(0)
  expect(threads).toHaveLength(2)
})

test('a thread that fails to start is tried again, after a pause that grows', async () => {
  const running = await started()
  await order(1, 'fail')
  const failedAt: number[] = []
  for (const number of [2, 3, 4]) {
    await order(number, 'fail')
    failedAt.push(performance.now())
  }
  await order(5, 'ready')
  const [second = 0, third = 0, fourth = 0] = failedAt
  expect(third - second).toBeGreaterThan(490)
  expect(fourth - third).toBeGreaterThan(980)
  await vi.waitFor(() => expect(running.stats()).toMatchObject({ rooms: 1, restarts: 1 }))
  expect(present.size).toBe(1)
  expect(errors.filter((message) => message.includes('tried again'))).toHaveLength(3)
})

test('stopping while a failed start waits for its next attempt ends at once', async () => {
  const running = await started()
  await order(1, 'fail')
  await order(2, 'fail')
  await vi.waitFor(() => expect(errors.some((message) => message.includes('tried again'))).toBe(true))
  await running.stop()
  expect(present.size).toBe(0)
  expect(threads).toHaveLength(2)
})

test('a thread that never becomes ready is given up after a minute', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout'] })
  try {
    const starting = start()
    const refused = expect(starting).rejects.toThrow('not ready within 60 s')
    await vi.advanceTimersByTimeAsync(59_000)
    expect(present.size).toBe(1)
    await vi.advanceTimersByTimeAsync(1_000)
    await refused
    expect(present.size).toBe(0)
  } finally {
    vi.useRealTimers()
  }
})

test('a thread that works is asked to finish', async () => {
  const running = await started()
  await running.stop()
  expect(present.size).toBe(0)
  expect(errors).toEqual([])
})
