import { existsSync } from 'node:fs'
import { chmod, mkdir, readFile, readdir, symlink, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { findBinaries } from '../../../src/store/bundled/binaries.ts'
import { clusterName } from '../../../src/store/bundled/leftover-server.ts'
import { commandLines } from '../../../src/store/bundled/process-identity.ts'
import { serverFailure } from '../../../src/store/bundled/server-failure.ts'
import { startServer, temporaryFolder, usedFolder } from './fixtures/folder.ts'

test('a data folder that cannot be written is named with the reason and the remedy', async () => {
  const parent = await temporaryFolder()
  await chmod(parent, 0o555)
  // Root writes where it likes, except in a file system that the kernel keeps for itself.
  const dataDir = process.getuid?.() === 0 ? '/sys/livewarden' : join(parent, 'data')
  await expect(startServer(dataDir)).rejects.toMatchObject({
    code: 'folder_unwritable',
    message: expect.stringMatching(`"${dataDir}" cannot be written by uid .* start with another data folder`),
  })
})

test('a file where the data folder should be is named', async () => {
  const path = join(await temporaryFolder(), 'data')
  await writeFile(path, '')
  await expect(startServer(path)).rejects.toMatchObject({
    code: 'folder_unwritable',
    message: expect.stringContaining('something that is not a folder has that name'),
  })
})

test('a full disk is named, and nothing stays behind', async () => {
  const dataDir = await temporaryFolder()
  await symlink('/dev/full', join(dataDir, 'postgres.json.new')) // the kernel answers every write with ENOSPC
  await expect(startServer(dataDir)).rejects.toMatchObject({
    code: 'disk_full',
    message: expect.stringMatching(/No space is left .* Free some space/),
  })
  expect(await readdir(dataDir)).toEqual(['postgres.json.new'])
})

test('a database of another major version is refused', async () => {
  const dataDir = await temporaryFolder()
  await mkdir(join(dataDir, 'postgres'))
  await writeFile(join(dataDir, 'postgres', 'PG_VERSION'), '15\n')
  await expect(startServer(dataDir)).rejects.toMatchObject({
    code: 'version_mismatch',
    message: expect.stringContaining('was written by Postgres 15, and Postgres 18 is bundled'),
  })
})

test('a folder of somebody else’s files is refused and left as it is', async () => {
  const dataDir = await temporaryFolder()
  await mkdir(join(dataDir, 'postgres'))
  await writeFile(join(dataDir, 'postgres', 'holiday.txt'), 'Hainan')
  await expect(startServer(dataDir)).rejects.toMatchObject({
    code: 'folder_damaged',
    message: expect.stringContaining('Move it away'),
  })
  expect(await readFile(join(dataDir, 'postgres', 'holiday.txt'), 'utf8')).toBe('Hainan')
})

test('a damaged database is named with what Postgres said, and nothing keeps running or locked', async () => {
  const dataDir = await usedFolder()
  await truncate(join(dataDir, 'postgres', 'global', 'pg_control'), 0)
  await expect(startServer(dataDir)).rejects.toMatchObject({
    code: 'folder_damaged',
    message: expect.stringMatching(/its files are damaged .* Restore a backup[\s\S]*pg_control/),
  })
  const name = clusterName(join(dataDir, 'postgres'))
  expect([...commandLines().values()].filter((line) => line.includes(name))).toEqual([])
  expect(existsSync(join(dataDir, 'livewarden.lock'))).toBe(false)
})

test('a start that was cut short while it made the database is made good by the next', async () => {
  const dataDir = await temporaryFolder()
  await mkdir(join(dataDir, 'postgres.init-killed'))
  await writeFile(join(dataDir, 'postgres.init-killed', 'PG_VERSION'), '18\n')
  await writeFile(join(dataDir, 'postgres.init-killed.password'), 'secret\n')
  await startServer(dataDir)
  expect((await readdir(dataDir)).filter((name) => name.startsWith('postgres.init'))).toEqual([])
})

test('an installation without its links says how to complete it', async () => {
  const folder = await temporaryFolder()
  await mkdir(join(folder, 'native', 'bin'), { recursive: true })
  for (const name of ['initdb', 'postgres']) await writeFile(join(folder, 'native', 'bin', name), '')
  await writeFile(
    join(folder, 'native', 'pg-symlinks.json'),
    '[{"source":"native/lib/a.so.1","target":"native/lib/a.so"}]',
  )
  expect(() => findBinaries(folder)).toThrow(
    expect.objectContaining({
      code: 'binaries_missing',
      message: expect.stringMatching(/a\.so" is missing .* Run "node scripts\/prepare\.mjs"/),
    }),
  )
})

test.each([
  ['initdb: error: could not write to file: No space left on device', 'disk_full', /Free some space/],
  ['initdb: error while loading shared libraries: libicuuc.so.60: cannot open', 'binaries_unusable', /prepare\.mjs/],
  ['initdb: error: could not look up effective user ID 65534: user does not exist', 'account_refused', /\/etc\/passwd/],
  ['FATAL:  pre-existing shared memory block (key 1, ID 2) is still in use', 'leftover_server', /Stop the postgres/],
  ['FATAL:  could not map anonymous shared memory: Cannot allocate memory', 'server_failed', /raise the limit/],
  ['FATAL:  could not open file "global/pg_filenode.map": Permission denied', 'folder_foreign', /chown -R/],
  ['PANIC:  could not locate a valid checkpoint record at 0/1', 'folder_damaged', /Restore a backup/],
  ['something nobody has seen before', 'server_failed', /something nobody has seen before/],
])('what Postgres says gets a remedy: %s', (output, code, message) => {
  expect(serverFailure('start on', '/data', output)).toMatchObject({ code, message: expect.stringMatching(message) })
})
