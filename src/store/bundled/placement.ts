import { createHash } from 'node:crypto'
import { chmod, mkdir, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { NOBODY, firstUnreachable, handOver, type Account } from './account.ts'
import { canRun, copyBinaries, findBinaries, type Binaries } from './binaries.ts'
import { BundledPostgresError, folderError, systemErrorCode } from './bundled-postgres-error.ts'
import type { Logger } from './logger.ts'

/**
 * Where the cluster (Postgres's word for its data folder) lies, which programs run it, and as whom.
 *
 * An ordinary user runs everything in place: `<dataDir>/postgres`. Root cannot: the server runs as uid 65534 and must reach
 * its files, which it cannot below a folder such as /root (0700). Then the cluster lies in
 * `/var/lib/livewarden/<hash of the data folder's path>/postgres`, and `<dataDir>/postgres.location` says so. A cluster that
 * exists is never left behind: the place is chosen once, and a data folder that was moved takes its cluster along.
 */
export interface Placement {
  account: Account | undefined
  clusterDir: string
  binaries: Binaries
  /** Writes down where the cluster is; called once the cluster exists, so that a first start that was cut short leaves no trace. */
  record(): Promise<void>
}

const CLUSTER_NAME = 'postgres'
const LOCATION_NAME = 'postgres.location'
const OWNER_NAME = 'data-folder'

/** Decides the placement for `dataDir` (an existing folder, as a real path), preparing `outsideRoot` when it is needed. */
export async function placeServer(dataDir: string, outsideRoot: string, logger: Logger): Promise<Placement> {
  const binaries = findBinaries()
  const inPlace = join(dataDir, CLUSTER_NAME)
  const location = await readLine(join(dataDir, LOCATION_NAME))
  if (process.getuid?.() !== 0) {
    await requireOwnCluster(inPlace, location)
    return { account: undefined, clusterDir: inPlace, binaries, record: nothingToRecord }
  }
  if (await holdsFiles(inPlace)) {
    const account = await ownerOf(inPlace)
    await requireReachable(dataDir, account)
    const usable = await reachableBinaries(binaries, account, outsideRoot)
    return { account, clusterDir: inPlace, binaries: usable, record: nothingToRecord }
  }
  if (location === undefined && (await firstUnreachable(dataDir, NOBODY)) === undefined) {
    const usable = await reachableBinaries(binaries, NOBODY, outsideRoot)
    return { account: NOBODY, clusterDir: inPlace, binaries: usable, record: nothingToRecord }
  }
  const clusterDir = await outsideCluster(dataDir, location, outsideRoot, logger)
  logger.info(
    `The database lies in "${clusterDir}": Postgres runs as uid ${NOBODY.uid}, which cannot reach "${dataDir}".`,
  )
  return {
    account: NOBODY,
    clusterDir,
    binaries: await reachableBinaries(binaries, NOBODY, outsideRoot),
    record: () => writeFile(join(dataDir, LOCATION_NAME), `${clusterDir}\n`),
  }
}

async function nothingToRecord(): Promise<void> {}

async function reachableBinaries(binaries: Binaries, account: Account, outsideRoot: string): Promise<Binaries> {
  if (await canRun(binaries, account)) return binaries
  const folder = join(outsideRoot, 'binaries')
  await makeReachable(folder, account)
  return copyBinaries(binaries, folder)
}

async function outsideCluster(
  dataDir: string,
  location: string | undefined,
  outsideRoot: string,
  logger: Logger,
): Promise<string> {
  const own = join(outsideRoot, createHash('sha256').update(dataDir).digest('hex').slice(0, 16))
  const ownCluster = join(own, CLUSTER_NAME)
  try {
    if (location === ownCluster) {
      if (!(await holdsFiles(ownCluster))) throw lostCluster(dataDir, location)
      return ownCluster
    }
    if (await holdsFiles(ownCluster)) await setAside(own, dataDir, logger)
    else await rm(own, { recursive: true, force: true }) // what a first start that was cut short left
    await makeReachable(outsideRoot, NOBODY)
    if (location !== undefined) await followMove(dataDir, location, own, logger)
    await makeReachable(own, NOBODY)
    await writeFile(join(own, OWNER_NAME), `${dataDir}\n`)
    return ownCluster
  } catch (error) {
    throw folderError(outsideRoot, error)
  }
}

/** The data folder names a cluster kept for another path: it was moved (take the cluster along) or copied (start empty). */
async function followMove(dataDir: string, location: string, own: string, logger: Logger): Promise<void> {
  const former = dirname(location)
  const formerOwner = await readLine(join(former, OWNER_NAME))
  if (!(await holdsFiles(location))) throw lostCluster(dataDir, location)
  const copied = formerOwner !== undefined && (await readLine(join(formerOwner, LOCATION_NAME))) === location
  if (copied) {
    logger.warn(
      `"${dataDir}" is a copy of "${formerOwner}", which keeps its database "${location}": this one starts empty.`,
    )
    return
  }
  await rename(former, own)
}

/** Somebody deleted the data folder to start afresh; the cluster kept outside is not ours to delete with it. */
async function setAside(own: string, dataDir: string, logger: Logger): Promise<void> {
  const aside = `${own}.${new Date().toISOString().replaceAll(/[:.]/g, '-')}`
  await rename(own, aside)
  logger.warn(
    `"${dataDir}" is new, but a database was kept for it. It is set aside in "${aside}"; delete it when it is not needed.`,
  )
}

function lostCluster(dataDir: string, location: string): BundledPostgresError {
  return new BundledPostgresError(
    'folder_damaged',
    `The database of "${dataDir}" is expected in "${location}" and is not there. ` +
      `Bring that folder back, or delete "${join(dataDir, LOCATION_NAME)}" to start with an empty database.`,
  )
}

async function requireOwnCluster(inPlace: string, location: string | undefined): Promise<void> {
  const uid = process.getuid?.()
  const owner = await ownerUid(inPlace)
  if (owner !== undefined && owner !== uid) {
    throw new BundledPostgresError(
      'folder_foreign',
      `The database "${inPlace}" belongs to uid ${owner}, and this process is uid ${uid}: it was made by another user or by root. ` +
        `Start as that user or as root, or hand it over: sudo chown -R ${uid} "${dirname(inPlace)}".`,
    )
  }
  if (location !== undefined && owner === undefined) {
    throw new BundledPostgresError(
      'folder_foreign',
      `The database of this data folder was made by root and lies in "${location}". ` +
        `Start as root, or delete "${join(dirname(inPlace), LOCATION_NAME)}" to start with an empty database.`,
    )
  }
}

/** The account that owns an existing cluster. One that root owns, say after a restored backup, is handed to 65534. */
async function ownerOf(clusterDir: string): Promise<Account> {
  const { uid, gid } = await stat(clusterDir)
  if (uid !== 0) return { uid, gid }
  await handOver(clusterDir, NOBODY)
  return NOBODY
}

async function requireReachable(dataDir: string, account: Account): Promise<void> {
  const wall = await firstUnreachable(dataDir, account)
  if (wall === undefined) return
  throw new BundledPostgresError(
    'folder_unreachable',
    `The database in "${dataDir}" belongs to uid ${account.uid}, which may not enter "${wall}". ` +
      `Allow it (chmod o+x "${wall}"), move the data folder, or start as the user who made it.`,
  )
}

/** Makes `folder` and what is missing above it, enterable by all; folders that exist keep their mode. */
async function makeReachable(folder: string, account: Account): Promise<void> {
  try {
    const first = await mkdir(folder, { recursive: true })
    for (let made = folder; first !== undefined && made.length >= first.length; made = dirname(made))
      await chmod(made, 0o755)
  } catch (error) {
    throw folderError(folder, error)
  }
  const wall = await firstUnreachable(folder, account)
  if (wall !== undefined) {
    throw new BundledPostgresError(
      'folder_unreachable',
      `Postgres runs as uid ${account.uid}, which may not enter "${wall}". ` +
        'Start as an ordinary user, put the data folder where every user can reach it, or set DATABASE_URL.',
    )
  }
}

async function holdsFiles(folder: string): Promise<boolean> {
  try {
    return (await readdir(folder)).length > 0
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return false
    throw folderError(folder, error)
  }
}

async function ownerUid(folder: string): Promise<number | undefined> {
  try {
    return (await stat(folder)).uid
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined
    throw folderError(folder, error)
  }
}

async function readLine(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, 'utf8')).trim()
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined
    throw folderError(path, error)
  }
}
