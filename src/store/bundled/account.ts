import { chown, lstat, readdir, realpath, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { BundledPostgresError, systemErrorCode } from './bundled-postgres-error.ts'

/** The unprivileged user a root process runs the server as; undefined: the server runs as this process does. */
export interface Account {
  uid: number
  gid: number
}

/** Postgres refuses to run as root. 65534 is `nobody` on every common system and owns nothing. */
export const NOBODY: Account = { uid: 65534, gid: 65534 }

/** The first folder on the way to `path` that `account` may not enter, or `path` itself if it is a file it may not read. */
export async function firstUnreachable(path: string, account: Account): Promise<string | undefined> {
  const target = await realpath(path)
  const way: string[] = [target]
  for (let step = target; step !== dirname(step);) {
    step = dirname(step)
    way.push(step)
  }
  for (const step of way.reverse()) {
    const info = await stat(step)
    const bits = info.uid === account.uid ? info.mode >> 6 : info.gid === account.gid ? info.mode >> 3 : info.mode
    if ((bits & (info.isDirectory() ? 0o1 : 0o4)) === 0) return step
  }
  return undefined
}

/** Hands `path` and all below it to `account`. */
export async function handOver(path: string, account: Account): Promise<void> {
  try {
    const info = await lstat(path)
    if (info.isSymbolicLink()) return
    await chown(path, account.uid, account.gid)
    if (!info.isDirectory()) return
  } catch (error) {
    throw accountRefused(account, error)
  }
  for (const name of await readdir(path)) await handOver(join(path, name), account)
}

/** The error for a system that does not let this root process act as `account`. */
export function accountRefused(account: Account, error: unknown): BundledPostgresError {
  return new BundledPostgresError(
    'account_refused',
    `This process is root but may not run Postgres as uid ${account.uid} (${systemErrorCode(error)}), and Postgres refuses to run as root. ` +
      'Start as an ordinary user, or set DATABASE_URL to a server of your own.',
    { cause: error },
  )
}
