import { setTimeout as pause } from 'node:timers/promises'
import { sql } from 'kysely'
import pg from 'pg'
import type { Tx } from './database.ts'

/**
 * Notices that another rule pack is in force, through Postgres itself: the command that publishes is a process of its
 * own, and Postgres is what it shares with every worker in every mode. A notice may be lost; the workers' poll finds the
 * change too, later.
 */
const channel = 'livewarden_rules'
const againAfterMs = 2_000
const endWithinMs = 1_000

/** Tells the listeners, when and if the transaction commits. */
export async function tellOfPack(tx: Tx, hash: string): Promise<void> {
  await sql`SELECT pg_notify(${channel}, ${hash})`.execute(tx)
}

/**
 * Listens on a connection of its own, which is opened again whenever it is lost. `hear` is called after each notice, and
 * after each time the listening began, for what was missed.
 */
export function listenForPacks(
  url: string,
  hear: () => void,
  onError: (error: Error) => void,
): { close(): Promise<void> } {
  let client: pg.Client | null = null
  let timer: NodeJS.Timeout | null = null
  let closed = false
  let opening = open()

  async function open(): Promise<void> {
    const next = new pg.Client({
      connectionString: url,
      application_name: 'livewarden-notices',
      connectionTimeoutMillis: 5_000,
      keepAlive: true,
    })
    next.on('error', onError)
    next.on('notification', hear)
    try {
      await next.connect()
      await next.query(`LISTEN ${channel}`)
    } catch (error) {
      if (!closed) onError(error instanceof Error ? error : new Error(String(error)))
      return again(next)
    }
    client = next
    next.once('end', () => again(next))
    if (!closed) hear()
  }

  function again(lost: pg.Client): void {
    client = null
    lost.end().catch(() => undefined)
    if (!closed) timer = setTimeout(() => (opening = open()), againAfterMs)
  }

  return {
    async close() {
      closed = true
      if (timer) clearTimeout(timer)
      await opening
      // A connection whose other side is gone without a word never says goodbye.
      await Promise.race([client?.end(), pause(endWithinMs, undefined, { ref: false })])
    },
  }
}
