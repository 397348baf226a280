import { afterEach, expect, test } from 'vitest'
import { RoomClient } from '../../sdk/room-client.ts'
import { playScript, type PlayClock } from '../../src/cli/play-script.ts'
import type { RoomEvent } from '../../src/contracts/room-event.ts'
import { startIngestStub } from '../support/ingest-stub.ts'

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const item of open.splice(0).reverse()) await item.close()
})

const room = { roomId: 'r', title: '测', host: { id: 'h', name: '主播' } }

function events(count: number, everyMs: number): RoomEvent[] {
  return Array.from({ length: count }, (_, index) => ({
    seq: index + 1,
    atMs: (index + 1) * everyMs,
    channel: 'speech',
    text: `第${index + 1}句`,
    partial: false,
    speaker: 'host',
  }))
}

/** A clock whose sleeps pass at once and are written down. */
function writtenClock(): PlayClock & { slept: number[] } {
  let time = 0
  const slept: number[] = []
  return {
    slept,
    now: () => time,
    sleep(ms) {
      slept.push(ms)
      time += ms
      return Promise.resolve()
    },
  }
}

async function house(maxBufferedEvents = 10_000) {
  const server = await startIngestStub()
  const client = new RoomClient({ url: server.url, key: 'lw_test', maxBufferedEvents })
  open.push(server, client)
  return { server, client, session: await client.start(room) }
}

test('events are sent at their times, divided by the speed', async () => {
  const { session } = await house()
  const clock = writtenClock()
  const played = await playScript({ events: events(3, 1_000) }, session, { speed: 2, clock })
  expect(clock.slept).toEqual([500, 500, 500])
  expect(played).toEqual({ outcome: 'played', sent: 3, atMs: 3_000 })
})

test('at full speed a small buffer slows the play down instead of losing anything', async () => {
  const { server, session } = await house(50)
  const seen: number[] = []
  const played = await playScript({ events: events(1_000, 1) }, session, {
    speed: 'max',
    onProgress: ({ sent, acceptedThrough }) => seen.push(sent - acceptedThrough),
  })
  expect(played.outcome).toBe('played')
  expect(Math.max(...seen)).toBeLessThanOrEqual(50)
  expect(server.sessions[0]?.events.map(({ seq }) => seq)).toEqual(
    Array.from({ length: 1_001 }, (_, index) => index + 1),
  )
})

test('a stop is obeyed in the middle of a wait and leaves the broadcast open', async () => {
  const { server, session } = await house()
  const stop = new AbortController()
  const playing = playScript({ events: events(2, 3_600_000) }, session, { speed: 1, signal: stop.signal })
  stop.abort()
  expect(await playing).toEqual({ outcome: 'stopped', sent: 0, atMs: 0 })
  expect(server.sessions[0]?.ended).toBe(false)
})

test('a taken over session ends the play in the middle of a wait', async () => {
  const { server, session } = await house()
  const playing = playScript({ events: events(2, 3_600_000) }, session, { speed: 1 })
  server.down('session.closed', { sessionId: session.id, code: 4409, reason: 'taken_over' })
  expect(await playing).toMatchObject({ outcome: 'closed', closed: { why: 'taken_over' } })
})
