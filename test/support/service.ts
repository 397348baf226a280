import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))
const program = join(root, 'dist/src/main.js')

export type ServiceOptions = {
  databaseUrl?: string
  redisUrl?: string
  role?: 'all' | 'gateway' | 'worker'
  demo?: boolean
  /** Kept by the caller; without one and without a database the service gets a temporary folder. */
  dataDir?: string
  /** Where to listen again, for a service that comes back; a free port otherwise. */
  port?: number
  environment?: Record<string, string>
}

/** A running service, as built: its own process, on a port of its own. */
export type Service = {
  /** Null for a worker. */
  url: string
  pid: number
  /** What it said so far. */
  said(): string
  /** Sends a signal and resolves with how the process ended. */
  end(signal: NodeJS.Signals): Promise<{ code: number | null; signal: NodeJS.Signals | null }>
}

const running = new Set<ChildProcess>()
// A run that is cut short leaves no service behind.
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** Starts the built program and waits until `/readyz` answers 200. Throws with its output when it ends before that. */
export async function startService(options: ServiceOptions = {}): Promise<Service> {
  if (!existsSync(program)) throw new Error('dist/ is missing: run "npm run build" (npm test does it by itself)')
  const folder = options.dataDir ?? (await openFolder('livewarden-service-'))
  const port = options.port ?? (await freePort())
  const args = ['serve', '--role', options.role ?? 'all', options.demo ? '--demo' : '--no-demo']
  const child = spawn(process.execPath, ['--disable-proto=delete', program, ...args], {
    cwd: root,
    env: environmentOf(options, folder, port),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  running.add(child)
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      said += chunk.toString()
    })
  }
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once('close', (code, signal) => {
      running.delete(child)
      resolve({ code, signal })
    })
  })
  const url = `http://127.0.0.1:${port}`
  await Promise.race([
    untilReady(url, child),
    ended.then((end) => {
      throw new Error(`the service ended before it was ready (${JSON.stringify(end)}):\n${said}`)
    }),
  ])
  return {
    url,
    pid: child.pid ?? 0,
    said: () => said,
    async end(signal) {
      child.kill(signal)
      const end = await ended
      if (!options.dataDir) await rm(folder, { recursive: true, force: true })
      return end
    },
  }
}

/** Runs one command of the built program to its end. */
export async function runProgram(
  args: readonly string[],
  options: { stdin?: string; environment?: Record<string, string>; cwd?: string } = {},
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [program, ...args], {
    cwd: options.cwd ?? root,
    env: { ...cleanEnvironment(), ...options.environment },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  running.add(child)
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString()
  })
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString()
  })
  child.stdin.on('error', () => undefined)
  child.stdin.end(options.stdin ?? '')
  const code = await new Promise<number | null>((resolve) => child.once('close', (exitCode) => resolve(exitCode)))
  running.delete(child)
  return { code, stdout, stderr }
}

/** A temporary folder that the bundled Postgres can enter: as root it runs as another user. */
export async function openFolder(prefix: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), prefix))
  await chmod(folder, 0o755)
  return folder
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const { createServer } = await import('node:net')
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      probe.close(() => resolve(port))
    })
  })
}

function environmentOf(options: ServiceOptions, folder: string, port: number): Record<string, string | undefined> {
  return {
    ...cleanEnvironment(),
    HOST: '127.0.0.1',
    PORT: String(port),
    DATA_DIR: folder,
    LOG_LEVEL: 'warn',
    ...(options.databaseUrl ? { DATABASE_URL: options.databaseUrl } : {}),
    ...(options.redisUrl ? { REDIS_URL: options.redisUrl } : {}),
    ...options.environment,
  }
}

/** The environment of this run without what would point the service somewhere else. */
function cleanEnvironment(): Record<string, string | undefined> {
  const { DATABASE_URL: _database, REDIS_URL: _redis, PORT: _port, HOST: _host, NODE_ENV: _env, ...rest } = process.env
  return rest
}

/** Asks `/readyz` until it answers 200, or the process is gone. */
async function untilReady(url: string, child: ChildProcess): Promise<void> {
  while (child.exitCode === null && child.signalCode === null) {
    try {
      const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2_000) })
      if (answer.status === 200) return
    } catch {
      // Not listening yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
