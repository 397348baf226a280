import type { FastifyInstance } from 'fastify'
import pino from 'pino'
import { io, type Socket } from 'socket.io-client'
import type { Access } from '../../src/access/access.ts'
import { createAccess } from '../../src/access/create-access.ts'
import { hashPassword } from '../../src/access/passwords.ts'
import { generateRoomKey, hashSecret } from '../../src/access/secrets.ts'
import { createApi } from '../../src/api/server.ts'
import { createVisitors } from '../../src/api/visitors.ts'
import type { Fanout } from '../../src/bus/fanout.ts'
import { createInProcessFanout } from '../../src/bus/in-process-fanout.ts'
import { createCases } from '../../src/cases/create-cases.ts'
import type { Permission, Person, Role } from '../../src/contracts/people.ts'
import { findCitation } from '../../src/detectors/basis.ts'
import { createEnforcement } from '../../src/enforcement/create-enforcement.ts'
import type { EnforcementDoor } from '../../src/enforcement/enforcement.ts'
import { createIngest } from '../../src/ingest/accept.ts'
import { createAccessStores } from '../../src/store/access-stores.ts'
import { createCaseStore } from '../../src/store/case-store.ts'
import type { Db } from '../../src/store/database.ts'
import { createEnforcementStore } from '../../src/store/enforcement-decisions.ts'
import { attachSockets, type SocketHub } from '../../src/ws/attach-sockets.ts'
import { openTestDatabase } from '../enforcement/case-fixture.ts'

const cheap = { memoryKiB: 1_024, passes: 1 }
const doer = { actor: { kind: 'service' as const, id: 'test', name: 'test', role: 'service' }, requestId: 'test' }

/** API and sockets of one gateway on a port of its own, over a real database and the real parts behind them. */
export type House = {
  url: string
  db: Db
  api: FastifyInstance
  hub: SocketHub
  access: Access
  enforcement: EnforcementDoor
  fanout: Fanout
  /** Lines of the log at level error. */
  faults: string[]
  /** A key for these rooms. */
  key(rooms?: 'all' | string[]): Promise<string>
  revoke(key: string): Promise<void>
  /** Somebody of that role, signed in. */
  visitor(role: Role): Promise<Visitor>
  close(): Promise<void>
}

export type Visitor = {
  person: Person
  cookie: string
  get(path: string): Promise<{ status: number; body: Answer }>
  post(path: string, body?: unknown, headers?: Record<string, string>): Promise<{ status: number; body: Answer }>
}
export type Answer = Record<string, unknown> & { error?: Record<string, unknown> }

export type HouseOptions = { webDir?: string | null; secureCookies?: boolean }

export async function openHouse(options: HouseOptions = {}): Promise<House> {
  const database = await openTestDatabase(12)
  const { db } = database
  const faults: string[] = []
  const logger = pino({ level: 'error' }, { write: (line: string) => void faults.push(line) })
  const fanout = createInProcessFanout()
  const stores = createAccessStores(db)
  const access = createAccess(stores, { now: () => new Date(), hashCost: cheap })
  const can = (person: Person, permission: Permission) => access.can(person, permission)
  const enforcement = createEnforcement({ store: createEnforcementStore(db), citation: findCitation, can })
  const cases = createCases({ store: createCaseStore(db), can })
  const ingest = createIngest({
    db,
    fanout,
    // Nobody analyses here: what a worker would find, a test writes itself.
    wakeups: { wake: () => undefined, up: () => true, close: () => Promise.resolve() },
    partitions: 4,
    logger,
    now: () => performance.now(),
  })
  const config = {
    publicOrigins: ['https://console.example'],
    trustProxy: [],
    secureCookies: options.secureCookies ?? false,
  }
  const api = await createApi({
    access,
    enforcement,
    cases,
    ingest,
    db,
    fanout,
    citation: findCitation,
    readiness: () =>
      Promise.resolve({
        ready: true,
        mode: 'NORMAL' as const,
        role: 'all' as const,
        database: 'up' as const,
        queue: 'up' as const,
        version: 'test',
        lagEvents: 0,
        gaps: 0,
      }),
    metrics: () => Promise.resolve('livewarden_up 1\n'),
    config: { ...config, version: 'test', webDir: options.webDir ?? null, demo: () => false },
    logger,
  })
  const visitors = createVisitors(config)
  const hub = attachSockets(api.server, { access, enforcement, cases, ingest, db, fanout, visitors, logger })
  await api.listen({ host: '127.0.0.1', port: 0 })
  const address = api.server.address()
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`

  let people = 0
  return {
    url,
    db,
    api,
    hub,
    access,
    enforcement,
    fanout,
    faults,
    async key(rooms = 'all') {
      const key = generateRoomKey()
      const keyHash = hashSecret(key) ?? ''
      await stores.roomKeys.add({ keyHash, name: 'test', rooms, demo: false }, doer)
      return key
    },
    async revoke(key) {
      const keyHash = hashSecret(key) ?? ''
      await db.updateTable('room_keys').set({ revoked_at: new Date() }).where('key_hash', '=', keyHash).execute()
    },
    async visitor(role) {
      people += 1
      const login = `${role}-${people}`
      const passwordHash = await hashPassword('correct horse', cheap)
      await stores.people.add({ login, name: login, role, passwordHash, demo: false }, doer)
      return signIn(url, login)
    },
    async close() {
      await ingest.close()
      await hub.close()
      await api.close()
      await fanout.close()
      await database.close()
    },
  }
}

async function signIn(url: string, login: string): Promise<Visitor> {
  const own = { 'x-livewarden': '1', origin: url }
  const answer = await fetch(`${url}/v1/login`, {
    method: 'POST',
    headers: { ...own, 'content-type': 'application/json' },
    body: JSON.stringify({ login, password: 'correct horse' }),
  })
  const me = (await answer.json()) as { person: Person }
  if (!answer.ok) throw new Error(JSON.stringify(me))
  const cookie = answer.headers.getSetCookie()[0]?.split(';')[0] ?? ''
  const read = async (response: Response) => ({ status: response.status, body: (await response.json()) as Answer })
  return {
    person: me.person,
    cookie,
    get: async (path) => read(await fetch(`${url}${path}`, { headers: { cookie } })),
    async post(path, body, headers = own) {
      const json: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' }
      return read(
        await fetch(`${url}${path}`, {
          method: 'POST',
          headers: { ...headers, ...json, cookie },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        }),
      )
    },
  }
}

/** A Socket.IO client that does not come back by itself; resolves when connected, rejects with the refusal. */
export async function dial(
  url: string,
  namespace: '/ingest' | '/console',
  options: { key?: string; headers?: Record<string, string> } = {},
): Promise<Dialled> {
  const socket = io(`${url}${namespace}`, {
    transports: ['websocket'],
    forceNew: true,
    reconnection: false,
    ...(options.key === undefined ? {} : { auth: { key: options.key } }),
    extraHeaders: options.headers ?? {},
  })
  const heard: Heard[] = []
  const looking = new Set<() => void>()
  socket.onAny((type: string, data: Record<string, unknown>) => {
    heard.push({ type, data })
    for (const look of looking) look()
  })
  const gone = new Promise<string>((resolve) => socket.once('disconnect', (reason) => resolve(reason)))
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('connect_error', reject)
  })
  return {
    socket,
    heard,
    gone,
    ask: (type, ...args) => socket.emitWithAck(type, ...args) as Promise<AskReply>,
    hears: (type, fits = () => true) =>
      new Promise((resolve) => {
        const look = () => {
          const found = heard.find((message) => message.type === type && fits(message.data))
          if (!found) return
          looking.delete(look)
          resolve(found.data)
        }
        looking.add(look)
        look()
      }),
  }
}

export type Heard = { type: string; data: Record<string, unknown> }
export type AskReply = { ok: boolean; data?: Record<string, unknown>; error?: Record<string, unknown> }
export type Dialled = {
  socket: Socket
  heard: Heard[]
  /** Resolves with the reason when the connection ends. */
  gone: Promise<string>
  ask(type: string, ...args: unknown[]): Promise<AskReply>
  /** Waits for a message, also one that came already. */
  hears(type: string, fits?: (data: Record<string, unknown>) => boolean): Promise<Record<string, unknown>>
}

/** Waits until something holds, for what no message announces. */
export async function until<T>(look: () => Promise<T | undefined | null | false>, ms = 10_000): Promise<T> {
  const end = performance.now() + ms
  for (;;) {
    const found = await look()
    if (found) return found
    if (performance.now() > end) throw new Error(`It did not come true within ${ms} ms`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
