import { chown, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { firstUnreachable, type Account } from './account.ts'

/** Where the server listens: a socket in a folder only its user may enter, or, where no socket can be made, a loopback port. */
export type Endpoint = { kind: 'socket'; folder: string } | { kind: 'loopback'; port: number }

/** The bundled server's only role; it owns the cluster. */
export const SUPERUSER = 'livewarden'
export const DATABASE = 'livewarden'

const FOLDER_PREFIX = 'livewarden-pg-'
/** Only part of the socket's file name, `.s.PGSQL.5432`. */
const SOCKET_PORT = 5432
/** What `sockaddr_un` holds on macOS; Linux holds 107. */
const MAX_ADDRESS_BYTES = 103

/** Where the private socket folder may be made, best first. */
export function defaultSocketParents(): string[] {
  return [tmpdir(), '/tmp', '/var/tmp']
}

/** Makes the private socket folder in the first of `parents` that will do, or reserves a loopback port when none does. */
export async function openEndpoint(account: Account | undefined, parents: readonly string[]): Promise<Endpoint> {
  for (const parent of parents) {
    const folder = await makeSocketFolder(parent, account)
    if (folder !== undefined) return { kind: 'socket', folder }
  }
  return { kind: 'loopback', port: await freeLoopbackPort() }
}

/** Removes the socket folder of a stopped server; a folder that is not one of ours stays. */
export async function removeSocketFolder(folder: string): Promise<void> {
  if (basename(folder).startsWith(FOLDER_PREFIX)) await rm(folder, { recursive: true, force: true })
}

/** The settings that make the server listen there and nowhere else. */
export function listenSettings(endpoint: Endpoint): Record<string, string> {
  return endpoint.kind === 'socket'
    ? {
        listen_addresses: '',
        port: String(SOCKET_PORT),
        unix_socket_directories: endpoint.folder,
        unix_socket_permissions: '0700',
      }
    : { listen_addresses: '127.0.0.1', port: String(endpoint.port), unix_socket_directories: '' }
}

/** A connection URL as node-postgres and libpq read it. */
export function connectionUrl(endpoint: Endpoint, password: string, database: string): string {
  const login = `postgresql://${SUPERUSER}:${password}`
  return endpoint.kind === 'socket'
    ? `${login}@localhost/${database}?host=${encodeURIComponent(endpoint.folder)}&port=${SOCKET_PORT}`
    : `${login}@127.0.0.1:${endpoint.port}/${database}`
}

async function makeSocketFolder(parent: string, account: Account | undefined): Promise<string | undefined> {
  if (Buffer.byteLength(join(parent, `${FOLDER_PREFIX}XXXXXX`, `.s.PGSQL.${SOCKET_PORT}`)) > MAX_ADDRESS_BYTES)
    return undefined
  // The server's list of socket folders is separated by commas and may be quoted: such names are left to the next parent.
  if (/[,"]/.test(parent)) return undefined
  try {
    if (account && (await firstUnreachable(parent, account)) !== undefined) return undefined
    const folder = await mkdtemp(join(parent, FOLDER_PREFIX))
    if (account) await chown(folder, account.uid, account.gid)
    return folder
  } catch {
    return undefined // missing, read-only or full: the next parent is tried, and a port is left in the end
  }
}

function freeLoopbackPort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}
