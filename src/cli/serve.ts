import { Command } from 'commander'
import { existsSync } from 'node:fs'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pino, type Logger } from 'pino'
import { seedDemo } from '../access/seed-demo.ts'
import { DatabaseUnusableError, startApp, type App } from '../app.ts'
import { readConfig, roles, type Config, type Environment, type Secrets } from '../config/config.ts'
import { createAccessStores } from '../store/access-stores.ts'
import { BundledPostgresError } from '../store/bundled/bundled-postgres-error.ts'
import type { Db } from '../store/database.ts'
import { openStorage, type Storage } from '../store/open-storage.ts'
import { startDemo } from './demo-rooms.ts'
import { packageFolder } from './package-folder.ts'
import { defaultPackFolder, readPackFolder } from './pack-folder.ts'
import { listenForStop, type StopSignal } from './stop-signal.ts'

type ServeOptions = { role?: string; demo?: boolean; port?: string; host?: string }

export type ServeContext = { environment: Environment; stdout: NodeJS.WritableStream; version: string }

/** A start that failed for a reason the operator can mend: its message is all they need. */
export class StartError extends Error {}

/** `livewarden serve`: the service, until SIGTERM or Ctrl-C. */
export function serveCommand(context: ServeContext): Command {
  return new Command('serve')
    .description('run the service: sockets, HTTP, analysis and console')
    .option('--role <role>', `one of ${roles.join(', ')}; gateway and worker need DATABASE_URL and REDIS_URL`, 'all')
    .option('--port <port>', 'port to listen on (PORT; 3000)')
    .option('--host <address>', 'address to listen on (HOST; 127.0.0.1)')
    .option('--demo', 'play the demo rooms, with demo users, also into the database of DATABASE_URL')
    .option('--no-demo', 'start without the demo rooms and demo users; the default with DATABASE_URL')
    .addHelpText(
      'after',
      `\nSettings come from the environment: DATABASE_URL, REDIS_URL, HOST, PORT, DATA_DIR, PARTITIONS,\nPUBLIC_ORIGINS, TRUST_PROXY, LOG_LEVEL. See docs/OPERATIONS.md.`,
    )
    .action(async (options: ServeOptions) => {
      const { config, secrets } = readConfig(context.environment, options)
      await serve(config, secrets, context)
    })
}

async function serve(config: Config, secrets: Secrets, context: ServeContext): Promise<void> {
  const logger = pino({ level: config.logLevel, base: { role: config.role } })
  const stopping = stopSignal(logger)
  const storage = await openStorage({
    databaseUrl: secrets.databaseUrl,
    dataDir: config.dataDir,
    logger: bundledLogger(logger),
  })
  let app: App | null = null
  const demo = new AbortController()
  let demoDone: Promise<void> = Promise.resolve()
  try {
    let seeded = null as Seeded | null
    app = await start(config, storage, logger, context.version, async (db) => {
      if (config.demo) seeded = await seedDemo(createAccessStores(db)).then((demo) => keepDemoUsers(demo, config))
    })
    if (app.url !== null) greet(app.url, seeded, context)
    if (app.url !== null && seeded) demoDone = playDemo(app.url, seeded, demo.signal, logger)
    const reason = await Promise.race([stopping.asked, storage.lost])
    logger.info({ reason }, 'stopping')
    if (reason !== 'signal') process.exitCode = 1
  } finally {
    demo.abort()
    await demoDone
    await app?.stop()
    await storage.close()
    stopping.forget()
  }
}

async function start(
  config: Config,
  storage: Storage,
  logger: Logger,
  version: string,
  seed: (db: Db) => Promise<void>,
): Promise<App> {
  try {
    return await startApp({
      config,
      databaseUrl: storage.url,
      logger,
      version,
      seedPack: readPackFolder(defaultPackFolder()),
      webDir: webFolder(),
      seed,
    })
  } catch (error) {
    throw explainStart(error, config)
  }
}

/** The console is built beside the compiled code; a checkout that was never built has none. */
function webFolder(): string | null {
  const folder = join(packageFolder(), 'dist/web')
  return existsSync(join(folder, 'index.html')) ? folder : null
}

function explainStart(error: unknown, config: Config): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'EADDRINUSE') {
    return new StartError(
      `Port ${config.port} on ${config.host} is in use by another program. Stop that one, or choose another: PORT=${config.port + 1} npm start`,
    )
  }
  if (code === 'EACCES') {
    return new StartError(
      `Port ${config.port} may not be opened by this user. Choose one above 1023: PORT=3000 npm start`,
    )
  }
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    return new StartError(`HOST=${config.host} is not an address of this machine. Use 127.0.0.1, or 0.0.0.0 for all.`)
  }
  return error
}

type Seeded = { key: string; signIn: string }

/** Passwords exist in clear only here: on the screen of the first start and in a file that only its owner reads. */
async function keepDemoUsers(demo: Awaited<ReturnType<typeof seedDemo>>, config: Config): Promise<Seeded> {
  const file = join(config.dataDir, 'demo-users.txt')
  const lines = demo.users?.map(({ login, password, role, name }) => `${login}  ${password}  ${role}  ${name}`)
  if (lines) {
    await mkdir(config.dataDir, { recursive: true })
    await writeFile(file, `${lines.join('\n')}\n`, { mode: 0o600 })
    await chmod(file, 0o600)
    const shown = lines.map((line) => `    ${line}`).join('\n')
    return { key: demo.key, signIn: `sign in with login and password:\n${shown}\n  also kept in ${file}` }
  }
  const signIn = existsSync(file)
    ? `sign in with a demo user: login and password are in ${file}`
    : 'sign in with a demo user (shenhe, zhuguan); a lost password: npm run -s livewarden -- user reset shenhe'
  return { key: demo.key, signIn }
}

function playDemo(url: string, seeded: Seeded, signal: AbortSignal, logger: Logger): Promise<void> {
  return startDemo({ url, key: seeded.key, dir: join(packageFolder(), 'demo/rooms'), signal, logger })
}

/** Says the address and how to sign in. */
function greet(url: string, seeded: Seeded | null, context: ServeContext): void {
  const how = seeded
    ? `${seeded.signIn}\n  demo rooms are playing; start without them: npm start -- --no-demo`
    : 'create a user: npm run -s livewarden -- user add LOGIN --role lead --name NAME\n  create a room key: npm run -s livewarden -- key create --all'
  context.stdout.write(`livewarden 直播巡查  ${url}\n  ${how}\n${promises}`)
}

const promises = '  not promised: delivery to a console that never reconnects, analysis of what a producer never sent\n'

function stopSignal(logger: Logger): StopSignal {
  return listenForStop({
    source: process,
    now: () => performance.now(),
    endAtOnce() {
      logger.warn('asked again to stop: ending at once')
      process.exit(130)
    },
    onError: (error) => logger.fatal({ err: error }, 'an error nobody handled; the service stops'),
  })
}

function bundledLogger(logger: Logger) {
  return {
    info: (message: string) => logger.info(message),
    warn: (message: string) => logger.warn(message),
    error: (message: string) => logger.error(message),
  }
}

/** Whether an error explains itself to the operator, without a stack. */
export function isExplained(error: unknown): error is Error {
  return error instanceof StartError || error instanceof BundledPostgresError || error instanceof DatabaseUnusableError
}
