import { randomBytes } from 'node:crypto'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { systemErrorCode } from './bundled-postgres-error.ts'

/** `<dataDir>/postgres.json`, readable by its owner alone: how this cluster is entered, and where while a server runs. */
export interface Credentials {
  password: string
  /** Set from the moment the server accepts connections until it is stopped. */
  url?: string
  /** The private folder of the server's socket, so that the next start can clear what a killed one left. */
  socketFolder?: string
}

const CREDENTIALS_NAME = 'postgres.json'

/** Reads the credentials of `dataDir`; undefined when there are none or they cannot be understood. */
export async function readCredentials(dataDir: string): Promise<Credentials | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(join(dataDir, CREDENTIALS_NAME), 'utf8'))
    return isCredentials(value) ? value : undefined
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT' || error instanceof SyntaxError) return undefined
    throw error
  }
}

/** Replaces the credentials of `dataDir` in one step. */
export async function writeCredentials(dataDir: string, credentials: Credentials): Promise<void> {
  const path = join(dataDir, CREDENTIALS_NAME)
  await writeFile(`${path}.new`, JSON.stringify(credentials), { mode: 0o600 })
  await rename(`${path}.new`, path)
}

/** A new password that needs no quoting in a URL, a shell or SQL. */
export function newPassword(): string {
  return randomBytes(24).toString('hex')
}

function isCredentials(value: unknown): value is Credentials {
  return typeof value === 'object' && value !== null && 'password' in value && typeof value.password === 'string'
}
