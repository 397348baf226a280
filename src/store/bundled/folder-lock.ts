import { readFileSync, realpathSync, unlinkSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { BundledPostgresError, systemErrorCode } from './bundled-postgres-error.ts'
import { isLit, lightBeacon, type Beacon } from './lock-beacon.ts'
import { pidNamespace, processState } from './process-identity.ts'

/**
 * One process at a time owns a data folder. The lock is a file made with `wx` that holds the owner's pid and start time.
 *
 * It is never taken from a live process, however long that process has been silent: a blocked event loop looks dead to any
 * heartbeat and still writes. It is taken over when the pid is gone or belongs to a younger process. A pid of another
 * container means nothing here, so there the owner's beacon (`lock-beacon.ts`) decides.
 *
 * Taking over happens under a second lock of the same kind, `…lock.takeover`. Without it two starters could both read the
 * dead owner's file, and the slower one would delete the lock the faster one has just made.
 */
export interface FolderLock {
  release(): Promise<void>
}

interface LockRecord {
  pid: number
  startTime: string | null
  pidNamespace: string
  host: string
  beacon: boolean
  since: string
}

const LOCK_NAME = 'livewarden.lock'
const POLL_MS = 20
/** A lock file is created and filled in two system calls; a reader that comes between them looks again after this. */
const FILL_MS = 200

/**
 * Takes the lock of `dataDir`.
 * @throws BundledPostgresError `folder_locked` when a live process holds it, naming the pid and the remedy.
 */
export async function lockFolder(dataDir: string): Promise<FolderLock> {
  const path = join(dataDir, LOCK_NAME)
  const record: LockRecord = { ...ownRecord(), beacon: true }
  await acquire(path, record)
  let beacon: Beacon | undefined
  try {
    beacon = await lightBeacon(dataDir)
    if (!beacon) writeFileSync(path, JSON.stringify({ ...record, beacon: false }))
  } catch (error) {
    unlinkSync(path)
    throw error
  }
  return {
    async release() {
      await beacon?.extinguish()
      unlinkIfPresent(path)
    },
  }
}

/** The pid of the live process that holds the lock of `dataDir`, or undefined when nobody does. */
export async function folderOwner(dataDir: string): Promise<number | undefined> {
  const holder = parse(readIfPresent(join(dataDir, LOCK_NAME)))
  return holder && (await isLive(holder, dataDir)) ? holder.pid : undefined
}

async function acquire(path: string, record: LockRecord): Promise<void> {
  for (;;) {
    if (createExclusively(path, record)) return
    const text = await readSettled(path)
    if (text === undefined) continue // released meanwhile
    const holder = parse(text)
    if (holder && (await isLive(holder, folderOf(path)))) throw lockedError(path, holder)
    await removeStale(path, text)
  }
}

async function removeStale(path: string, staleText: string): Promise<void> {
  const guard = `${path}.takeover`
  try {
    await acquire(guard, { ...ownRecord(), beacon: false })
  } catch (error) {
    if (!(error instanceof BundledPostgresError)) throw error
    await delay(POLL_MS) // another starter is taking over; it will be the live owner in a moment
    return
  }
  try {
    if (readIfPresent(path) === staleText) unlinkIfPresent(path)
  } finally {
    unlinkIfPresent(guard)
  }
}

async function isLive(holder: LockRecord, folder: string): Promise<boolean> {
  if (holder.pidNamespace !== pidNamespace()) return holder.beacon ? isLit(folder) : true
  const state = processState(holder.pid)
  if (!state.running) return false
  return state.startTime === undefined || holder.startTime === null || state.startTime === holder.startTime
}

function ownRecord(): Omit<LockRecord, 'beacon'> {
  const state = processState(process.pid)
  return {
    pid: process.pid,
    startTime: (state.running && state.startTime) || null,
    pidNamespace: pidNamespace(),
    host: hostname(),
    since: new Date().toISOString(),
  }
}

function createExclusively(path: string, record: LockRecord): boolean {
  try {
    writeFileSync(path, JSON.stringify(record), { flag: 'wx' })
    return true
  } catch (error) {
    if (systemErrorCode(error) === 'EEXIST') return false
    if (systemErrorCode(error) === 'ENOSPC') unlinkIfPresent(path)
    throw error
  }
}

async function readSettled(path: string): Promise<string | undefined> {
  const text = readIfPresent(path)
  if (text === undefined || parse(text)) return text
  await delay(FILL_MS)
  return readIfPresent(path)
}

function parse(text: string | undefined): LockRecord | undefined {
  if (!text) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return isLockRecord(value) ? value : undefined
  } catch {
    return undefined // cut short by a crash or a full disk: nobody's lock
  }
}

function isLockRecord(value: unknown): value is LockRecord {
  return (
    typeof value === 'object' &&
    value !== null &&
    'pid' in value &&
    typeof value.pid === 'number' &&
    'startTime' in value &&
    'pidNamespace' in value &&
    'beacon' in value
  )
}

function lockedError(path: string, holder: LockRecord): BundledPostgresError {
  const here = holder.pidNamespace === pidNamespace()
  const owner = `process ${holder.pid}${here ? '' : ` of another container (host "${holder.host}")`}, since ${holder.since}`
  const unsure =
    here || holder.beacon ? '' : ` Whether it still runs cannot be seen from here: if it does not, delete "${path}".`
  return new BundledPostgresError(
    'folder_locked',
    `The data folder "${folderOf(path)}" is in use by ${owner}. ` +
      `Stop that process first${here ? ` (kill ${holder.pid})` : ''}, or start with another data folder.${unsure}`,
  )
}

function folderOf(path: string): string {
  return realpathSync(join(path, '..'))
}

function readIfPresent(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined
    throw error
  }
}

function unlinkIfPresent(path: string): void {
  try {
    unlinkSync(path)
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw error
  }
}
