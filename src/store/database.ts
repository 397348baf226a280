import { Kysely, Migrator, PostgresDialect, type Migration, type Transaction } from 'kysely'
import pg from 'pg'
import * as initial from './migrations/0001-initial.ts'
import * as rulePackPublication from './migrations/0002-rule-pack-publication.ts'
import type { Database } from './schema.ts'

/** The database as every module of `store/` takes it: a pool, or one transaction of it. */
export type Db = Kysely<Database>
export type Tx = Transaction<Database>

// 64-bit integers here are counters far below 2^53; as numbers they compare and serialise without surprises.
pg.types.setTypeParser(pg.types.builtins.INT8, Number)

export type PoolOptions = {
  url: string
  /** Most connections of this pool. */
  max: number
  /** Shown in pg_stat_activity. */
  name: string
  onError: (error: Error) => void
}

/** A pool with the fixed settings: 5 s a statement, 2 s for a lock, 10 s idle in a transaction. */
export function openDatabase(options: PoolOptions): Db {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.max,
    application_name: options.name,
    statement_timeout: 5_000,
    lock_timeout: 2_000,
    idle_in_transaction_session_timeout: 10_000,
    connectionTimeoutMillis: 5_000,
    // A pool that lets its last connection go would pay a connect on the next sentence.
    idleTimeoutMillis: 60_000,
  })
  // An idle connection that dies must not end the process; the next query reconnects or fails with its own error.
  pool.on('error', options.onError)
  return new Kysely<Database>({ dialect: new PostgresDialect({ pool }) })
}

const migrations: Record<string, Migration> = {
  '0001-initial': { up: initial.up },
  '0002-rule-pack-publication': { up: rulePackPublication.up },
}

/**
 * Brings the schema up to date; safe to run from several processes at once. Returns the names applied.
 * Throws with the failed migration's name.
 */
export async function migrate(db: Db): Promise<string[]> {
  const migrator = new Migrator({ db, provider: { getMigrations: () => Promise.resolve(migrations) } })
  const { error, results } = await migrator.migrateToLatest()
  const failed = results?.find((result) => result.status === 'Error')
  if (error) {
    throw new Error(`Migration ${failed?.migrationName ?? '(setup)'} failed: ${describe(error)}`, { cause: error })
  }
  return (results ?? []).map((result) => result.migrationName)
}

/** Whether the error means that the database is away, rather than that the statement was wrong. */
export function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  if (/^(08|53|57P0|ECONN|ENOENT|EPIPE|ETIMEDOUT|57014|25P03)/.test(code)) return true
  return /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error/.test(
    error.message,
  )
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
