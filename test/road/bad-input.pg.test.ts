import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { io } from 'socket.io-client'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createKey } from '../support/console-user.ts'
import { plainRoom, type PlainRoom } from '../support/plain-room.ts'
import { runProgram, startService, type Service } from '../support/service.ts'
import { testStore } from '../support/store.ts'

describe('[CM3] bad input at the doors', () => {
  let store: Awaited<ReturnType<typeof testStore>>
  let service: Service
  let key: string
  let healthy: PlainRoom
  let sessionId: string
  let seq = 0

  beforeAll(async () => {
    store = await testStore()
    service = await startService({ databaseUrl: store.url })
    key = await createKey(store.url)
    healthy = await plainRoom(service.url, key)
    sessionId = await healthy.start(start('healthy'))
  })
  afterAll(async () => {
    healthy.close()
    expect(await service.end('SIGTERM')).toEqual({ code: 0, signal: null })
    await store.close()
  })
  // Whatever a stranger sends, somebody else's room goes on without noticing.
  afterEach(async () => {
    seq += 1
    const reply = await healthy.append(sessionId, [{ seq, atMs: seq, channel: 'speech', text: `第${seq}句` }])
    expect(reply).toMatchObject({ ok: true, data: { acceptedThrough: seq } })
  })

  function start(roomId: string) {
    return { roomId, title: '直播间', host: { id: `${roomId}-host`, name: '主播' } }
  }

  async function post(path: string, body: string, headers: Record<string, string> = {}) {
    const answer = await fetch(`${service.url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
      body,
    })
    const text = await answer.text()
    return { status: answer.status, error: (JSON.parse(text) as { error?: Record<string, unknown> }).error }
  }

  test('malformed JSON is answered with what is wrong, over HTTP and over WebSocket', async () => {
    const answer = await post('/v1/sessions', '{"roomId": "x", ')
    expect(answer).toMatchObject({ status: 400, error: { code: 'bad_request' } })
    expect(String(answer.error?.['message'])).toMatch(/JSON/)
    const room = await plainRoom(service.url, key)
    const reply = new Promise<string>((resolve) =>
      room.socket.once('message', (bytes: Buffer) => resolve(bytes.toString())),
    )
    room.socket.send('{"type": "session.start", ')
    expect(JSON.parse(await reply)).toMatchObject({ type: 'reply', ok: false, error: { code: 'bad_request' } })
    room.close()
  })

  test('a frame of 10 MB closes the socket with 1009; a body of that size is answered 413', async () => {
    const huge = JSON.stringify({ type: 'events.append', id: 1, data: { text: 'x'.repeat(10_000_000) } })
    const room = await plainRoom(service.url, key)
    room.socket.send(huge)
    expect((await room.closed).code).toBe(1009)
    expect(await post('/v1/sessions', huge)).toMatchObject({ status: 413, error: { code: 'too_large' } })
    const socket = io(`${service.url}/ingest`, { transports: ['websocket'], auth: { key }, reconnection: false })
    const gone = new Promise<string>((resolve) => socket.once('disconnect', resolve))
    socket.on('connect', () => socket.emit('events.append', { text: 'x'.repeat(10_000_000) }))
    expect(await gone).toMatch(/transport/)
  })

  test('a wrong key is refused at every door', async () => {
    const answer = await post('/v1/sessions', JSON.stringify(start('x')), { authorization: 'Bearer lw_wrong' })
    expect(answer).toMatchObject({ status: 401, error: { code: 'unauthorised' } })
    const room = await plainRoom(service.url, 'lw_wrong')
    expect((await room.closed).code).toBe(4401)
    const socket = io(`${service.url}/ingest`, {
      transports: ['websocket'],
      auth: { key: 'lw_wrong' },
      reconnection: false,
    })
    const refused = new Promise<string>((resolve) => {
      socket.once('connect_error', (error) => resolve(error.message))
      socket.once('session.closed', (closed: { code: number }) => resolve(String(closed.code)))
    })
    expect(await refused).toMatch(/4401|unauthorised/)
    socket.disconnect()
  })

  test('a gap in seq names the seq expected', async () => {
    const room = await plainRoom(service.url, key)
    const id = await room.start(start('gap'))
    const reply = await room.append(id, [{ seq: 3, atMs: 0, channel: 'speech', text: '第三句' }])
    expect(reply).toMatchObject({ ok: false, error: { code: 'seq_gap', expectedSeq: 1 } })
    room.close()
  })

  test('an unknown category is refused with the known ones', async () => {
    const reply = await healthy.ask('session.start', { ...start('cat'), category: 'weapons' })
    expect(reply).toMatchObject({ ok: false, error: { code: 'bad_request', field: 'category' } })
    expect(String(reply.error?.['message'])).toContain('health_food')
  })

  test.each([
    [
      'an over-long text',
      { seq: 1, atMs: 0, channel: 'speech', text: '长'.repeat(2_001) },
      'too_large',
      'events.0.text',
    ],
    ['a wrong type', { seq: '1', atMs: 0, channel: 'speech', text: '好' }, 'bad_request', 'events.0.seq'],
    ['an unknown key', { seq: 1, atMs: 0, channel: 'speech', text: '好', colour: 'red' }, 'bad_request', 'events.0'],
    ['an unknown channel', { seq: 1, atMs: 0, channel: 'smell', text: '好' }, 'bad_request', 'events.0.channel'],
  ])('%s is refused with its field', async (_name, event, code, field) => {
    const reply = await healthy.ask('events.append', { sessionId, events: [event] })
    expect(reply).toMatchObject({ ok: false, error: { code, field } })
  })

  test('a session nobody started is unknown', async () => {
    const reply = await healthy.append('no-such', [{ seq: 1, atMs: 0, channel: 'speech', text: '好' }])
    expect(reply).toMatchObject({ ok: false, error: { code: 'unknown_session' } })
  })
})

describe('[CM3] bad surroundings at the start', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'livewarden-bad-'))
  })
  afterEach(async () => {
    await chmod(folder, 0o700)
    await rm(folder, { recursive: true, force: true })
  })

  test('a port in use is named with another to try, and nothing is left running', async () => {
    const store = await testStore()
    const first = await startService({ databaseUrl: store.url })
    const port = new URL(first.url).port
    const environment = { DATABASE_URL: store.url, PORT: port, DATA_DIR: folder }
    const second = await runProgram(['serve', '--no-demo'], { environment })
    expect(second.code).toBe(1)
    expect(second.stderr).toContain(`Port ${port} on 127.0.0.1 is in use`)
    expect(second.stderr).toContain(`PORT=${Number(port) + 1}`)
    expect((await fetch(`${first.url}/readyz`)).status).toBe(200)
    await first.end('SIGTERM')
    await store.close()
  })

  test('a data folder that cannot be written is named with the remedy', async () => {
    // A file where the folder should be cannot be written by anybody, root included.
    const { writeFile } = await import('node:fs/promises')
    const path = join(folder, 'data')
    await writeFile(path, '')
    const { code, stderr } = await runProgram(['serve', '--no-demo'], { environment: { DATA_DIR: path, PORT: '0' } })
    expect(code).toBe(1)
    expect(stderr).toContain(path)
    expect(stderr.split('\n').filter((line) => line.startsWith('    at '))).toEqual([])
  })

  test('a database that does not answer is named, without a stack', async () => {
    const environment = { DATABASE_URL: 'postgres://x@127.0.0.1:1/x', DATA_DIR: folder, PORT: '0' }
    const { code, stderr } = await runProgram(['serve'], { environment })
    expect(code).toBe(1)
    expect(stderr).toContain('DATABASE_URL')
    expect(stderr).not.toMatch(/^\s+at /m)
  })

  test('an administrative command in a folder without a service says so and creates nothing', async () => {
    const { code, stderr } = await runProgram(['user', 'list'], { environment: { DATA_DIR: join(folder, 'typo') } })
    expect(code).toBe(1)
    expect(stderr).toContain('There is no service data')
    expect(existsSync(join(folder, 'typo'))).toBe(false)
  })

  test('an address without a scheme is refused by push with an example', async () => {
    const args = ['push', 'demo/rooms/herbal-tea.ndjson', '--url', 'localhost:5201', '--key', 'lw_x']
    const { code, stderr } = await runProgram(args)
    expect(code).toBe(2)
    expect(stderr).toContain('http://localhost:3000')
  })

  test('settings that do not fit are all named, with exit code 2', async () => {
    const { code, stderr } = await runProgram(['serve', '--role', 'gateway'], { environment: { PORT: 'x' } })
    expect(code).toBe(2)
    expect(stderr).toContain('PORT')
    expect((await runProgram(['serve', '--role', 'gateway'])).stderr).toContain('DATABASE_URL and REDIS_URL')
  })

  test('an unknown command or option exits with 2 and points to the help', async () => {
    const { code, stderr } = await runProgram(['serv'])
    expect(code).toBe(2)
    expect(stderr).toContain('--help')
  })
})
