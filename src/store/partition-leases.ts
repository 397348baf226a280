import { sql } from 'kysely'
import type { Db, Tx } from './database.ts'

/** Seconds a lease lasts without renewal; all lease times are the database's. */
export const leaseSeconds = 6

/** The right to analyse a partition. The fence rises with every change of holder; an old holder's commits fail on it. */
export type Lease = { partition: number; holder: string; fence: number }

/** Takes a free or expired lease, or renews one's own; null while somebody else holds it. */
export async function acquireLease(db: Db, partition: number, holder: string): Promise<Lease | null> {
  const { rows } = await sql<{ fence: number }>`
    INSERT INTO partition_leases AS held (partition, holder, fence, expires_at)
    VALUES (${partition}, ${holder}, 1, now() + make_interval(secs => ${leaseSeconds}))
    ON CONFLICT (partition) DO UPDATE SET
      fence = CASE WHEN held.holder = excluded.holder AND held.expires_at > now() THEN held.fence ELSE held.fence + 1 END,
      holder = excluded.holder,
      expires_at = excluded.expires_at
    WHERE held.holder = excluded.holder OR held.expires_at <= now()
    RETURNING fence`.execute(db)
  const fence = rows[0]?.fence
  return fence === undefined ? null : { partition, holder, fence }
}

/** Prolongs leases that are still one's own; returns the partitions that were. */
export async function renewLeases(db: Db | Tx, leases: readonly Lease[]): Promise<number[]> {
  if (leases.length === 0) return []
  const { rows } = await sql<{ partition: number }>`
    UPDATE partition_leases SET expires_at = now() + make_interval(secs => ${leaseSeconds})
    FROM unnest(${leases.map((lease) => lease.partition)}::int[], ${leases.map((lease) => lease.fence)}::bigint[]) AS mine (partition, fence)
    WHERE partition_leases.partition = mine.partition AND partition_leases.fence = mine.fence
      AND partition_leases.holder = ${leases[0]?.holder ?? ''} AND partition_leases.expires_at > now()
    RETURNING partition_leases.partition`.execute(db)
  return rows.map((row) => row.partition)
}

/** Gives leases back at once, so that the next holder need not wait for them to expire. */
export async function releaseLeases(db: Db, holder: string): Promise<void> {
  await db
    .updateTable('partition_leases')
    // Well in the past: a renewal that was under way compares with its own, earlier now and must find it over.
    .set({ expires_at: sql<Date>`now() - interval '1 day'` })
    .where('holder', '=', holder)
    .execute()
}

/** A commit was refused because another holder has the partition by now. */
export class FenceLostError extends Error {
  constructor(lease: Lease) {
    super(`Partition ${lease.partition} has another holder; fence ${lease.fence} is over`)
    this.name = 'FenceLostError'
  }
}

/** Refuses the transaction unless the lease still stands; holds it in place until the commit. */
export async function assertFence(tx: Tx, lease: Lease): Promise<void> {
  const { rows } = await sql`
    SELECT 1 FROM partition_leases
    WHERE partition = ${lease.partition} AND fence = ${lease.fence} AND holder = ${lease.holder} AND expires_at > now()
    FOR UPDATE`.execute(tx)
  if (rows.length === 0) throw new FenceLostError(lease)
}
