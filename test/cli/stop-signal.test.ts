import { EventEmitter } from 'node:events'
import { beforeEach, describe, expect, test } from 'vitest'
import { listenForStop, type StopSignal } from '../../src/cli/stop-signal.ts'

let source: EventEmitter
let at: number
let ended: number
let errors: unknown[]
let stop: StopSignal

beforeEach(() => {
  source = new EventEmitter()
  at = 1_000
  ended = 0
  errors = []
  stop = listenForStop({
    source,
    now: () => at,
    endAtOnce: () => void (ended += 1),
    onError: (error) => void errors.push(error),
  })
})

const signal = (name: 'SIGINT' | 'SIGTERM', afterMs = 0) => {
  at += afterMs
  source.emit(name, name)
}

describe('a request to stop', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)('by %s is asked for once and ends nothing by force', async (name) => {
    signal(name)
    expect(await stop.asked).toBe('signal')
    expect(ended).toBe(0)
  })

  test('that npm passes on is the same one', () => {
    signal('SIGINT')
    signal('SIGINT', 300)
    expect(ended).toBe(0)
  })

  test('comes a third time: the process ends at once', () => {
    signal('SIGINT')
    signal('SIGINT', 1)
    signal('SIGINT', 100)
    expect(ended).toBe(1)
  })

  test('comes again after two seconds: the process ends at once', () => {
    signal('SIGINT')
    signal('SIGINT', 2_000)
    expect(ended).toBe(1)
  })

  test('comes again as another signal: the process ends at once', () => {
    signal('SIGINT')
    signal('SIGTERM', 10)
    expect(ended).toBe(1)
  })

  test('is not heard any more when the process has stopped', () => {
    stop.forget()
    signal('SIGINT')
    expect(source.eventNames()).toEqual([])
  })
})

test('an error nobody handled stops the service, and more of them do not cut the stop short', async () => {
  for (const message of ['a', 'b', 'c']) source.emit('uncaughtException', new Error(message))
  expect(await stop.asked).toBe('error')
  expect(errors).toHaveLength(3)
  expect(ended).toBe(0)
})
