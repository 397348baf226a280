import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { systemErrorCode } from './bundled-postgres-error.ts'

/** What a running (or killed) server has written into `postmaster.pid` of its cluster. */
export interface PostmasterFile {
  pid: number
  startedAtMs: number
  socketFolder: string
  /** The server accepts connections. */
  ready: boolean
}

export const POSTMASTER_FILE_NAME = 'postmaster.pid'

/** Reads `postmaster.pid`; undefined when there is none or it is not filled yet. */
export async function readPostmasterFile(clusterDir: string): Promise<PostmasterFile | undefined> {
  let text: string
  try {
    text = await readFile(join(clusterDir, POSTMASTER_FILE_NAME), 'utf8')
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined
    throw error
  }
  // One value a line: pid, data folder, start time in seconds, port, socket folder, address, shared memory, status.
  const lines = text.split('\n').map((line) => line.trim())
  const pid = Number(lines[0])
  if (!Number.isInteger(pid) || pid < 1) return undefined
  return { pid, startedAtMs: Number(lines[2]) * 1000, socketFolder: lines[4] ?? '', ready: lines[7] === 'ready' }
}
