import { sql } from 'kysely'
import type { Doer } from '../access/ports.ts'
import { ok, refuse, type Result } from '../contracts/errors.ts'
import type { Db, Tx } from './database.ts'
import { recordAudit, runDecision } from './decision-transaction.ts'
import { tellOfPack } from './pack-notices.ts'

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

/** Hashes of the packs that have been in force, the latest first. */
export async function packsEverInForce(db: Db): Promise<string[]> {
  const rows = await db
    .selectFrom('rule_packs')
    .select('hash')
    .where('in_force_since', 'is not', null)
    .orderBy('in_force_since', 'desc')
    .limit(20)
    .execute()
  return rows.map(({ hash }) => hash)
}

/**
 * Stores a pack and puts it in force. A `seed` pack (shipped with the software) replaces an older seed, never a pack
 * that a person published.
 */
export async function activatePack(db: Db, pack: StoredPack, origin: 'seed' | 'published'): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await storePack(tx, pack, origin)
    await putInForce(tx, pack.hash, origin)
  })
}

/** Puts a seed pack that is stored already in force again, under the same rule. */
export async function reactivateSeed(db: Db, hash: string): Promise<void> {
  await db.transaction().execute((tx) => putInForce(tx, hash, 'seed'))
}

type PackName = { name: string; version: string; hash: string }

export type Publication = {
  /** `stored`: it is new; `again`: it was stored earlier and is in force again; `unchanged`: it was in force already. */
  outcome: 'stored' | 'again' | 'unchanged'
  /** What it took the place of; null when nothing was in force, or nothing changed. */
  replaced: PackName | null
}

/**
 * Stores a pack that passed its check and puts it in force, audited. A pack in force already is left alone. Answers
 * `conflict` when the version is stored with other content: a version means one content, or a finding that names its
 * version would not say which rules found it.
 */
export async function publishPack(db: Db, pack: StoredPack, note: string, by: Doer): Promise<Result<Publication>> {
  return runDecision(db, async (tx) => {
    // One publisher at a time; readers, such as the workers that poll, go on.
    await sql`LOCK TABLE rule_packs IN SHARE ROW EXCLUSIVE MODE`.execute(tx)
    const active = await tx
      .selectFrom('rule_packs')
      .select(['name', 'version', 'hash'])
      .where('active', '=', true)
      .executeTakeFirst()
    if (active?.hash === pack.hash) return ok<Publication>({ outcome: 'unchanged', replaced: null })
    const known = await tx.selectFrom('rule_packs').select('hash').where('hash', '=', pack.hash).executeTakeFirst()
    if (!known) {
      const twin = await sameVersion(tx, pack)
      if (twin) return refuse('conflict', versionTaken(pack, twin))
      await storePack(tx, pack, 'published')
    }
    await putInForce(tx, pack.hash, 'published')
    await tx
      .updateTable('rule_packs')
      .set({ note, published_by: by.actor.name })
      .where('hash', '=', pack.hash)
      .execute()
    await recordAudit(tx, {
      kind: 'rule_pack.published',
      actor: by.actor,
      subject: `rule_pack:${pack.hash}`,
      reason: note,
      evidenceIds: [],
      requestId: by.requestId,
      body: { name: pack.name, version: pack.version, rules: pack.rules, replaces: active?.hash ?? null },
    })
    return ok<Publication>({ outcome: known ? 'again' : 'stored', replaced: active ?? null })
  })
}

async function sameVersion(tx: Tx, pack: StoredPack): Promise<{ hash: string; created_at: Date } | undefined> {
  return tx
    .selectFrom('rule_packs')
    .select(['hash', 'created_at'])
    .where('name', '=', pack.name)
    .where('version', '=', pack.version)
    .executeTakeFirst()
}

function versionTaken(pack: StoredPack, twin: { hash: string; created_at: Date }): string {
  return (
    `${pack.name} ${pack.version} was stored with other content on ${twin.created_at.toISOString()} ` +
    `(${twin.hash.slice(0, 12)}; this is ${pack.hash.slice(0, 12)}); raise \`version\` in pack.yaml and publish again`
  )
}

async function storePack(tx: Tx, pack: StoredPack, origin: 'seed' | 'published'): Promise<void> {
  await tx
    .insertInto('rule_packs')
    .values({ ...pack, sources: JSON.stringify(pack.sources), origin, active: false })
    .onConflict((conflict) => conflict.column('hash').doNothing())
    .execute()
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
  await tx
    .updateTable('rule_packs')
    .set({ active: true, in_force_since: sql<Date>`now()` })
    .where('hash', '=', hash)
    .execute()
  await tellOfPack(tx, hash)
}

/** A pack as lists show it. */
export type ListedPack = PackName & {
  active: boolean
  rules: number
  /** `seed`: came with the software; `published`: came from a person. */
  origin: string
  createdAt: string
  /** When it last came into force; null: it never did. */
  inForceSince: string | null
  /** Who last put it in force; null for what came with the software. */
  publishedBy: string | null
  note: string
}

/** All packs, newest first, without their sources. */
export async function listPacks(db: Db): Promise<ListedPack[]> {
  const rows = await db
    .selectFrom('rule_packs')
    .select([
      'name',
      'version',
      'hash',
      'active',
      'rules',
      'origin',
      'created_at',
      'in_force_since',
      'published_by',
      'note',
    ])
    .orderBy('created_at', 'desc')
    .orderBy('hash')
    .limit(200)
    .execute()
  return rows.map(({ created_at, in_force_since, published_by, ...pack }) => ({
    ...pack,
    createdAt: created_at.toISOString(),
    inForceSince: in_force_since?.toISOString() ?? null,
    publishedBy: published_by,
  }))
}
