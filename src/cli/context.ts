import type { Db } from '../store/database.ts'

/** What an administrative command works with; the entry point opens the database that the configuration names. */
export type CliContext = {
  openDb(): Promise<{ db: Db; close(): Promise<void> }>
  stdout: NodeJS.WritableStream
  stderr: NodeJS.WritableStream
}
