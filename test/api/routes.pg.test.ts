import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { permissionsByRole } from '../../src/access/permissions.ts'
import { consoleDown, consoleUp } from '../../src/contracts/console-wire.ts'
import { ingestDown, ingestUp } from '../../src/contracts/ingest-wire.ts'
import { roles, type Permission } from '../../src/contracts/people.ts'
import { routes, type Route } from '../../src/contracts/routes.ts'
import { openHouse, type Answer, type House, type Visitor } from '../ws/house.ts'

let house: House
let webDir: string
let lead: Visitor

beforeAll(async () => {
  webDir = await mkdtemp(join(tmpdir(), 'livewarden-web-'))
  await mkdir(join(webDir, 'assets'))
  await writeFile(join(webDir, 'index.html'), '<!doctype html><html><head><title>x</title></head></html>')
  await writeFile(join(webDir, 'assets/app-1234.js'), 'console.log(1)')
  await writeFile(join(webDir, 'assets/app-1234.js.gz'), gzipSync('console.log(1)'))
  house = await openHouse({ webDir })
  lead = await house.visitor('lead')
})
afterAll(async () => {
  const faults = [...house.faults]
  await house.close()
  await rm(webDir, { recursive: true, force: true })
  expect(faults).toEqual([])
})

const read = async (response: Response) => ({
  status: response.status,
  headers: response.headers,
  body: (await response.json()) as Answer,
})
const fetchFrom = async (path: string, init: RequestInit = {}) => read(await fetch(`${house.url}${path}`, init))
const table: [string, Route][] = Object.entries(routes)
const pathOf = (route: Route) => route.path.replace(':id', 'nobody')

describe('access', () => {
  test.each(roles)('a %s may call exactly what the table and the role allow', async (role) => {
    const visitor = await house.visitor(role)
    for (const [name, route] of table) {
      if (route.access === 'public' || name === 'logout') continue
      const answer =
        route.method === 'GET'
          ? await visitor.get(pathOf(route))
          : await visitor.post(pathOf(route), route.body ? {} : undefined)
      const refused = answer.status === 401 || answer.status === 403
      const may = route.access === 'signed-in' || permissionsByRole[role].includes(route.access as Permission)
      expect([name, refused]).toEqual([name, !may])
      expect(answer.status).not.toBe(500)
    }
  })

  test('without a login or a key everything but signing in is refused', async () => {
    for (const [name, route] of table) {
      if (route.access === 'public') continue
      const headers = { 'x-livewarden': '1', origin: house.url }
      const answer = await fetchFrom(pathOf(route), { method: route.method, headers })
      expect([name, answer.status, answer.body.error?.['code']]).toEqual([name, 401, 'unauthorised'])
    }
  })

  test('a person cannot push events, and a room key opens nothing but the room’s door', async () => {
    expect(await lead.post('/v1/sessions', {})).toMatchObject({ status: 401 })
    const authorization = `Bearer ${await house.key()}`
    expect(await fetchFrom('/v1/alerts', { headers: { authorization } })).toMatchObject({ status: 401 })
  })

  test.each([
    ['without the header', { origin: 'same' }],
    ['from another site', { 'x-livewarden': '1', origin: 'https://evil.example' }],
    ['from another site that hides', { 'x-livewarden': '1', 'sec-fetch-site': 'cross-site' }],
  ])('a change %s is refused, signing in too', async (_name, headers: Record<string, string>) => {
    const sent = headers['origin'] === 'same' ? { ...headers, origin: house.url } : headers
    expect(await lead.post('/v1/cases/x/claim', undefined, sent)).toMatchObject({
      status: 403,
      body: { error: { code: 'forbidden' } },
    })
    expect(await lead.post('/v1/login', { login: 'a', password: 'b' }, sent)).toMatchObject({ status: 403 })
    expect(await lead.get('/v1/me')).toMatchObject({ status: 200 })
  })

  test('signing in sets a cookie that scripts, other sites and other hosts cannot use', async () => {
    const visitor = await house.visitor('auditor')
    const answer = await fetch(`${house.url}/v1/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-livewarden': '1', origin: house.url },
      body: JSON.stringify({ login: visitor.person.login, password: 'correct horse' }),
    })
    const [cookie = ''] = answer.headers.getSetCookie()
    expect(cookie).toMatch(/^__Host-lw=[\w-]+; /)
    for (const part of ['Path=/', 'HttpOnly', 'Secure', 'SameSite=Strict']) expect(cookie).toContain(part)
    expect(cookie).not.toContain('Domain')
    expect(await answer.json()).toMatchObject({ person: { role: 'auditor' }, permissions: permissionsByRole.auditor })
    expect(await visitor.post('/v1/logout')).toMatchObject({ status: 200 })
    expect(await visitor.get('/v1/me')).toMatchObject({ status: 401 })
  })

  test('a wrong password says no more than that', async () => {
    const wrong = await lead.post('/v1/login', { login: lead.person.login, password: 'wrong' })
    const unknown = await lead.post('/v1/login', { login: 'nobody-at-all', password: 'wrong' })
    expect([wrong.status, unknown.status]).toEqual([401, 401])
    expect(wrong.body.error?.['message']).toBe(unknown.body.error?.['message'])
  })

  test('the 301st request of a minute is told to wait', async () => {
    const busy = await house.visitor('auditor')
    let last: Awaited<ReturnType<typeof busy.get>> | undefined
    for (let count = 0; count < 301; count += 1) last = await busy.get('/v1/me')
    expect(last).toMatchObject({
      status: 429,
      body: { error: { code: 'rate_limited', retryAfterMs: expect.any(Number) as number } },
    })
    expect(await lead.get('/v1/me')).toMatchObject({ status: 200 })
  })

  test('guessing logins is bounded by address, whatever cookie is sent, and harms no room with a good key', async () => {
    const guessed = await openHouse()
    const ask = async (cookie: string) => (await fetch(`${guessed.url}/v1/me`, { headers: { cookie } })).status
    const before: number[] = []
    for (let count = 0; count < 150; count += 1) before.push(await ask(`__Host-lw=guess-${count}`), await ask(''))
    expect(new Set(before)).toEqual(new Set([401]))
    const after = await Promise.all(Array.from({ length: 50 }, (_, count) => ask(`__Host-lw=another-${count}`)))
    expect(new Set(after)).toEqual(new Set([429]))
    const authorization = `Bearer ${await guessed.key()}`
    const events = { method: 'POST', headers: { authorization, 'content-type': 'application/json' }, body: '[]' }
    const good = await Promise.all(
      Array.from({ length: 400 }, async () => (await fetch(`${guessed.url}/v1/sessions/x/events`, events)).status),
    )
    expect(good).not.toContain(429)
    expect(good).not.toContain(401)
    await guessed.close()
  })

  test('guesses that come all at once are bounded alike', async () => {
    const stormed = await openHouse()
    const answers = await Promise.all(
      Array.from({ length: 400 }, async (_, count) => {
        const answer = await fetch(`${stormed.url}/v1/me`, { headers: { cookie: `__Host-lw=guess-${count}` } })
        return answer.status
      }),
    )
    expect(answers.filter((status) => status === 401)).toHaveLength(300)
    expect(answers.filter((status) => status === 429)).toHaveLength(100)
    await stormed.close()
  })

  test('somebody who signs in on two machines has one allowance', async () => {
    const twice = await house.visitor('engineer')
    const login = { login: twice.person.login, password: 'correct horse' }
    const answer = await fetch(`${house.url}/v1/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-livewarden': '1', origin: house.url },
      body: JSON.stringify(login),
    })
    const cookie = answer.headers.getSetCookie()[0]?.split(';')[0] ?? ''
    for (let count = 0; count < 150; count += 1) {
      await twice.get('/v1/me')
      await fetchFrom('/v1/me', { headers: { cookie } })
    }
    expect((await twice.get('/v1/me')).status).toBe(429)
    expect((await fetchFrom('/v1/me', { headers: { cookie } })).status).toBe(429)
  })

  test('an eleventh wrong key within a second is turned away unread', async () => {
    const attempt = () => fetchFrom('/v1/sessions', { method: 'POST', headers: { authorization: 'Bearer lw_wrong' } })
    const answers = await Promise.all(Array.from({ length: 30 }, attempt))
    const codes = answers.map((answer) => answer.body.error?.['code'])
    expect(new Set(codes)).toEqual(new Set(['unauthorised', 'rate_limited']))
  })
})

describe('bad requests', () => {
  const own = () => ({
    'x-livewarden': '1',
    origin: house.url,
    cookie: lead.cookie,
    'content-type': 'application/json',
  })

  test('malformed JSON is answered with line and column', async () => {
    const answer = await fetchFrom('/v1/enforcements', {
      method: 'POST',
      headers: own(),
      body: '{"caseId": "x",\n  "action": }',
    })
    expect(answer).toMatchObject({ status: 400, body: { error: { code: 'bad_request' } } })
    expect(answer.body.error?.['message']).toContain('line 2, column 13')
  })

  test.each([
    ['an unknown key', '/v1/login', { login: 'a', password: 'b', admin: true }],
    ['a wrong type', '/v1/login', { login: 5, password: 'b' }],
    [
      'a key from nowhere',
      '/v1/login',
      JSON.parse('{"login":"a","password":"b","__proto__":{"admin":true}}') as object,
    ],
    ['no body', '/v1/login', undefined],
    ['a body where none belongs', '/v1/cases/x/claim', { force: true }],
    ['a NUL', '/v1/enforcements/x/lift', { idempotencyKey: 'abcdefgh', reason: 'a\0' }],
  ])('%s is refused and named', async (_name, path, body) => {
    const answer = await lead.post(path, body)
    expect(answer).toMatchObject({
      status: 400,
      body: { error: { code: 'bad_request', requestId: expect.any(String) as string } },
    })
  })

  test.each([
    '/v1/alerts?state=closed',
    '/v1/alerts?colour=red',
    '/v1/alerts?cursor=nonsense',
    '/v1/alerts?cursor=WzEsMl0',
    '/v1/rooms?cursor=bnVsbA',
    '/v1/audit?cursor=-1',
    '/v1/enforcements?from=yesterday',
    '/v1/enforcements?q=%00',
    '/v1/me?x=1',
    '/v1/stream?since=-1',
    '/v1/sessions/%00',
    '/v1/sessions/%E0%A4%A',
  ])('GET %s', async (path) => {
    expect(await lead.get(path)).toMatchObject({ status: 400, body: { error: { code: 'bad_request' } } })
  })

  test('a body above 1 MiB is 413, a page above 200 rows too', async () => {
    const answer = await fetchFrom('/v1/login', {
      method: 'POST',
      headers: own(),
      body: JSON.stringify({ login: 'x'.repeat(1_100_000) }),
    })
    expect(answer).toMatchObject({ status: 413, body: { error: { code: 'too_large' } } })
    expect(await lead.get('/v1/alerts?limit=201')).toMatchObject({
      status: 413,
      body: { error: { code: 'too_large', field: 'limit' } },
    })
  })

  test('what is no JSON is told which types are taken', async () => {
    const answer = await fetchFrom('/v1/login', {
      method: 'POST',
      headers: { ...own(), 'content-type': 'text/xml' },
      body: '<a/>',
    })
    expect(answer).toMatchObject({ status: 400, body: { error: { code: 'bad_request' } } })
  })

  test('every answer carries its request id, and an error the same one', async () => {
    const answer = await fetchFrom('/v1/nothing-here', { headers: { 'x-request-id': 'forged' } })
    expect(answer.status).toBe(404)
    expect(answer.headers.get('x-request-id')).toBe(answer.body.error?.['requestId'])
    expect(answer.headers.get('x-request-id')).not.toBe('forged')
  })
})

describe('the console’s files', () => {
  const policy = (response: Response) => response.headers.get('content-security-policy') ?? ''

  test.each(['/', '/index.html', '/feed', '/rooms/直播间/', '/cases/1?tab=2'])(
    '%s is the page, never stored, with its own nonce',
    async (path) => {
      const [first, second] = await Promise.all([fetch(`${house.url}${path}`), fetch(`${house.url}${path}`)])
      expect(first.status).toBe(200)
      expect(first.headers.get('cache-control')).toBe('no-store')
      const html = await first.text()
      const nonce = /<meta property="csp-nonce" nonce="([^"]+)" content="\1">/.exec(html)?.[1] ?? 'none'
      expect(policy(first).split(';')).toEqual([
        "default-src 'self'",
        "script-src 'self'",
        `style-src 'self' 'nonce-${nonce}'`,
        "style-src-attr 'unsafe-inline'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "form-action 'self'",
      ])
      expect(policy(second)).not.toBe(policy(first))
    },
  )

  test('assets never change and come compressed', async () => {
    const asset = await fetch(`${house.url}/assets/app-1234.js`, { headers: { 'accept-encoding': 'gzip' } })
    expect(asset.headers.get('cache-control')).toContain('immutable')
    expect(asset.headers.get('content-encoding')).toBe('gzip')
    expect(await asset.text()).toBe('console.log(1)')
  })

  test.each(['/assets/gone.js', '/v1/nothing', '/socket.io', '/docs/nothing'])('%s is no page', async (path) => {
    const answer = await fetch(`${house.url}${path}`)
    expect([400, 404]).toContain(answer.status)
  })

  test.each(['/../package.json', '/..%2f..%2fetc/passwd', '/assets/..%2f..%2fpackage.json'])(
    '%s leaves the folder alone',
    async (path) => {
      const answer = await house.api.inject({ url: path })
      expect(answer.body).not.toContain('livewarden"')
      expect(answer.body).not.toContain('root:')
    },
  )

  test('a console that is not built says how to build it, and the API goes on', async () => {
    const bare = await openHouse()
    const page = await fetch(`${bare.url}/feed`)
    expect(await page.text()).toContain('npm run build')
    expect((await fetch(`${bare.url}/readyz`)).status).toBe(200)
    await bare.close()
  })
})

test('a connection that never asked for anything does not hold up the stop', async () => {
  const stopping = await openHouse()
  const silent = connect(Number(new URL(stopping.url).port), '127.0.0.1')
  await new Promise((resolve) => silent.once('connect', resolve))
  const gone = new Promise((resolve) => silent.once('close', resolve))
  silent.resume()
  const from = performance.now()
  await stopping.close()
  await gone
  expect(performance.now() - from).toBeLessThan(15_000)
})

describe('health and documentation', () => {
  test('livez, readyz and metrics answer without a login', async () => {
    expect(await fetchFrom('/livez')).toMatchObject({ status: 200, body: { live: true } })
    expect(await fetchFrom('/readyz')).toMatchObject({ status: 200, body: { ready: true, mode: 'NORMAL' } })
    const metrics = await fetch(`${house.url}/metrics`)
    expect(await metrics.text()).toContain('livewarden_up 1')
  })

  test('the OpenAPI document describes every route of the table and no other', async () => {
    const { body } = await fetchFrom('/docs/json')
    const described = Object.entries(body['paths'] as Record<string, object>).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    )
    const expected = table.map(([, route]) => `${route.method} ${route.path.replace(':id', '{id}')}`)
    expect(described.sort()).toEqual(expected.sort())
    const events = (body['paths'] as Record<string, { post: { requestBody: { content: object } } }>)[
      '/v1/sessions/{id}/events'
    ]
    expect(Object.keys(events?.post.requestBody.content ?? {})).toEqual(['application/json', 'application/x-ndjson'])
  })

  test('its page is served, and its looser policy stays there', async () => {
    const page = await fetch(`${house.url}/docs/`)
    expect(page.status).toBe(200)
    expect(page.headers.get('content-security-policy')).toContain("style-src 'self' 'unsafe-inline'")
    const script = /src="([^"]+\.js)"/.exec(await page.text())?.[1] ?? ''
    expect((await fetch(new URL(script, `${house.url}/docs/`))).status).toBe(200)
    const other = await fetch(`${house.url}/docs/sockets`)
    expect(other.headers.get('content-security-policy')).not.toContain("style-src 'self' 'unsafe-inline'")
  })

  test('the sockets are described message by message', async () => {
    const html = await (await fetch(`${house.url}/docs/sockets`)).text()
    const { body } = await fetchFrom('/docs/sockets.json')
    expect(body['asyncapi']).toBe('3.0.0')
    const channels = body['channels'] as Record<string, { messages: Record<string, unknown> }>
    for (const [channel, types] of [
      ['ingest', [...Object.keys(ingestUp), ...Object.keys(ingestDown)]],
      ['console', [...Object.keys(consoleUp), ...Object.keys(consoleDown)]],
    ] as const) {
      for (const type of types) {
        expect(html).toContain(`<code>${type}</code>`)
        expect(channels[channel]?.messages[type]).toBeDefined()
      }
    }
  })
})
