import { spawn, type ChildProcess } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { createServer as createHttpServer } from 'node:http'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { startBundledPostgres, type BundledPostgres } from '../../src/store/bundled/start-bundled-postgres.ts'

/**
 * What the tests of one run share: a bundled Postgres, started when the first test asks for a database, and a Redis without
 * persistence. Both end with the run, also when the run is killed.
 */
declare module 'vitest' {
  export interface ProvidedContext {
    /** Answers a GET with the URL of the shared Postgres, starting it first; `testDatabase()` asks here. */
    postgresDoor: string
    /** Of the shared Redis; empty when there is none. Also in the environment as `LIVEWARDEN_TEST_REDIS_URL`. */
    redisUrl: string
  }
}

type Teardown = () => Promise<void>

/** Called by vitest once a run. Returns what ends it all. */
export async function setup(project: TestProject): Promise<Teardown> {
  const folder = await mkdtemp(join(tmpdir(), 'livewarden-test-'))
  await chmod(folder, 0o755) // as root, the server runs as another user and has to enter it
  const redis = await provideRedis(folder)
  const postgres = await openPostgresDoor(folder)
  project.provide('redisUrl', redis.url)
  project.provide('postgresDoor', postgres.url)
  process.env['LIVEWARDEN_TEST_REDIS_URL'] = redis.url
  return async () => {
    await Promise.all([postgres.close(), redis.close()])
    await rm(folder, { recursive: true, force: true })
  }
}

async function openPostgresDoor(folder: string): Promise<{ url: string; close: Teardown }> {
  let started: Promise<{ postgres: BundledPostgres; watch: ChildProcess }> | undefined
  const start = async () => {
    const logger = { info: () => undefined, warn: console.warn, error: console.error }
    const postgres = await startBundledPostgres({ dataDir: join(folder, 'data'), logger })
    return { postgres, watch: endWithThisProcess(postgres.pid, folder) }
  }
  const door = createHttpServer((_request, response) => {
    started ??= start()
    started.then(
      ({ postgres }) => response.end(postgres.url),
      (error: unknown) => response.writeHead(500).end(String(error)),
    )
  })
  const port = await listen(door)
  return {
    url: `http://127.0.0.1:${port}/`,
    async close() {
      door.close()
      door.closeAllConnections()
      const running = await started?.catch(() => undefined)
      running?.watch.kill('SIGKILL')
      await running?.postgres.close()
    },
  }
}

async function provideRedis(folder: string): Promise<{ url: string; close: Teardown }> {
  const given = process.env['REDIS_URL']
  if (given) return { url: given, close: async () => undefined }
  const program = onPath('redis-server')
  if (program !== undefined) return startRedis(program, folder)
  if (process.env['CI']) {
    throw new Error(
      'redis-server is not on PATH, so the Redis tests cannot run. Install the Debian package "redis-server".',
    )
  }
  return { url: '', close: async () => undefined }
}

async function startRedis(program: string, folder: string, attempts = 3): Promise<{ url: string; close: Teardown }> {
  const port = await freePort()
  const address = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder]
  const persistence = ['--save', '', '--appendonly', 'no', '--maxmemory-policy', 'noeviction']
  const child = spawn(program, [...address, ...persistence], { stdio: ['ignore', 'pipe', 'ignore'], detached: true })
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const ready = new Promise<boolean>((resolve) => {
    let said = ''
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString()
      if (said.includes('Ready to accept connections')) resolve(true)
    })
    void ended.then(() => resolve(false))
  })
  if (!(await ready)) {
    // Somebody else took the port between our looking and its binding.
    if (attempts > 1) return startRedis(program, folder, attempts - 1)
    throw new Error(`"${program}" ends before it is ready. Run it by hand to see why.`)
  }
  const watch = child.pid === undefined ? undefined : endWithThisProcess(child.pid, folder)
  return {
    url: `redis://127.0.0.1:${port}`,
    async close() {
      watch?.kill('SIGKILL')
      child.kill('SIGTERM')
      await ended
    },
  }
}

/** A shell whose stdin closes with this process, however that ends, and which then stops `pid` and removes `folder`. */
function endWithThisProcess(pid: number, folder: string): ChildProcess {
  const script = 'cat >/dev/null; kill -INT "$1"; while kill -0 "$1"; do sleep 0.1; done; rm -rf "$2"'
  const watch = spawn('/bin/sh', ['-c', script, 'sh', String(pid), folder], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  watch.unref()
  return watch
}

function onPath(name: string): string | undefined {
  const candidates = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, name))
  return candidates.find((path) => {
    try {
      accessSync(path, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

async function freePort(): Promise<number> {
  const probe = createServer()
  const port = await listen(probe)
  await new Promise((resolve) => probe.close(resolve))
  return port
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
}
