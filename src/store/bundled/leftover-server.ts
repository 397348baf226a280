import { createHash } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { BundledPostgresError, systemErrorCode } from './bundled-postgres-error.ts'
import { removeSocketFolder } from './endpoint.ts'
import type { Logger } from './logger.ts'
import { POSTMASTER_FILE_NAME, readPostmasterFile, type PostmasterFile } from './postmaster-file.ts'
import { commandLines, isRunning, startedAtMs } from './process-identity.ts'

/**
 * A server outlives an app that was killed with SIGKILL. The next start finds it by its `postmaster.pid` and its name and
 * stops it, so that two servers never meet on one cluster.
 *
 * The server is told apart from a stranger that was given its pid by its command line, which holds the cluster's name (its
 * children show the name in their titles), or, when the folder was moved while it ran, by its start time.
 */
const FAST_MS = 10_000
const IMMEDIATE_MS = 5_000
const POLL_MS = 20
/** `postmaster.pid` holds whole seconds, written a moment after the process began. */
const START_TOLERANCE_MS = 5_000

/** The name of a cluster's server in the process list, from the cluster's real path. */
export function clusterName(clusterDir: string): string {
  return `livewarden-${createHash('sha256').update(clusterDir).digest('hex').slice(0, 12)}`
}

/**
 * Stops whatever server still runs on `clusterDir` and clears the traces that would keep a new one from starting. The
 * caller holds the lock of the data folder, so that such a server has no living owner.
 * @throws BundledPostgresError `leftover_server` when it cannot be stopped.
 */
export async function stopLeftoverServer(clusterDir: string, logger: Logger): Promise<void> {
  const file = await readPostmasterFile(clusterDir)
  if (!file) return
  const processes = serverProcesses(clusterDir, file)
  if (processes.includes(file.pid)) {
    logger.warn(`Postgres process ${file.pid} of an earlier run still serves "${clusterDir}"; stopping it.`)
  }
  const stopped =
    (await signalAndWait(processes.includes(file.pid) ? [file.pid] : [], processes, 'SIGINT', FAST_MS)) ||
    (await signalAndWait(processes, processes, 'SIGQUIT', IMMEDIATE_MS)) ||
    (await signalAndWait(processes, processes, 'SIGKILL', IMMEDIATE_MS))
  if (!stopped) throw unstoppable(clusterDir, processes.filter(isRunning))
  await clearTraces(clusterDir, file)
}

/** The postmaster and its children, by pid. */
function serverProcesses(clusterDir: string, file: PostmasterFile): number[] {
  const name = clusterName(clusterDir)
  const found: number[] = []
  for (const [pid, line] of commandLines()) {
    const isChild = line.startsWith(`postgres: ${name}: `)
    const isPostmaster =
      line.includes('bin/postgres -D ') && (line.includes(name) || (pid === file.pid && startedThen(file)))
    if (isChild || isPostmaster) found.push(pid)
  }
  return found.filter(isRunning)
}

function startedThen(file: PostmasterFile): boolean {
  const startedAt = startedAtMs(file.pid)
  return startedAt !== undefined && Math.abs(startedAt - file.startedAtMs) < START_TOLERANCE_MS
}

/** Signals `targets` and reports whether all of `processes` are gone in time. A dead postmaster's children leave by themselves. */
async function signalAndWait(
  targets: readonly number[],
  processes: readonly number[],
  signal: NodeJS.Signals,
  timeoutMs: number,
): Promise<boolean> {
  for (const pid of targets) signalIfRunning(pid, signal)
  for (const deadline = Date.now() + timeoutMs; ; await delay(POLL_MS)) {
    if (!processes.some(isRunning)) return true
    if (Date.now() > deadline) return false
  }
}

function signalIfRunning(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if (systemErrorCode(error) !== 'ESRCH' && systemErrorCode(error) !== 'EPERM') throw error
  }
}

async function clearTraces(clusterDir: string, file: PostmasterFile): Promise<void> {
  await removeSocketFolder(file.socketFolder)
  // With a dead pid the file stays: Postgres itself checks by it that no shared memory is still in use. With the pid of a
  // stranger Postgres would take the stranger for its server and refuse, although none of its processes is left.
  if (isRunning(file.pid)) await rm(join(clusterDir, POSTMASTER_FILE_NAME), { force: true })
}

function unstoppable(clusterDir: string, pids: readonly number[]): BundledPostgresError {
  return new BundledPostgresError(
    'leftover_server',
    `Postgres of an earlier run still serves "${clusterDir}" and does not stop: process ${pids.join(', ')}. ` +
      `Stop it (kill -INT ${pids.join(' ')}) as its user or as root, then start again.`,
  )
}
