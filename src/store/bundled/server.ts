import type { ChildProcess } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'
import { BundledPostgresError, systemErrorCode } from './bundled-postgres-error.ts'
import { listenSettings, type Endpoint } from './endpoint.ts'
import { clusterName } from './leftover-server.ts'
import type { Logger } from './logger.ts'
import type { Placement } from './placement.ts'
import { readPostmasterFile } from './postmaster-file.ts'
import { startProgram, untilSpawned } from './program.ts'
import { serverFailure } from './server-failure.ts'
import type { ServerLog } from './server-log.ts'

/** How a server ended. */
export interface ServerExit {
  code: number | null
  signal: NodeJS.Signals | null
}

/** A running server, our child. */
export interface Server {
  pid: number
  exited: Promise<ServerExit>
  /** Stops it: fast (clients are cut off, everything is written), then immediate (the log is replayed at the next start), then by force. */
  stop(): Promise<void>
  /** Asks for a fast stop without waiting, for the last moment of this process. */
  requestStop(): void
}

/**
 * Fixed for every start, whatever `postgresql.conf` says. An acknowledged event must survive a power cut: `fsync` and
 * `synchronous_commit` are never off. `wal_level=replica` lets a backup be taken from the running server.
 */
const SETTINGS: Record<string, string> = {
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  wal_level: 'replica',
  max_connections: '100',
  shared_buffers: '128MB',
  max_logical_replication_workers: '0',
  // A laptop does not need the three reader processes of the default.
  io_method: 'sync',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_destination: 'stderr',
  logging_collector: 'off',
  log_line_prefix: '%m [%p] ',
}

const READY_MS = 120_000
const POLL_MS = 10
const SAY_EVERY_MS = 5_000
const STOP_STEPS: readonly { signal: NodeJS.Signals; waitMs: number }[] = [
  { signal: 'SIGINT', waitMs: 15_000 },
  { signal: 'SIGQUIT', waitMs: 5_000 },
  { signal: 'SIGKILL', waitMs: 5_000 },
]

/**
 * Starts the server of `placement` and resolves when it accepts connections.
 * @throws BundledPostgresError when it ends before that; the message holds what it said.
 */
export async function startServer(
  placement: Placement,
  endpoint: Endpoint,
  log: ServerLog,
  logger: Logger,
): Promise<Server> {
  const { account, binaries, clusterDir } = placement
  const settings = { ...SETTINGS, ...listenSettings(endpoint), cluster_name: clusterName(clusterDir) }
  const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const stdio = ['ignore', log.descriptor, log.descriptor] as const
  const child = startProgram(binaries.postgres, ['-D', clusterDir, ...options], account, [...stdio])
  const exited = new Promise<ServerExit>((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })))
  await untilSpawned(child, binaries.postgres, account)
  const server = supervise(child, exited, logger)
  try {
    await untilReady(server, clusterDir, log, logger)
  } catch (error) {
    await server.stop()
    throw error
  }
  return server
}

function supervise(child: ChildProcess, exited: Promise<ServerExit>, logger: Logger): Server {
  const { pid } = child
  if (pid === undefined) throw new Error('A spawned process has a pid')
  return {
    pid,
    exited,
    requestStop: () => signal(child, 'SIGINT'),
    async stop() {
      for (const { signal: name, waitMs } of STOP_STEPS) {
        if (child.exitCode !== null || child.signalCode !== null) return
        signal(child, name)
        if (await within(exited, waitMs)) return
        logger.warn(`Postgres process ${pid} did not stop within ${waitMs / 1000} s of ${name}.`)
      }
      throw new BundledPostgresError(
        'server_failed',
        `Postgres process ${pid} does not stop. Kill it by hand: kill -9 ${pid}.`,
      )
    },
  }
}

async function untilReady({ pid, exited }: Server, clusterDir: string, log: ServerLog, logger: Logger): Promise<void> {
  let ended = false
  void exited.then(() => (ended = true))
  const startedAt = Date.now()
  for (let sayAt = startedAt + SAY_EVERY_MS; ; await delay(POLL_MS)) {
    if (ended) throw serverFailure('start on', clusterDir, log.tail())
    const file = await readPostmasterFile(clusterDir)
    if (file?.pid === pid && file.ready) return
    const waitedMs = Date.now() - startedAt
    if (waitedMs > READY_MS) throw serverFailure(`get ready within ${READY_MS / 1000} s on`, clusterDir, log.tail())
    if (Date.now() > sayAt) {
      logger.info(`Postgres is recovering "${clusterDir}" (${Math.round(waitedMs / 1000)} s so far).`)
      sayAt += SAY_EVERY_MS
    }
  }
}

async function within(exited: Promise<ServerExit>, timeoutMs: number): Promise<boolean> {
  const timer = new AbortController()
  const expired = delay(timeoutMs, false, { signal: timer.signal }).catch(() => false)
  const result = await Promise.race([exited.then(() => true), expired])
  timer.abort()
  return result
}

function signal(child: ChildProcess, name: NodeJS.Signals): void {
  try {
    child.kill(name)
  } catch (error) {
    if (systemErrorCode(error) !== 'ESRCH') throw error
  }
}
