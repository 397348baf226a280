import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable, Writable } from 'node:stream'
import { CommanderError } from 'commander'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { pushCommand } from '../../src/cli/push.ts'
import type { RoomEnforcement } from '../../src/contracts/enforcement.ts'
import { startIngestStub, type IngestStub } from '../support/ingest-stub.ts'

let folder = ''
let server: IngestStub | null = null

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'livewarden-push-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))
afterEach(async () => {
  await server?.close()
  server = null
})

const header = { room_id: 'r1', title: '山里茶', host: { id: 'h1', name: '伍姐' }, category: 'food', licences: [] }

async function script(count: number, more: readonly string[] = [], everyMs = 1_000): Promise<string> {
  const lines = Array.from({ length: count }, (_, index) =>
    JSON.stringify({ seq: index + 1, t: index * everyMs, channel: 'speech', text: `第${index + 1}句` }),
  )
  const file = join(folder, `${Math.random().toString(36).slice(2)}.ndjson`)
  await writeFile(file, [JSON.stringify(header), ...lines, ...more].join('\n'))
  return file
}

type Ran = { code: number; out: string; err: string }

async function push(
  args: readonly string[],
  more: { key?: string; stdin?: Readable; interrupt?: AbortSignal; tty?: boolean } = {},
): Promise<Ran> {
  const out: string[] = []
  const err: string[] = []
  const sink = (to: string[]): Writable =>
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        to.push(chunk.toString())
        done()
      },
    })
  const stderr = Object.assign(sink(err), more.tty ? { isTTY: true, columns: 80 } : {})
  const command = pushCommand({
    stdin: more.stdin ?? new PassThrough(),
    stdout: sink(out),
    stderr,
    environment: { LIVEWARDEN_KEY: more.key ?? 'lw_test' },
    ...(more.interrupt ? { interrupt: more.interrupt } : {}),
  }).exitOverride()
  let code = 0
  try {
    await command.parseAsync([...args], { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    code = error.exitCode
  }
  return { code, out: out.join(''), err: err.join('') }
}

function suspension(sessionId: string): RoomEnforcement {
  return {
    enforcementId: 'e1',
    action: 'suspend',
    subject: { kind: 'room', id: 'r1' },
    sessionId,
    codes: ['efficacy.disease'],
    notice: '因虚假功效停播',
    issuedAt: new Date().toISOString(),
    until: new Date(Date.now() + 600_000).toISOString(),
  }
}

test('a file is played to its end and the broadcast ended', async () => {
  server = await startIngestStub()
  const ran = await push([await script(500), '--url', server.url, '--speed', 'max'])
  expect(ran).toMatchObject({ code: 0 })
  expect(ran.out).toContain('Played: 500 of 500 events accepted, at 08:19')
  expect(server.sessions[0]?.start).toMatchObject({ roomId: 'r1', title: '山里茶', category: 'food' })
  expect(server.sessions[0]?.events).toHaveLength(501)
  expect(server.sessions[0]?.ended).toBe(true)
  expect(ran.err.split('\n').length).toBeLessThan(15)
})

test('subtitles from stdin are played into the room that is named, ten times faster than spoken', async () => {
  server = await startIngestStub()
  const srt = '1\n00:00:00,500 --> 00:00:01,000\n你好\n\n2\n00:00:01,000 --> 00:00:02,000\n助播：三号链接\n'
  const begun = performance.now()
  const ran = await push(
    [
      '-',
      '--url',
      server.url,
      '--speed',
      '10',
      '--room',
      'r9',
      '--host',
      '小雨',
      '--category',
      'toy',
      '--licence',
      '潮玩盲盒',
      '--json',
    ],
    { stdin: Readable.from([srt]) },
  )
  expect(performance.now() - begun).toBeGreaterThan(95)
  expect(ran.code).toBe(0)
  expect(server.sessions[0]?.start).toMatchObject({
    roomId: 'r9',
    host: { id: '小雨', name: '小雨' },
    category: 'toy',
    licences: ['潮玩盲盒'],
  })
  expect(server.sessions[0]?.events).toMatchObject([
    { text: '你好', speaker: 'host', atMs: 500 },
    { text: '三号链接', speaker: 'assistant', atMs: 1_000 },
    { channel: 'end' },
  ])
  const facts = ran.out
    .trim()
    .split('\n')
    .map((line): unknown => JSON.parse(line))
  expect(facts).toMatchObject([
    { type: 'started', sessionId: 's1', roomId: 'r9' },
    { type: 'summary', outcome: 'played', sent: 2, accepted: 2, total: 2 },
  ])
})

test('on a terminal the progress is a bar', async () => {
  server = await startIngestStub()
  const ran = await push([await script(50), '--url', server.url, '--speed', 'max'], { tty: true })
  expect(ran.code).toBe(0)
  expect(ran.err).toMatch(/100% \| 50\/50/u)
})

test('bad lines are named, the rest is played, and the exit code is 2', async () => {
  server = await startIngestStub()
  const file = await script(2, ['{"seq":3,', '{"seq":4,"t":5,"channel":"song"}'])
  const ran = await push([file, '--url', server.url, '--speed', 'max'])
  expect(ran.code).toBe(2)
  expect(ran.err).toContain(`${file}:4: json: `)
  expect(ran.err).toContain(`${file}:5: channel: `)
  expect(ran.err).toContain('2 lines were left out')
  expect(server.sessions[0]?.events).toHaveLength(3)
})

test('a suspension while playing is shown with its notice, obeyed, and ends with exit code 2', async () => {
  server = await startIngestStub()
  const to = server
  const running = push([await script(600, [], 100), '--url', server.url, '--speed', '1'])
  await server.until(() => (to.sessions[0]?.events.length ?? 0) >= 2)
  const measure = suspension('s1')
  server.enforce(measure)
  const ran = await running
  expect(ran.code).toBe(2)
  expect(ran.out).toContain('【停播 Suspend')
  expect(ran.out).toContain('因虚假功效停播')
  expect(ran.err).toContain(`suspended until ${measure.until}`)
  expect(server.acks.map(({ status }) => status)).toEqual(['received', 'obeyed'])
})

test('a room that is off air is refused with the end of its measure', async () => {
  server = await startIngestStub()
  const until = '2099-01-01T00:00:00.000Z'
  server.refuseStart = () => ({ code: 'room_suspended', message: 'Room "r1" is off air', until })
  const ran = await push([await script(2), '--url', server.url])
  expect(ran).toMatchObject({ code: 2, out: '' })
  expect(ran.err).toContain(until)
})

test('an interruption sends what was said, says where it stopped, and the same session-ref goes on there', async () => {
  server = await startIngestStub()
  const to = server
  const file = await script(40, [], 50)
  const interrupt = new AbortController()
  const first = push([file, '--url', server.url, '--session-ref', 'evening'], { interrupt: interrupt.signal })
  await server.until(() => (to.sessions[0]?.events.length ?? 0) >= 5)
  interrupt.abort()
  const stopped = await first
  expect(stopped.code).toBe(0)
  expect(stopped.out).toMatch(/Stopped: \d+ of 40 events accepted, at 00:00\. Go on with: --session-ref evening/u)
  expect(server.sessions[0]?.ended).toBe(false)
  const second = await push([file, '--url', server.url, '--session-ref', 'evening', '--speed', 'max'])
  expect(second.code).toBe(0)
  expect(second.out).toContain('going on after event')
  expect(server.sessions).toHaveLength(1)
  expect(server.sessions[0]?.events.map((event) => ('text' in event ? event.text : 'end'))).toEqual([
    ...Array.from({ length: 40 }, (_, index) => `第${index + 1}句`),
    'end',
  ])
})

test.each([
  ['no key', ['--url', 'http://127.0.0.1:9'], { key: '' }, 'LIVEWARDEN_KEY'],
  ['a wrong speed', ['--speed', 'fast'], {}, '--speed fast'],
  ['an address that is none', ['--url', 'here'], {}, '--url here'],
  ['an address without a scheme', ['--url', 'localhost:3000'], {}, 'http://localhost:3000'],
  ['an unknown category', ['--category', 'tea'], {}, 'Unknown category "tea"'],
] as const)('%s is refused with exit code 2 and the remedy', async (_name, args, more, message) => {
  const ran = await push([await script(1), ...args], more)
  expect(ran.code).toBe(2)
  expect(ran.err).toContain(message)
})

test('a service that cannot be reached is named with what the network says, and the exit code is 2', async () => {
  server = await startIngestStub()
  const { url } = server
  await server.close()
  server = null
  const ran = await push([await script(1), '--url', url])
  expect(ran).toMatchObject({ code: 2, out: '' })
  expect(ran.err).toContain(`Cannot reach ${url}`)
  expect(ran.err).toContain('ECONNREFUSED')
})

test('a wrong key and a missing file are refused with exit code 2', async () => {
  server = await startIngestStub()
  const wrong = await push([await script(1), '--url', server.url], { key: 'lw_wrong' })
  expect(wrong.code).toBe(2)
  expect(wrong.err).toContain('The key was refused')
  const missing = await push([join(folder, 'missing.srt'), '--url', server.url])
  expect(missing.code).toBe(2)
  expect(missing.err).toContain('missing.srt')
})
