import { mkdtemp, open, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { handOver } from './account.ts'
import { BundledPostgresError, folderError, systemErrorCode } from './bundled-postgres-error.ts'
import { SUPERUSER } from './endpoint.ts'
import type { Placement } from './placement.ts'
import { runProgram } from './program.ts'
import { serverFailure } from './server-failure.ts'

/**
 * Text is UTF-8 and sorts by code point, so Chinese sorts the same on every machine; letters keep their Unicode classes. The
 * provider is Postgres's own, so no locale of the system is asked, and none can change under an index.
 */
const INITDB_OPTIONS = [
  '--encoding=UTF8',
  '--locale=C',
  '--locale-provider=builtin',
  '--builtin-locale=C.UTF-8',
  '--auth=scram-sha-256',
  '--data-checksums',
  '--no-instructions',
]

const UNFINISHED_PREFIX = 'postgres.init-'

/**
 * Whether `clusterDir` holds a cluster these programs can open.
 * @throws BundledPostgresError `version_mismatch` or `folder_damaged` when it holds something else.
 */
export async function clusterExists({ clusterDir, binaries }: Placement): Promise<boolean> {
  const names = await list(clusterDir)
  if (names.length === 0) return false
  const major = names.includes('PG_VERSION') ? (await readFile(join(clusterDir, 'PG_VERSION'), 'utf8')).trim() : ''
  if (major === binaries.major) return true
  if (/^\d+$/.test(major)) {
    throw new BundledPostgresError(
      'version_mismatch',
      `The database "${clusterDir}" was written by Postgres ${major}, and Postgres ${binaries.major} is bundled. ` +
        'Start with the livewarden version that wrote it, or restore a backup into an empty data folder.',
    )
  }
  throw new BundledPostgresError(
    'folder_damaged',
    `"${clusterDir}" is not empty and holds no Postgres database (no valid PG_VERSION). ` +
      'Move it away to start with an empty database, or restore a backup.',
  )
}

/**
 * Creates the cluster. It is made under another name and renamed when it is complete and on disk, so a start that is cut
 * short leaves either no cluster or a whole one.
 */
export async function createCluster(placement: Placement, password: string): Promise<void> {
  const { account, binaries, clusterDir } = placement
  const parent = dirname(clusterDir)
  try {
    await removeUnfinished(parent)
    const unfinished = await mkdtemp(join(parent, UNFINISHED_PREFIX))
    const passwordFile = `${unfinished}.password`
    try {
      await writeFile(passwordFile, `${password}\n`, { mode: 0o600 })
      if (account) for (const path of [unfinished, passwordFile]) await handOver(path, account)
      const place = [`--pgdata=${unfinished}`, `--username=${SUPERUSER}`, `--pwfile=${passwordFile}`]
      const { code, output } = await runProgram(binaries.initdb, [...place, ...INITDB_OPTIONS], account)
      if (code !== 0) throw serverFailure('create a database in', clusterDir, output)
      await rename(unfinished, clusterDir)
      await flush(parent)
    } finally {
      await rm(passwordFile, { force: true })
      await rm(unfinished, { recursive: true, force: true })
    }
  } catch (error) {
    throw folderError(parent, error)
  }
}

/** Sets the password of a cluster whose credentials were lost. Needs no running server, only the right to its files. */
export async function resetPassword({ account, binaries, clusterDir }: Placement, password: string): Promise<void> {
  const statement = `ALTER ROLE ${SUPERUSER} PASSWORD '${password}';\n`
  const { code, output } = await runProgram(
    binaries.postgres,
    ['--single', '-D', clusterDir, '-c', 'log_statement=none', 'postgres'],
    account,
    statement,
  )
  if (code !== 0 || output.includes('ERROR:')) throw serverFailure('reset the password of', clusterDir, output)
}

async function removeUnfinished(parent: string): Promise<void> {
  for (const name of await list(parent)) {
    if (name.startsWith(UNFINISHED_PREFIX)) await rm(join(parent, basename(name)), { recursive: true, force: true })
  }
}

/** A rename survives a power cut once its folder is on disk. */
async function flush(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function list(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return []
    throw folderError(folder, error)
  }
}
