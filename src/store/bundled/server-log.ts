import { closeSync, copyFileSync, openSync, readSync, renameSync, statSync, truncateSync } from 'node:fs'
import { folderError, systemErrorCode } from './bundled-postgres-error.ts'

/** The server writes what it has to say to `<dataDir>/postgres.log`; the part before the last cut is kept as `postgres.log.1`. */
export interface ServerLog {
  path: string
  /** For the child's stdout and stderr; opened for appending, so that the file can be cut while the server writes. */
  descriptor: number
  /** What the server said since this log was opened, at most the last 4 KiB. */
  tail(): string
  /** Closes our side and stops the watch over the size. */
  close(): void
}

const MAX_BYTES = 10 * 1024 * 1024
const CHECK_EVERY_MS = 60_000
const TAIL_BYTES = 4096

/** Opens the log at `path` and keeps it and its predecessor below `maxBytes` each, give or take a minute's writing. */
export function openServerLog(
  path: string,
  maxBytes: number = MAX_BYTES,
  checkEveryMs: number = CHECK_EVERY_MS,
): ServerLog {
  try {
    if (sizeOf(path) > maxBytes) renameSync(path, `${path}.1`)
    const descriptor = openSync(path, 'a+', 0o600)
    const start = sizeOf(path)
    const watch = setInterval(() => cut(path, maxBytes), checkEveryMs)
    watch.unref()
    return {
      path,
      descriptor,
      tail: () => readTail(descriptor, path, start),
      close() {
        clearInterval(watch)
        closeSync(descriptor)
      },
    }
  } catch (error) {
    throw folderError(path, error)
  }
}

/** The server holds the file open, so it is copied and cut, not renamed. */
function cut(path: string, maxBytes: number): void {
  if (sizeOf(path) <= maxBytes) return
  try {
    copyFileSync(path, `${path}.1`)
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOSPC') throw error // on a full disk the space matters more than the old lines
  }
  truncateSync(path)
}

function readTail(descriptor: number, path: string, start: number): string {
  const end = sizeOf(path)
  const from = Math.max(start > end ? 0 : start, end - TAIL_BYTES)
  const buffer = Buffer.alloc(end - from)
  const read = readSync(descriptor, buffer, 0, buffer.length, from)
  return buffer.toString('utf8', 0, read).trim()
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}
