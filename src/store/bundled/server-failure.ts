import { BundledPostgresError, type BundledPostgresErrorCode } from './bundled-postgres-error.ts'

/** What Postgres says when it cannot go on, what that means, and what to do about it. First match wins. */
const KNOWN: readonly { pattern: RegExp; code: BundledPostgresErrorCode; means: string; remedy: string }[] = [
  {
    pattern: /No space left on device|Disk quota exceeded/,
    code: 'disk_full',
    means: 'no space is left on its disk',
    remedy: 'Free some space and start again.',
  },
  {
    pattern: /error while loading shared libraries|Library not loaded|GLIBC_\S+' not found/,
    code: 'binaries_unusable',
    means: 'its programs lack a library of this system',
    remedy: 'Run "node scripts/prepare.mjs" in the project folder, or set DATABASE_URL to a server of your own.',
  },
  {
    pattern: /could not look up effective user ID/,
    code: 'account_refused',
    means: 'its user has no name on this system',
    remedy: 'Add a line for that uid to /etc/passwd, or set DATABASE_URL to a server of your own.',
  },
  {
    pattern: /Permission denied|Operation not permitted/,
    code: 'folder_foreign',
    means: 'some of its files belong to another user',
    remedy: 'Hand all of them to the user that owns the folder itself (chown -R), then start again.',
  },
  {
    pattern: /pre-existing shared memory block|lock file ".*" already exists/,
    code: 'leftover_server',
    means: 'processes of an earlier run still use it',
    remedy: 'Stop the postgres processes of that folder, then start again.',
  },
  {
    pattern: /database files are incompatible|is not compatible with this version/,
    code: 'version_mismatch',
    means: 'it was written by another version of Postgres',
    remedy: 'Start with the livewarden version that wrote it, or restore a backup into an empty data folder.',
  },
  {
    pattern:
      /could not map anonymous shared memory|Cannot allocate memory|could not (create|resize) shared memory segment/,
    code: 'server_failed',
    means: 'the system gave it no memory',
    remedy: 'Free some memory (it needs about 200 MB), or raise the limit of the container.',
  },
  {
    pattern:
      /invalid (primary )?checkpoint|could not locate a valid checkpoint|pg_control|could not open (file|directory)|could not read|invalid page|PANIC|bogus data|syntax error in file/,
    code: 'folder_damaged',
    means: 'its files are damaged or incomplete',
    remedy: 'Restore a backup into an empty data folder; keep the damaged one for a closer look.',
  },
]

/**
 * The error for a Postgres program that failed on `folder`, from what it printed.
 * @param attempt what was being done, such as `start`.
 */
export function serverFailure(attempt: string, folder: string, output: string): BundledPostgresError {
  const known = KNOWN.find(({ pattern }) => pattern.test(output))
  const said = output.split('\n').slice(-6).join('\n')
  const opening = `Postgres could not ${attempt} "${folder}"`
  return known
    ? new BundledPostgresError(known.code, `${opening}: ${known.means}. ${known.remedy} It said:\n${said}`)
    : new BundledPostgresError(
        'server_failed',
        `${opening}. Read what it said, mend that and start again, or set DATABASE_URL to a server of your own:\n${said || '(nothing)'}`,
      )
}
