import { sql } from 'kysely'
import { uuidv7 } from 'uuidv7'
import type { Doer, NewRoomKey, RoomKeyStore } from '../access/ports.ts'
import { ok, refuse, type Result } from '../contracts/errors.ts'
import type { Db, Tx } from './database.ts'
import { recordAudit, runDecision } from './decision-transaction.ts'

/** A key as administration lists it; the key itself is known only to its holder. */
export type RoomKeySummary = {
  id: string
  name: string
  rooms: 'all' | readonly string[]
  demo: boolean
  createdAt: string
  revokedAt: string | null
}

/** Room keys in Postgres. */
export function createRoomKeyStore(db: Db): RoomKeyStore {
  return {
    async find(keyHash) {
      const row = await db
        .selectFrom('room_keys')
        .selectAll()
        .where('key_hash', '=', keyHash)
        .where('revoked_at', 'is', null)
        .executeTakeFirst()
      return row ? { keyId: row.id, name: row.name, rooms: row.rooms ?? 'all', demo: row.demo } : null
    },
    async revokedOf(keyIds) {
      // One array is one parameter, however many keys are connected.
      const rows = await db
        .selectFrom('room_keys')
        .select('id')
        .where(sql<boolean>`room_keys.id = ANY(${[...keyIds]}::text[])`)
        .where('revoked_at', 'is', null)
        .execute()
      const open = new Set(rows.map(({ id }) => id))
      return keyIds.filter((id) => !open.has(id))
    },
    add: (key, by) => addRoomKey(db, key, by),
    revokeDemo: (by) =>
      runDecision(db, async (tx) => {
        const rows = await tx
          .updateTable('room_keys')
          .set({ revoked_at: sql<Date>`now()` })
          .where('demo', '=', true)
          .where('revoked_at', 'is', null)
          .returning(['id', 'name'])
          .execute()
        for (const row of rows) await recordKey(tx, 'key.revoked', row, by)
        return ok(rows.length)
      }),
  }
}

/** Adds a key by its hash, audited; returns its id. */
export async function addRoomKey(db: Db, key: NewRoomKey, by: Doer): Promise<Result<string>> {
  return runDecision(db, async (tx) => {
    const id = uuidv7()
    await tx
      .insertInto('room_keys')
      .values({
        id,
        key_hash: key.keyHash,
        name: key.name,
        rooms: key.rooms === 'all' ? null : [...key.rooms],
        demo: key.demo,
      })
      .execute()
    await recordKey(tx, 'key.created', { id, name: key.name }, by, key.rooms)
    return ok(id)
  })
}

/** Every key, newest first. */
export async function listRoomKeys(db: Db): Promise<RoomKeySummary[]> {
  const rows = await db.selectFrom('room_keys').selectAll().orderBy('created_at', 'desc').orderBy('id').execute()
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    rooms: row.rooms ?? 'all',
    demo: row.demo,
    createdAt: row.created_at.toISOString(),
    revokedAt: row.revoked_at?.toISOString() ?? null,
  }))
}

/** Revokes a key, audited; `not_found` when there is none that still opens anything. */
export async function revokeRoomKey(db: Db, id: string, by: Doer): Promise<Result<string>> {
  return runDecision(db, async (tx) => {
    const row = await tx
      .updateTable('room_keys')
      .set({ revoked_at: sql<Date>`now()` })
      .where('id', '=', id)
      .where('revoked_at', 'is', null)
      .returning(['id', 'name'])
      .executeTakeFirst()
    if (!row) return refuse('not_found', `There is no key ${id} that could be revoked; see \`key list\``)
    await recordKey(tx, 'key.revoked', row, by)
    return ok(row.id)
  })
}

async function recordKey(
  tx: Tx,
  kind: string,
  key: { id: string; name: string },
  by: Doer,
  rooms?: NewRoomKey['rooms'],
): Promise<void> {
  await recordAudit(tx, {
    kind,
    actor: by.actor,
    subject: `key:${key.id}`,
    reason: '',
    evidenceIds: [],
    requestId: by.requestId,
    body: { name: key.name, ...(rooms === undefined ? {} : { rooms: rooms === 'all' ? 'all' : [...rooms] }) },
  })
}
