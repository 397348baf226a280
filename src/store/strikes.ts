import { sql } from 'kysely'
import type { PriorMeasure } from '../enforcement/ports.ts'
import { actionSchema } from '../contracts/enforcement.ts'
import type { Db, Tx } from './database.ts'

/**
 * Measures against a host within the last days, newest first, each with its strike, and how many older strikes no longer
 * count. Reversals and what never took effect are no measures.
 */
export async function priorMeasures(
  db: Db | Tx,
  hostId: string,
  windowDays: number,
): Promise<{ prior: PriorMeasure[]; expiredStrikes: number }> {
  const rows = await db
    .selectFrom('enforcements')
    .leftJoin('strikes', 'strikes.enforcement_id', 'enforcements.id')
    .select(['enforcements.action', 'enforcements.codes', 'strikes.weight'])
    .select(sql<boolean>`strikes.expires_at > now() AND strikes.struck_out_by IS NULL`.as('active'))
    .where('enforcements.host_id', '=', hostId)
    .where('enforcements.reverses', 'is', null)
    .where('enforcements.status', 'not in', ['proposed', 'reversed', 'expired', 'failed'])
    .where('enforcements.issued_at', '>', sql<Date>`now() - make_interval(days => ${windowDays}::int)`)
    .orderBy('enforcements.issued_at', 'desc')
    .limit(500)
    .execute()
  const expired = await db
    .selectFrom('strikes')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('host_id', '=', hostId)
    .where('expires_at', '<=', sql<Date>`now()`)
    .executeTakeFirst()
  return {
    prior: rows.map((row) => ({
      action: actionSchema.parse(row.action),
      codes: row.codes,
      weight: row.weight ?? 0,
      active: row.active === true,
    })),
    expiredStrikes: Number(expired?.count ?? 0),
  }
}

/** Counts a measure against its host until it expires; a weight of 0 is no strike. */
export async function addStrike(
  tx: Tx,
  strike: { enforcementId: string; hostId: string; weight: number; issuedAt: Date; expiresAt: Date },
): Promise<void> {
  if (strike.weight === 0) return
  await tx
    .insertInto('strikes')
    .values({
      enforcement_id: strike.enforcementId,
      host_id: strike.hostId,
      weight: strike.weight,
      issued_at: strike.issuedAt,
      expires_at: strike.expiresAt,
      struck_out_by: null,
    })
    .execute()
}
