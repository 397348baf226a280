import { chmod, cp, mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { recordingLogger, startServer, temporaryFolder, usedFolder } from './fixtures/folder.ts'
import { query } from './fixtures/query.ts'

const isRoot = process.getuid?.() === 0

test('the server never runs as root', async () => {
  const dataDir = await temporaryFolder()
  await startServer(dataDir)
  // Postgres refuses a folder that belongs to another user than the one it runs as.
  expect((await stat(join(dataDir, 'postgres'))).uid).toBe(isRoot ? 65534 : process.getuid?.())
})

test('a data folder that no other user may enter is served, and opens again', async () => {
  const { dataDir, outsideRoot } = await closedFolder()
  const logger = recordingLogger()
  const first = await startServer(dataDir, { outsideRoot, logger })
  await query(first.url, 'CREATE TABLE kept AS SELECT 1 AS one')
  await first.close()
  const place = isRoot ? (await readFile(join(dataDir, 'postgres.location'), 'utf8')).trim() : join(dataDir, 'postgres')
  expect((await stat(join(place, 'PG_VERSION'))).isFile()).toBe(true)
  if (isRoot) expect(logger.lines).toContainEqual(expect.stringContaining(`The database lies in "${place}"`))
  const second = await startServer(dataDir, { outsideRoot })
  expect(await query(second.url, 'SELECT one FROM kept')).toEqual([{ one: 1 }])
})

test('a data folder that is moved takes its database along', async () => {
  const { folder, dataDir, outsideRoot } = await closedFolder()
  const first = await startServer(dataDir, { outsideRoot })
  await query(first.url, 'CREATE TABLE kept AS SELECT 1 AS one')
  await first.close()
  await rename(dataDir, join(folder, 'moved'))
  const second = await startServer(join(folder, 'moved'), { outsideRoot })
  expect(await query(second.url, 'SELECT one FROM kept')).toEqual([{ one: 1 }])
})

test('a copy of a data folder never writes into the database of the original', async () => {
  const { folder, dataDir, outsideRoot } = await closedFolder()
  await (await startServer(dataDir, { outsideRoot })).close()
  await cp(dataDir, join(folder, 'copy'), { recursive: true })
  const [original, copy] = await Promise.all([
    startServer(dataDir, { outsideRoot }),
    startServer(join(folder, 'copy'), { outsideRoot }),
  ])
  await query(copy.url, 'CREATE TABLE only_in_the_copy ()')
  expect(await query(original.url, "SELECT to_regclass('only_in_the_copy') AS found")).toEqual([{ found: null }])
})

test('a data folder that was deleted starts empty, and a database kept outside it is set aside, not deleted', async () => {
  const { dataDir, outsideRoot } = await closedFolder()
  const first = await startServer(dataDir, { outsideRoot })
  await query(first.url, 'CREATE TABLE kept ()')
  await first.close()
  await rm(dataDir, { recursive: true })
  const logger = recordingLogger()
  const second = await startServer(dataDir, { outsideRoot, logger })
  expect(await query(second.url, "SELECT to_regclass('kept') AS found")).toEqual([{ found: null }])
  const aside = /set aside in "([^"]+)"/.exec(logger.lines.join('\n'))?.[1]
  expect(aside !== undefined && (await stat(join(aside, 'postgres', 'PG_VERSION'))).isFile()).toBe(isRoot)
})

test('a cluster copied with the rights of a common folder is opened', async () => {
  const dataDir = await usedFolder()
  await chmod(join(dataDir, 'postgres'), 0o755)
  await startServer(dataDir)
})

test('a place that should hold the database and does not is named, not silently replaced by an empty one', async () => {
  const { dataDir, outsideRoot } = await closedFolder()
  await mkdir(dataDir)
  await writeFile(join(dataDir, 'postgres.location'), join(outsideRoot, 'gone', 'postgres'))
  await expect(startServer(dataDir, { outsideRoot })).rejects.toMatchObject({
    code: isRoot ? 'folder_damaged' : 'folder_foreign',
    message: expect.stringContaining('postgres.location" to start with an empty database'),
  })
})

/** A folder that only its owner may enter, as /root is, and a place that everybody may. */
async function closedFolder(): Promise<{ folder: string; dataDir: string; outsideRoot: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'closed-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return { folder, dataDir: join(folder, 'data'), outsideRoot: join(await temporaryFolder(), 'outside') }
}
