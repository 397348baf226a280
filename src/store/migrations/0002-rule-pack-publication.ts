import { sql, type Kysely } from 'kysely'

/** Who put a rule pack in force, why and when. The pack itself stays as it was stored. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}

const statements = [
  `ALTER TABLE rule_packs
    ADD COLUMN note text NOT NULL DEFAULT '',
    -- Null: nobody; the pack came with the software.
    ADD COLUMN published_by text,
    -- When it last came into force; null: never.
    ADD COLUMN in_force_since timestamptz`,
  `UPDATE rule_packs SET in_force_since = created_at WHERE active`,
]
