import type { FastifyInstance } from 'fastify'
import { createServer } from 'node:http'
import type { Logger } from 'pino'
import type { Access } from './access/access.ts'
import { createAccess } from './access/create-access.ts'
import { createApi } from './api/server.ts'
import { createVisitors } from './api/visitors.ts'
import type { Fanout } from './bus/fanout.ts'
import { createInProcessFanout } from './bus/in-process-fanout.ts'
import { createWakeups, prepareQueue, type QueueBackend } from './bus/queue.ts'
import { createRedisFanout } from './bus/redis-fanout.ts'
import { createCases } from './cases/create-cases.ts'
import type { Config } from './config/config.ts'
import { findCitation } from './detectors/basis.ts'
import { compilePack, packHash } from './detectors/pack/compile-pack.ts'
import type { PackSourceFile } from './detectors/pack/parse-pack-files.ts'
import { createEnforcement } from './enforcement/create-enforcement.ts'
import type { EnforcementDoor } from './enforcement/enforcement.ts'
import { createIngest } from './ingest/accept.ts'
import { createServiceHealth, type ServiceHealth } from './service-health.ts'
import { createAccessStores } from './store/access-stores.ts'
import { createCaseStore } from './store/case-store.ts'
import { migrate, openDatabase, type Db } from './store/database.ts'
import { createEnforcementStore } from './store/enforcement-decisions.ts'
import { activatePack, reactivateSeed, packSources } from './store/rule-packs.ts'
import { startAnalysis } from './workers/analysis.ts'
import { startAnalysisHost } from './workers/analysis-host.ts'
import { startTimers } from './workers/timers.ts'
import { attachSockets, type SocketHub } from './ws/attach-sockets.ts'

export type AppOptions = {
  config: Config
  databaseUrl: string
  logger: Logger
  version: string
  /** The rule pack shipped with this release. */
  seedPack: readonly PackSourceFile[]
  /** Folder of the built console, or null. */
  webDir: string | null
  /** What has to be in the database before the first visitor: demo people and keys. */
  seed?: (db: Db) => Promise<void>
}

export type App = {
  /** Where the service listens, such as http://localhost:3000; null for a worker. */
  url: string | null
  access: Access
  /** Finishes what is under way, acknowledges it and lets go of everything. */
  stop(): Promise<void>
}

/** Puts the parts together for the role that was asked for. The only file that knows every part. */
export async function startApp(options: AppOptions): Promise<App> {
  const { config, logger, databaseUrl } = options
  const down: (() => Promise<unknown>)[] = []
  const open = (name: string, max: number): Db => {
    const onError = (error: Error): void => logger.warn({ err: error, pool: name }, 'a database connection was lost')
    const db = openDatabase({ url: databaseUrl, max, name: `livewarden-${name}`, onError })
    down.push(() => db.destroy())
    return db
  }
  try {
    const db = open('service', 10)
    await prepareDatabase(db, options)
    await options.seed?.(db)
    const backend: QueueBackend =
      config.redisUrl === null ? { kind: 'postgres', url: databaseUrl } : { kind: 'redis', url: config.redisUrl }
    await prepareQueue(backend)
    const bus = openBus(config, logger)
    down.push(() => bus.fanout.close())

    // Decisions have connections of their own: they never queue behind reads or ingest.
    const decisions = open('decisions', 4)
    const access = createAccess(createAccessStores(db), { now: () => new Date() })
    const may = (person: Parameters<Access['can']>[0], permission: Parameters<Access['can']>[1]): boolean =>
      access.can(person, permission)
    const enforcement = createEnforcement({
      store: createEnforcementStore(decisions),
      citation: findCitation,
      can: may,
    })
    const cases = createCases({ store: createCaseStore(decisions), can: may })

    const health = createServiceHealth({ db, config, version: options.version })
    down.push(() => Promise.resolve(health.stop()))

    if (config.role !== 'gateway') {
      const analysis = await startAnalysing(options, backend, bus, health, open)
      down.push(() => analysis.stop())
      const stopTimers = startTimers({
        db: decisions,
        fanout: bus.fanout,
        logger,
        endDueMeasures: () => enforcement.endDue(),
        markUnconfirmed: () => enforcement.markUnconfirmed(),
        expireClaims: () => cases.expireClaims(),
      })
      down.push(stopTimers)
    }

    const url =
      config.role === 'worker'
        ? await serveHealthOnly(config, health, down)
        : await serveEverything(options, { db, access, enforcement, cases, backend, fanout: bus.fanout, health }, down)
    return { url, access, stop: () => stopAll(down, health, logger) }
  } catch (error) {
    await stopAll(down, null, logger)
    throw error
  }
}

/** The database did not answer or could not be brought up to date. */
export class DatabaseUnusableError extends Error {
  constructor(cause: unknown) {
    super(
      `The database cannot be used: ${cause instanceof Error ? cause.message : String(cause)}. Check DATABASE_URL.`,
      {
        cause,
      },
    )
    this.name = 'DatabaseUnusableError'
  }
}

/** Schema and seed pack. A pack with a problem stops the start: a service without rules would look like a clean room. */
async function prepareDatabase(db: Db, options: AppOptions): Promise<void> {
  const applied = await migrate(db).catch((error: unknown) => {
    throw new DatabaseUnusableError(error)
  })
  if (applied.length > 0) options.logger.info({ applied }, 'the database schema was brought up to date')
  const files = [...options.seedPack]
  // What is stored passed its examples when it came; running them again would only make the start slow.
  if (await packSources(db, packHash(files))) {
    await reactivateSeed(db, packHash(files))
    return
  }
  const compiled = compilePack(files)
  if (!compiled.ok) {
    const lines = compiled.problems.map(({ file, line, problem, remedy }) => `${file}:${line}: ${problem}. ${remedy}.`)
    throw new Error(`The shipped rule pack has problems:\n${lines.join('\n')}`)
  }
  const { hash, name, version, rules } = compiled.pack
  await activatePack(db, { hash, name, version, rules: rules.length, sources: files }, 'seed')
}

type Bus = { fanout: Fanout; join: ReturnType<typeof createInProcessFanout>['join'] | null }

function openBus(config: Config, logger: Logger): Bus {
  if (config.redisUrl !== null && config.role !== 'all') {
    const onError = (error: Error): void => logger.warn({ err: error }, 'notices over Redis are in trouble')
    return { fanout: createRedisFanout(config.redisUrl, onError), join: null }
  }
  const fanout = createInProcessFanout()
  return { fanout, join: fanout.join }
}

/** In one process the analysis has a thread of its own; a worker process is nothing but analysis. */
async function startAnalysing(
  options: AppOptions,
  backend: QueueBackend,
  bus: Bus,
  health: ServiceHealth,
  open: (name: string, max: number) => Db,
): Promise<{ stop(): Promise<void> }> {
  const now = (): number => performance.now()
  const { logger, databaseUrl } = options
  if (bus.join !== null) {
    const host = await startAnalysisHost({ databaseUrl, backend, logger, now, join: bus.join })
    health.watchAnalysis(() => ({ ...host.stats(), queueUp: host.queueUp() }))
    return host
  }
  let events = 0
  const onProgress = (count: number): void => {
    events += count
  }
  const analysis = await startAnalysis({
    db: open('analysis', 8),
    databaseUrl,
    backend,
    fanout: bus.fanout,
    logger,
    now,
    onProgress,
  })
  health.watchAnalysis(() => ({ events, rooms: analysis.roomCount(), restarts: 0, queueUp: analysis.queueUp() }))
  return analysis
}

type Served = {
  db: Db
  access: Access
  enforcement: EnforcementDoor
  cases: ReturnType<typeof createCases>
  backend: QueueBackend
  fanout: Fanout
  health: ServiceHealth
}

async function serveEverything(options: AppOptions, parts: Served, down: (() => Promise<unknown>)[]): Promise<string> {
  const { config, logger } = options
  const wakeups = createWakeups(parts.backend, (error) =>
    logger.warn({ err: error }, 'a wake-up could not be queued; the sweeper finds the work'),
  )
  down.push(() => wakeups.close())
  parts.health.watchQueue(() => wakeups.up())
  const ingest = createIngest({
    db: parts.db,
    wakeups,
    fanout: parts.fanout,
    partitions: config.partitions,
    logger,
    now: () => performance.now(),
  })
  const shared = { ...parts, ingest, logger }
  const apiConfig = {
    version: options.version,
    webDir: options.webDir,
    demo: () => config.demo,
    publicOrigins: config.publicOrigins,
    trustProxy: config.trustProxy,
    secureCookies: true,
  }
  const api = await createApi({
    ...shared,
    citation: findCitation,
    readiness: () => parts.health.readiness(),
    metrics: () => parts.health.metrics(),
    config: apiConfig,
  })
  let hub: SocketHub | null = null
  // Last in is first out: acknowledge what was sent, tell the sockets, then close the port.
  down.push(
    () => api.close(),
    async () => hub?.close(),
    () => ingest.close(),
  )
  hub = attachSockets(api.server, { ...shared, visitors: createVisitors(apiConfig) })
  parts.health.watchSockets(() => hub?.stats() ?? { rooms: 0, consoles: 0 })
  return listen(api, config)
}

async function listen(api: FastifyInstance, config: Config): Promise<string> {
  await api.listen({ host: config.host, port: config.port })
  const address = api.server.address()
  const port = typeof address === 'object' && address !== null ? address.port : config.port
  const local = ['127.0.0.1', '0.0.0.0', '::', '::1', 'localhost'].includes(config.host)
  return `http://${local ? 'localhost' : config.host}:${port}`
}

/** A worker listens only for those who keep it alive. */
async function serveHealthOnly(config: Config, health: ServiceHealth, down: (() => Promise<unknown>)[]): Promise<null> {
  const server = createServer((request, response) => {
    const answer = async (): Promise<{ status: number; type: string; body: string }> => {
      if (request.url === '/livez') return { status: 200, type: 'application/json', body: '{"live":true}' }
      if (request.url === '/metrics') {
        return { status: 200, type: 'text/plain; version=0.0.4', body: await health.metrics() }
      }
      if (request.url !== '/readyz') return { status: 404, type: 'application/json', body: '{}' }
      const state = await health.readiness()
      return { status: state.ready ? 200 : 503, type: 'application/json', body: JSON.stringify(state) }
    }
    answer().then(
      ({ status, type, body }) => response.writeHead(status, { 'content-type': type }).end(body),
      () => response.writeHead(500).end(),
    )
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(config.port, config.host, resolve)
  })
  down.push(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  )
  return null
}

/** Takes the parts down in reverse order; one that fails does not keep the others up. */
async function stopAll(down: (() => Promise<unknown>)[], health: ServiceHealth | null, logger: Logger): Promise<void> {
  health?.draining()
  for (const stop of down.splice(0).reverse()) {
    try {
      await stop()
    } catch (error) {
      logger.warn({ err: error }, 'a part did not stop cleanly')
    }
  }
}
