import { existsSync } from 'node:fs'
import { readFile, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { findBundledPostgres, startBundledPostgres } from '../../../src/store/bundled/start-bundled-postgres.ts'
import { isRunning } from '../../../src/store/bundled/process-identity.ts'
import { recordingLogger, startServer, temporaryFolder, usedFolder } from './fixtures/folder.ts'
import { holdServer } from './fixtures/holder.ts'
import { query } from './fixtures/query.ts'

test('what was committed is there when the folder is opened again, within 10 s', async () => {
  const dataDir = join(await temporaryFolder(), 'data')
  const first = await startServer(dataDir)
  await query(first.url, "CREATE TABLE note AS SELECT '虚假功效' AS text")
  await first.close()
  const askedAt = performance.now()
  const second = await startServer(dataDir)
  expect(performance.now() - askedAt).toBeLessThan(30_000)
  expect(await query(second.url, 'SELECT text FROM note')).toEqual([{ text: '虚假功效' }])
})

test('close stops the server, removes socket and lock, and may be called twice', async () => {
  const dataDir = await usedFolder()
  const postgres = await startServer(dataDir)
  const socketFolder = new URL(postgres.url).searchParams.get('host') ?? ''
  expect(socketFolder).toMatch(/livewarden-pg-/)
  expect((await stat(socketFolder)).mode & 0o777).toBe(0o700)
  await Promise.all([postgres.close(), postgres.close()])
  expect(await postgres.exited).toEqual({ code: 0, signal: null })
  expect(isRunning(postgres.pid)).toBe(false)
  expect(existsSync(socketFolder)).toBe(false)
  expect((await readdir(dataDir)).sort()).toEqual(['postgres', 'postgres.json', 'postgres.log'])
})

test('files that hold or show the password are for their owner alone', async () => {
  const dataDir = await usedFolder()
  await startServer(dataDir)
  for (const name of ['postgres.json', 'postgres.log']) {
    expect((await stat(join(dataDir, name))).mode & 0o077).toBe(0)
  }
})

test('a second process is refused within 1 s, named the owner, and the owner loses nothing', async () => {
  const dataDir = await usedFolder()
  const postgres = await startServer(dataDir)
  await query(postgres.url, 'CREATE TABLE kept AS SELECT 1 AS one')
  const { answer } = await holdServer(dataDir)
  expect(answer).toMatchObject({ code: 'folder_locked', message: expect.stringContaining(`process ${process.pid},`) })
  expect(answer.message).toContain('start with another data folder')
  expect(answer.ms).toBeLessThan(5_000)
  expect(await query(postgres.url, 'SELECT one FROM kept')).toEqual([{ one: 1 }])
})

test('the same process cannot open a folder twice', async () => {
  const dataDir = await usedFolder()
  await startServer(dataDir)
  await expect(startBundledPostgres({ dataDir, logger: recordingLogger() })).rejects.toMatchObject({
    code: 'folder_locked',
  })
})

test('a command finds the server of a running service, and none when there is none', async () => {
  const dataDir = await usedFolder()
  expect(await findBundledPostgres(dataDir)).toBeUndefined()
  const { answer, kill } = await holdServer(dataDir)
  const url = await findBundledPostgres(dataDir)
  expect(url).toBe(answer.url)
  await kill()
  expect(await findBundledPostgres(dataDir)).toBeUndefined()
  await startServer(dataDir) // stops the server that the kill left behind
})

test('a cluster whose credentials were lost is opened with new ones', async () => {
  const dataDir = await usedFolder()
  const first = await startServer(dataDir)
  await query(first.url, 'CREATE TABLE kept AS SELECT 1 AS one')
  await first.close()
  await rm(join(dataDir, 'postgres.json'))
  const second = await startServer(dataDir)
  expect(second.url).not.toContain(new URL(first.url).password)
  expect(await query(second.url, 'SELECT one FROM kept')).toEqual([{ one: 1 }])
})

test('where no socket can be made, a loopback port asks for the password', async () => {
  const dataDir = await usedFolder()
  const tooLong = join(await temporaryFolder(), 'x'.repeat(120))
  const postgres = await startServer(dataDir, { socketParents: [tooLong, '/nowhere'] })
  const url = new URL(postgres.url)
  expect(url.hostname).toBe('127.0.0.1')
  expect(await query(postgres.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
  url.password = 'guessed'
  await expect(query(url.href, 'SELECT 1')).rejects.toThrow(/password authentication failed/)
})

test('what the server says goes to postgres.log', async () => {
  const dataDir = await usedFolder()
  const postgres = await startServer(dataDir)
  await expect(query(postgres.url, 'SELECT missing_column')).rejects.toThrow()
  expect(await readFile(join(dataDir, 'postgres.log'), 'utf8')).toContain('"missing_column" does not exist')
})
