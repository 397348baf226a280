import { closeSync, constants, openSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { systemErrorCode } from './bundled-postgres-error.ts'

/**
 * A listening socket in the data folder that shows its owner alive to a process in another container, where pids say
 * nothing. The kernel accepts a connection on behalf of an owner whose event loop is blocked, and refuses it the moment
 * the owner is dead, so this needs no heartbeat.
 */
export interface Beacon {
  extinguish(): Promise<void>
}

const BEACON_NAME = 'livewarden.sock'
/** A socket's address holds 107 bytes at most (103 on macOS). */
const MAX_ADDRESS_BYTES = 103

/** Lights the beacon of `folder`; undefined where the file system or the length of the path allows no socket. */
export async function lightBeacon(folder: string): Promise<Beacon | undefined> {
  const address = openAddress(folder)
  if (!address) return undefined
  rmSync(join(folder, BEACON_NAME), { force: true }) // of a dead owner: the caller holds the lock
  const server = createServer((socket) => socket.destroy())
  const listening = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(address.path, () => resolve(true))
  })
  if (!listening) {
    address.close()
    return undefined
  }
  server.unref()
  server.on('error', () => undefined) // a failed accept leaves the beacon lit
  return {
    async extinguish() {
      await new Promise<void>((resolve) => server.close(() => resolve()))
      rmSync(join(folder, BEACON_NAME), { force: true })
      address.close()
    },
  }
}

/** Whether a live process keeps the beacon of `folder` lit. */
export async function isLit(folder: string): Promise<boolean> {
  const address = openAddress(folder)
  if (!address) return true // cannot be asked: a lock is never taken on a guess
  try {
    return await new Promise<boolean>((resolve) => {
      const socket = connect(address.path)
      socket.once('connect', () => {
        socket.destroy()
        resolve(true)
      })
      socket.once('error', (error) => resolve(!['ECONNREFUSED', 'ENOENT'].includes(systemErrorCode(error))))
    })
  } finally {
    address.close()
  }
}

/** On Linux the folder is named by a descriptor, so the address stays short however long the folder's path is. */
function openAddress(folder: string): { path: string; close(): void } | undefined {
  if (process.platform === 'linux') {
    const descriptor = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY)
    return { path: `/proc/self/fd/${descriptor}/${BEACON_NAME}`, close: () => closeSync(descriptor) }
  }
  const path = join(folder, BEACON_NAME)
  return Buffer.byteLength(path) > MAX_ADDRESS_BYTES ? undefined : { path, close: () => undefined }
}
