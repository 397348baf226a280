import type { Db, Tx } from './database.ts'

/** A rule pack's own files, as they were when it was stored. */
export type PackSource = { file: string; text: string }

export type StoredPack = { hash: string; name: string; version: string; sources: PackSource[]; rules: number }

/** The hash of the pack in force, or undefined before the first one is stored. */
export async function activePackHash(db: Db): Promise<string | undefined> {
  const row = await db.selectFrom('rule_packs').select('hash').where('active', '=', true).executeTakeFirst()
  return row?.hash
}

/** A pack by its hash. Packs are immutable: what a session was judged by can always be had again. */
export async function packSources(db: Db, hash: string): Promise<PackSource[] | undefined> {
  const row = await db.selectFrom('rule_packs').select('sources').where('hash', '=', hash).executeTakeFirst()
  return row?.sources
}

/**
 * Stores a pack and puts it in force. A `seed` pack (shipped with the software) replaces an older seed, never a pack
 * that a person published.
 */
export async function activatePack(db: Db, pack: StoredPack, origin: 'seed' | 'published'): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await tx
      .insertInto('rule_packs')
      .values({ ...pack, sources: JSON.stringify(pack.sources), origin, active: false })
      .onConflict((conflict) => conflict.column('hash').doNothing())
      .execute()
    await putInForce(tx, pack.hash, origin)
  })
}

/** Puts a seed pack that is stored already in force again, under the same rule. */
export async function reactivateSeed(db: Db, hash: string): Promise<void> {
  await db.transaction().execute((tx) => putInForce(tx, hash, 'seed'))
}

async function putInForce(tx: Tx, hash: string, origin: 'seed' | 'published'): Promise<void> {
  const active = await tx
    .selectFrom('rule_packs')
    .select(['hash', 'origin'])
    .where('active', '=', true)
    .forUpdate()
    .executeTakeFirst()
  if (active?.hash === hash) return
  if (origin === 'seed' && active?.origin === 'published') return
  await tx.updateTable('rule_packs').set({ active: false }).where('active', '=', true).execute()
  await tx.updateTable('rule_packs').set({ active: true }).where('hash', '=', hash).execute()
}

/** All packs, newest first, without their sources. */
export async function listPacks(
  db: Db,
): Promise<{ name: string; version: string; hash: string; active: boolean; createdAt: string; rules: number }[]> {
  const rows = await db
    .selectFrom('rule_packs')
    .select(['name', 'version', 'hash', 'active', 'rules', 'created_at'])
    .orderBy('created_at', 'desc')
    .limit(200)
    .execute()
  return rows.map(({ created_at, ...pack }) => ({ ...pack, createdAt: created_at.toISOString() }))
}
