import { writeSync } from 'node:fs'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { openServerLog } from '../../../src/store/bundled/server-log.ts'
import { temporaryFolder } from './fixtures/folder.ts'

test('a log that grew while the server was down is put aside at the start', async () => {
  const path = join(await temporaryFolder(), 'postgres.log')
  await writeFile(path, 'x'.repeat(101))
  openServerLog(path, 100).close()
  expect((await stat(path)).size).toBe(0)
  expect((await stat(`${path}.1`)).size).toBe(101)
})

test('a log that grows while the server writes is cut, and the server goes on writing at its beginning', async () => {
  const path = join(await temporaryFolder(), 'postgres.log')
  const log = openServerLog(path, 100, 5)
  onTestFinished(() => log.close())
  writeSync(log.descriptor, `${'old '.repeat(30)}\n`)
  await vi.waitFor(async () => expect((await stat(path)).size).toBe(0))
  writeSync(log.descriptor, 'new\n')
  expect(await readFile(path, 'utf8')).toBe('new\n')
  expect(await readFile(`${path}.1`, 'utf8')).toContain('old old')
})

test('the tail holds what was said since the start, not before', async () => {
  const path = join(await temporaryFolder(), 'postgres.log')
  await writeFile(path, 'yesterday\n')
  const log = openServerLog(path)
  onTestFinished(() => log.close())
  expect(log.tail()).toBe('')
  writeSync(log.descriptor, 'today\n')
  expect(log.tail()).toBe('today')
})
