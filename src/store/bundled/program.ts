import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { accountRefused, type Account } from './account.ts'
import { BundledPostgresError, systemErrorCode } from './bundled-postgres-error.ts'

/** Nothing of our own environment reaches Postgres: PGDATA, PGPORT, LC_* or a password would change what it does. */
const ENVIRONMENT = { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C' }

/** Starts a Postgres program as `account` in a session of its own, so that a Ctrl-C meant for the app does not reach it. */
export function startProgram(
  path: string,
  programArguments: readonly string[],
  account: Account | undefined,
  stdio: StdioOptions,
): ChildProcess {
  try {
    // The folder this process stands in may be closed to `account`.
    return spawn(path, programArguments, { ...account, stdio, detached: true, cwd: '/', env: ENVIRONMENT })
  } catch (error) {
    throw unusable(path, account, error)
  }
}

/** Resolves once the program runs, and rejects when the system refuses to run it. */
export function untilSpawned(child: ChildProcess, path: string, account: Account | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('spawn', resolve)
    child.once('error', (error) => reject(unusable(path, account, error)))
  })
}

/** Runs a program to its end with `input` on its stdin. */
export async function runProgram(
  path: string,
  programArguments: readonly string[],
  account: Account | undefined,
  input = '',
): Promise<{ code: number | null; output: string }> {
  const child = startProgram(path, programArguments, account, ['pipe', 'pipe', 'pipe'])
  const code = new Promise<number | null>((resolve) => child.once('close', resolve))
  await untilSpawned(child, path, account)
  if (!child.stdin || !child.stdout || !child.stderr) throw new Error(`"${path}" was started without pipes`)
  child.stdin.on('error', () => undefined) // it ended before it read its input; its exit code tells why
  child.stdin.end(input)
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  return { code: await code, output: `${stdout}\n${stderr}`.trim() }
}

function unusable(path: string, account: Account | undefined, error: unknown): BundledPostgresError {
  const code = systemErrorCode(error)
  // EACCES is the program's file; these two are the change of user.
  if (account && (code === 'EPERM' || code === 'EINVAL')) return accountRefused(account, error)
  const reason =
    code === 'ENOENT'
      ? 'it needs the GNU C library, which a musl system such as Alpine does not have'
      : code === 'EACCES'
        ? 'it may not be executed: its mode or a disk mounted noexec forbids it'
        : code
  return new BundledPostgresError(
    'binaries_unusable',
    `"${path}" cannot be run: ${reason}. Mend that, or set DATABASE_URL to a server of your own.`,
    { cause: error },
  )
}
