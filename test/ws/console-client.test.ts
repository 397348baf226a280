import type { Socket } from 'socket.io'
import { describe, expect, test } from 'vitest'
import type { StreamItem } from '../../src/contracts/console-wire.ts'
import type { Person } from '../../src/contracts/people.ts'
import { ConsoleClient } from '../../src/ws/console-client.ts'

const person: Person = { id: 'p', login: 'p', name: 'p', role: 'lead', disabled: false, demo: false }
const gap = { sessionId: 's', fromSeq: 1, toSeq: 2, reason: 'lag' as const, at: '2026-01-01T00:00:00.000Z' }
const item = (streamSeq: number): StreamItem => ({ streamSeq, at: gap.at, fact: { type: 'coverage.gap', gap } })

function sitting() {
  const sent: number[][] = []
  const writeBuffer: { data?: unknown }[] = []
  const socket = {
    emit: (_type: string, { items }: { items: StreamItem[] }) => sent.push(items.map((one) => one.streamSeq)),
    conn: { writeBuffer },
  }
  return { client: new ConsoleClient(socket as unknown as Socket, 'token', person), sent, writeBuffer }
}
const seqs = (items: readonly StreamItem[]) => items.map((one) => one.streamSeq)

test('a console that has not asked is pushed nothing', () => {
  expect(sitting().client.take([item(1)])).toEqual([])
})

test('facts that come while its question is answered follow the answer, once', () => {
  const { client, sent } = sitting()
  const asked = client.hold()
  expect(client.take([item(4), item(5)])).toEqual([])
  expect(client.take([item(6), item(7)])).toEqual([])
  client.follow(asked, 5)
  expect(sent).toEqual([[6, 7]])
  expect(seqs(client.take([item(7), item(8)]))).toEqual([8])
  expect(seqs(client.take([item(9)]))).toEqual([9])
})

test('an answer that reaches beyond what was pushed is not repeated', () => {
  const { client, sent } = sitting()
  client.follow(client.hold(), 10)
  expect(client.take([item(8), item(9), item(10)])).toEqual([])
  expect(seqs(client.take([item(10), item(11)]))).toEqual([11])
  expect(sent).toEqual([])
})

test('of two questions at once, the later one counts', () => {
  const { client, sent } = sitting()
  const first = client.hold()
  const second = client.hold()
  client.take([item(6)])
  client.follow(first, 3)
  expect(sent).toEqual([])
  client.follow(second, 5)
  expect(sent).toEqual([[6]])
})

describe('a console lags', () => {
  const answer = (size: number) => ({ data: `3/console,1[${'x'.repeat(size)}]` })
  const push = (size: number) => ({ data: `2/console,["batch",${'x'.repeat(size)}]` })

  test('when a thousand packets wait', () => {
    const { client, writeBuffer } = sitting()
    writeBuffer.push(...Array.from({ length: 1_000 }, () => ({ data: 'x' })))
    expect(client.lagging).toBe(false)
    writeBuffer.push({ data: 'x' })
    expect(client.lagging).toBe(true)
  })

  test('when a megabyte waits, in packets of whatever size', () => {
    const { client, writeBuffer } = sitting()
    writeBuffer.push(push(600_000))
    expect(client.lagging).toBe(false)
    writeBuffer.push(push(600_000))
    expect(client.lagging).toBe(true)
    writeBuffer.splice(0, 2, ...Array.from({ length: 11 }, () => push(100_000)))
    expect(client.lagging).toBe(true)
  })

  test('not for one large answer it asked for, but for a second', () => {
    const { client, writeBuffer } = sitting()
    writeBuffer.push(answer(5_000_000), push(500_000))
    expect(client.lagging).toBe(false)
    writeBuffer.push(answer(2_000_000))
    expect(client.lagging).toBe(true)
  })
})
