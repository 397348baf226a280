import { chmod, mkdir, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { Client, escapeIdentifier } from 'pg'
import { BundledPostgresError, folderError } from './bundled-postgres-error.ts'
import { clusterExists, createCluster, resetPassword } from './cluster.ts'
import { newPassword, readCredentials, writeCredentials } from './credentials.ts'
import {
  DATABASE,
  connectionUrl,
  defaultSocketParents,
  openEndpoint,
  removeSocketFolder,
  type Endpoint,
} from './endpoint.ts'
import { folderOwner, lockFolder } from './folder-lock.ts'
import { stopLeftoverServer } from './leftover-server.ts'
import type { Logger } from './logger.ts'
import { placeServer, type Placement } from './placement.ts'
import { openServerLog, type ServerLog } from './server-log.ts'
import { startServer, type Server, type ServerExit } from './server.ts'

export interface BundledPostgresOptions {
  /** Created when missing. One process at a time uses it. */
  dataDir: string
  logger: Logger
  /** Where the private socket folder may be made, best first; with none of them usable the server takes a loopback port. */
  socketParents?: readonly string[]
  /** Where a root process keeps what uid 65534 cannot reach in place. */
  outsideRoot?: string
}

/** A running server that belongs to this process. */
export interface BundledPostgres {
  /** Of the database `livewarden`, as the role that owns the server. Holds the password: not for logs. */
  url: string
  pid: number
  /** Resolves when the server has ended, by `close()` or by itself; never rejects. */
  exited: Promise<ServerExit>
  /** Stops the server, waits for it, and gives the data folder free. Calling it again waits for the same end. */
  close(): Promise<void>
}

const OUTSIDE_ROOT = '/var/lib/livewarden'

/**
 * Starts the bundled Postgres on `<dataDir>/postgres`, creating it at the first start (1–2 s; later starts take 0.1–0.5 s).
 * Takes the lock of the data folder first and holds it until `close()`. A server left behind by a killed run is stopped.
 * @throws BundledPostgresError with a message that names the thing and the remedy; nothing is left running or locked then.
 */
export async function startBundledPostgres(options: BundledPostgresOptions): Promise<BundledPostgres> {
  const dataDir = await openFolder(options.dataDir)
  const cleanup: (() => Promise<void>)[] = []
  const unwind = () => runAll(cleanup.splice(0).reverse())
  try {
    const lock = await lockFolder(dataDir)
    cleanup.push(() => lock.release())
    const placement = await placeServer(dataDir, options.outsideRoot ?? OUTSIDE_ROOT, options.logger)
    await stopLeftoverServer(placement.clusterDir, options.logger)
    const password = await openCluster(dataDir, placement, options.logger)
    const endpoint = await openEndpoint(placement.account, options.socketParents ?? defaultSocketParents())
    if (endpoint.kind === 'socket') cleanup.push(() => removeSocketFolder(endpoint.folder))
    const log = openServerLog(join(dataDir, 'postgres.log'))
    cleanup.push(async () => log.close())
    const server = await startServer(placement, endpoint, log, options.logger)
    cleanup.push(stopWithProcess(server), () => server.stop())
    await ensureDatabase(connectionUrl(endpoint, password, 'postgres'), log)
    const url = connectionUrl(endpoint, password, DATABASE)
    await writeCredentials(dataDir, { password, url, ...socketFolderOf(endpoint) })
    cleanup.push(() => writeCredentials(dataDir, { password }))
    let closing: Promise<void> | undefined
    return { url, pid: server.pid, exited: server.exited, close: () => (closing ??= unwind()) }
  } catch (error) {
    await unwind().catch((second: unknown) =>
      options.logger.error(`Clearing up after a failed start: ${String(second)}`),
    )
    throw folderError(dataDir, error)
  }
}

/** Runs every step, whatever the ones before it did, and then throws the first error. */
async function runAll(steps: readonly (() => Promise<void>)[]): Promise<void> {
  const errors: unknown[] = []
  for (const step of steps) await step().catch((error: unknown) => errors.push(error))
  if (errors.length > 0) throw errors[0]
}

/**
 * The URL of the server that another process runs on `dataDir` at this moment, or undefined when none does: how a command
 * works beside a running service, which holds the folder's lock.
 */
export async function findBundledPostgres(dataDir: string): Promise<string | undefined> {
  if ((await folderOwner(dataDir)) === undefined) return undefined
  return (await readCredentials(dataDir))?.url
}

async function openFolder(dataDir: string): Promise<string> {
  try {
    await mkdir(dataDir, { recursive: true })
    return await realpath(dataDir)
  } catch (error) {
    throw folderError(dataDir, error)
  }
}

/** Creates the cluster at the first start and returns its password. */
async function openCluster(dataDir: string, placement: Placement, logger: Logger): Promise<string> {
  const known = await readCredentials(dataDir)
  if (known?.socketFolder !== undefined) await removeSocketFolder(known.socketFolder)
  const password = known?.password ?? newPassword()
  const exists = await clusterExists(placement)
  // Written before the cluster exists: a start that is cut short in between finds the password it has set.
  if (!known) await writeCredentials(dataDir, { password })
  if (!exists) {
    logger.info(`Creating the database in "${placement.clusterDir}" (once).`)
    await createCluster(placement, password)
  } else {
    // Postgres refuses a folder that others may read, as a copied or unpacked one often is.
    await chmod(placement.clusterDir, 0o700)
    if (!known) await resetPassword(placement, password)
  }
  await placement.record()
  return password
}

async function ensureDatabase(url: string, log: ServerLog): Promise<void> {
  const client = new Client({ connectionString: url })
  client.on('error', () => undefined) // a lost connection also rejects the query that waits for it
  try {
    await client.connect()
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE])
    if (rowCount === 0) await client.query(`CREATE DATABASE ${escapeIdentifier(DATABASE)}`)
  } catch (error) {
    throw new BundledPostgresError(
      'server_failed',
      `Postgres started and refused its own app: ${error instanceof Error ? error.message : String(error)}. ` +
        `Read "${log.path}"; if the password was changed by hand, delete postgres.json beside it and start again.`,
      { cause: error },
    )
  } finally {
    await client.end()
  }
}

/** An app that ends without `close()`, say by `process.exit` after an unhandled error, takes its server along. */
function stopWithProcess(server: Server): () => Promise<void> {
  const stop = () => server.requestStop()
  process.once('exit', stop)
  return async () => {
    process.off('exit', stop)
  }
}

function socketFolderOf(endpoint: Endpoint): { socketFolder?: string } {
  return endpoint.kind === 'socket' ? { socketFolder: endpoint.folder } : {}
}
