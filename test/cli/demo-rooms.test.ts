import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startDemo, type DemoPace } from '../../src/cli/demo-rooms.ts'
import { startIngestStub, type IngestStub } from '../support/ingest-stub.ts'

let dir = ''
let server: IngestStub
let stop: AbortController
let demo: Promise<void>
let log: { message: string; details: object }[]

const pace: Partial<DemoPace> = { speed: 'max', spreadMs: 20, pauseMs: 5, recheckMs: 10, troubleMs: [5, 20] }

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'livewarden-demo-'))
  server = await startIngestStub()
  stop = new AbortController()
  demo = Promise.resolve()
  log = []
})
afterEach(async () => {
  stop.abort()
  await demo
  await server.close()
  await rm(dir, { recursive: true, force: true })
})

async function room(id: string, count = 3, everyMs = 10): Promise<void> {
  const header = {
    room_id: id,
    title: id,
    host: { id: `host-${id}`, name: id },
    category: 'food',
    licences: [],
    demo: true,
  }
  const lines = Array.from({ length: count }, (_, index) => ({
    seq: index + 1,
    t: index * everyMs,
    channel: 'speech',
    text: `第${index}句`,
  }))
  await writeFile(join(dir, `${id}.ndjson`), [header, ...lines].map((line) => JSON.stringify(line)).join('\n'))
}

function start(more: Partial<DemoPace> = {}): void {
  const write = (details: object, message: string): void => void log.push({ message, details })
  const logger = { info: write, warn: write }
  demo = startDemo({ url: server.url, key: 'lw_test', dir, signal: stop.signal, logger, pace: { ...pace, ...more } })
}

function of(id: string) {
  return server.sessions.filter(({ start: { roomId } }) => roomId === id)
}

test('every room is played again and again, each time as a new broadcast', async () => {
  await Promise.all(['a', 'b', 'herbal-tea'].map((id) => room(id)))
  start()
  await server.until(() => ['a', 'b', 'herbal-tea'].every((id) => of(id).filter(({ ended }) => ended).length >= 2))
  expect(server.sessions[0]?.start.roomId).toBe('herbal-tea')
  expect(new Set(server.sessions.map(({ start: { sessionRef } }) => sessionRef)).size).toBe(server.sessions.length)
  expect(of('a')[0]?.events.map(({ channel }) => channel)).toEqual(['speech', 'speech', 'speech', 'end'])
  expect(of('a')[0]?.start).not.toHaveProperty('liveUrl')
})

test('a suspended room obeys, waits for the end of the measure and comes back', async () => {
  await room('a', 1_000, 50)
  start({ speed: 1 })
  await server.until(() => (of('a')[0]?.events.length ?? 0) > 1)
  const until = new Date(Date.now() + 300).toISOString()
  let refusals = 0
  server.refuseStart = () => {
    if (Date.now() >= Date.parse(until)) return null
    refusals += 1
    return { code: 'room_suspended', message: 'off air', until }
  }
  server.enforce({
    enforcementId: 'e1',
    action: 'suspend',
    subject: { kind: 'room', id: 'a' },
    sessionId: 's1',
    codes: [],
    notice: '停播',
    issuedAt: new Date().toISOString(),
    until,
  })
  await server.until(() => of('a').length === 2)
  expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(until))
  expect(refusals).toBeGreaterThan(0)
  expect(server.acks.map(({ status }) => status)).toEqual(['received', 'obeyed'])
  expect(log.filter(({ message }) => message.includes('waits until its measure ends'))).toHaveLength(1)
})

test('a banned host stays silent with one line in the log while the other rooms go on', async () => {
  await Promise.all([room('a'), room('b')])
  let asked = 0
  server.refuseStart = ({ roomId }) => {
    if (roomId !== 'a') return null
    asked += 1
    return { code: 'room_suspended', message: 'banned', until: null }
  }
  start()
  await server.until(() => asked >= 3 && of('b').length >= 2)
  expect(of('a')).toEqual([])
  expect(log.filter(({ message }) => message.includes('banned'))).toHaveLength(1)
})

test('trouble is logged and tried again; nothing is thrown', async () => {
  await room('a')
  await writeFile(join(dir, 'broken.ndjson'), 'no script')
  server.refuseStart = () => ({ code: 'bad_request', message: 'not today' })
  start()
  const refused = (): boolean => log.filter(({ message }) => message.includes('could not go on air')).length >= 2
  await server.until(refused)
  server.refuseStart = () => null
  await server.until(() => of('a').length > 0)
  expect(log.some(({ message, details }) => message === 'a demo room stopped' && 'file' in details)).toBe(true)
})

test('a missing folder is a line in the log', async () => {
  dir = join(dir, 'missing')
  start()
  await demo
  expect(log).toMatchObject([{ message: 'the demo rooms cannot be read' }])
})

test('a stop ends the broadcasts and returns at once', async () => {
  await room('a', 2, 3_600_000)
  start({ speed: 1 })
  await server.until(() => (of('a')[0]?.events.length ?? 0) === 1)
  stop.abort()
  await demo
  expect(of('a')[0]?.ended).toBe(true)
  await server.until(() => server.connections() === 0)
})
