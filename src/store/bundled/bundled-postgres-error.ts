/** What can be wrong with the bundled Postgres; each code has one remedy, named in the message. */
export type BundledPostgresErrorCode =
  | 'unsupported_platform'
  | 'binaries_missing'
  | 'binaries_unusable'
  | 'account_refused'
  | 'folder_locked'
  | 'folder_unwritable'
  | 'folder_unreachable'
  | 'folder_foreign'
  | 'folder_damaged'
  | 'version_mismatch'
  | 'disk_full'
  | 'leftover_server'
  | 'server_failed'

/** A start that cannot go on. The message names the thing and the remedy and is fit to be shown as it is. */
export class BundledPostgresError extends Error {
  readonly code: BundledPostgresErrorCode

  constructor(code: BundledPostgresErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'BundledPostgresError'
    this.code = code
  }
}

/** The `code` of a Node system error (`EACCES`, `ENOSPC`, …), or an empty text for anything else. */
export function systemErrorCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}

const REASONS: Record<string, string> = {
  EEXIST: 'something that is not a folder has that name',
  ENOTDIR: 'something that is not a folder has that name',
  EROFS: 'its disk is mounted read-only',
}

/** Turns the error of a file operation in `folder` into one a person can act on; errors of any other kind stay as they are. */
export function folderError(folder: string, error: unknown): unknown {
  const code = systemErrorCode(error)
  if (code === '' || error instanceof BundledPostgresError) return error
  const cause = { cause: error }
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new BundledPostgresError(
      'disk_full',
      `No space is left for the data folder "${folder}" (${code}). Free some space on its disk and start again.`,
      cause,
    )
  }
  return new BundledPostgresError(
    'folder_unwritable',
    `The data folder "${folder}" cannot be written by uid ${process.getuid?.() ?? 'of this process'}: ${REASONS[code] ?? code}. ` +
      'Give this user the right to write there, or start with another data folder.',
    cause,
  )
}
