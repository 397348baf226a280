import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { commandLines, isRunning } from '../../../src/store/bundled/process-identity.ts'
import { clusterName } from '../../../src/store/bundled/leftover-server.ts'
import { recordingLogger, startServer, usedFolder } from './fixtures/folder.ts'
import { holdServer } from './fixtures/holder.ts'
import { query } from './fixtures/query.ts'

test('the server of a killed app is found and stopped, and every acknowledged commit is there', async () => {
  const dataDir = await usedFolder()
  for (let round = 1; round <= 3; round += 1) {
    const { answer, kill } = await holdServer(dataDir)
    const { pid = 0, url = '' } = answer
    expect(answer.ms).toBeLessThan(30_000)
    if (round === 1) await query(url, 'CREATE TABLE kept (round int)')
    await query(url, `INSERT INTO kept VALUES (${round})`)
    await kill()
    expect(isRunning(pid)).toBe(true)
    expect(postmasters(dataDir)).toEqual([pid])
  }
  const logger = recordingLogger()
  const orphans = postmasters(dataDir)
  const postgres = await startServer(dataDir, { logger })
  expect(logger.lines).toEqual([expect.stringMatching(`^warn Postgres process ${orphans[0]} of an earlier run`)])
  expect(postmasters(dataDir)).toEqual([postgres.pid])
  expect(await query(postgres.url, 'SELECT round FROM kept ORDER BY round')).toEqual([
    { round: 1 },
    { round: 2 },
    { round: 3 },
  ])
  await postgres.close()
  expect(serverLines(dataDir)).toEqual([])
})

test('an orphan is found although its folder was moved meanwhile', async () => {
  const dataDir = await usedFolder()
  const { answer, kill } = await holdServer(dataDir)
  await kill()
  await rename(dataDir, `${dataDir}-moved`)
  await startServer(`${dataDir}-moved`)
  expect(isRunning(answer.pid ?? 0)).toBe(false)
})

test('an app that exits without closing takes its server along', async () => {
  const dataDir = await usedFolder()
  const { answer } = await holdServer(dataDir, '--exit')
  await vi.waitFor(() => expect(isRunning(answer.pid ?? 0)).toBe(false), { timeout: 10_000 })
  await startServer(dataDir)
})

test('a Ctrl-C for the app does not reach the server, which ends when the app closes it', async () => {
  const { process: app, answer, close } = await holdServer(await usedFolder())
  process.kill(-(app.pid ?? 0), 'SIGINT') // what a terminal sends to the foreground process group
  expect(await query(answer.url ?? '', 'SELECT 1 AS one')).toEqual([{ one: 1 }])
  await close()
  expect(isRunning(answer.pid ?? 0)).toBe(false)
})

test('a killed server is reported, and the next start recovers what it had acknowledged', async () => {
  const dataDir = await usedFolder()
  const first = await startServer(dataDir)
  await query(first.url, 'CREATE TABLE kept AS SELECT 1 AS one')
  process.kill(first.pid, 'SIGKILL')
  expect(await first.exited).toEqual({ code: null, signal: 'SIGKILL' })
  await first.close()
  const second = await startServer(dataDir)
  expect(await query(second.url, 'SELECT one FROM kept')).toEqual([{ one: 1 }])
})

test('a stranger that was given the pid of a dead server is left alone and does not prevent a start', async () => {
  const dataDir = await usedFolder()
  // Of the server's own user: Postgres by itself takes such a process for a running server and refuses to start.
  const account = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}
  const stranger = spawn('/bin/sh', ['-c', 'echo up; cat'], { stdio: ['pipe', 'pipe', 'ignore'], cwd: '/', ...account })
  onTestFinished(() => void stranger.kill('SIGKILL'))
  await once(stranger.stdout, 'data')
  const lines = [stranger.pid, join(dataDir, 'postgres'), 1_700_000_000, 5432, '/tmp/nowhere', '', '', 'ready']
  await writeFile(join(dataDir, 'postgres', 'postmaster.pid'), lines.join('\n'))
  const postgres = await startServer(dataDir)
  expect(await query(postgres.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
  expect(isRunning(stranger.pid ?? 0)).toBe(true)
})

function serverLines(dataDir: string): [number, string][] {
  const name = clusterName(join(dataDir, 'postgres'))
  return [...commandLines()].filter(([, line]) => line.includes(name))
}

function postmasters(dataDir: string): number[] {
  return serverLines(dataDir).flatMap(([pid, line]) => (line.includes(' -D ') ? [pid] : []))
}
