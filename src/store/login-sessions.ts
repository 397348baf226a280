import { sql } from 'kysely'
import type { LoginSessionStore } from '../access/ports.ts'
import { ok } from '../contracts/errors.ts'
import type { Db } from './database.ts'
import { recordAudit, runDecision } from './decision-transaction.ts'
import { toPerson } from './people.ts'

/** A sign-in ends after 30 minutes without use and 12 hours in all, by the database's clock. */
const notIdle = sql<boolean>`login_sessions.last_seen_at > now() - interval '30 minutes'`
const notOld = sql<boolean>`login_sessions.created_at > now() - interval '12 hours'`

/** Sign-ins in Postgres. */
export function createLoginSessionStore(db: Db): LoginSessionStore {
  return {
    open: (tokenHash, person) =>
      runDecision(db, async (tx) => {
        await tx
          .deleteFrom('login_sessions')
          .where('person_id', '=', person.id)
          .where((eb) => eb.not(eb.and([notIdle, notOld])))
          .execute()
        await tx.insertInto('login_sessions').values({ token_hash: tokenHash, person_id: person.id }).execute()
        await recordAudit(tx, {
          kind: 'person.signed_in',
          actor: { kind: 'person', id: person.id, name: person.name, role: person.role },
          subject: `person:${person.id}`,
          reason: '',
          evidenceIds: [],
          requestId: '',
          body: {},
        })
        return ok(null)
      }),
    async look(tokenHash) {
      const row = await openSession(db, tokenHash)
      return row ? toPerson(row) : null
    },
    async use(tokenHash) {
      const row = await openSession(db, tokenHash)
      if (!row) return null
      // Once a minute is exact enough for 30 idle minutes, and spares a write on every request.
      if (row.stale) {
        await db
          .updateTable('login_sessions')
          .set({ last_seen_at: sql<Date>`now()` })
          .where('token_hash', '=', tokenHash)
          .execute()
      }
      return toPerson(row)
    },
    async close(tokenHash) {
      await db.deleteFrom('login_sessions').where('token_hash', '=', tokenHash).execute()
    },
  }
}

/** The person of a session that still opens the door; `stale` when its last use was noted more than a minute ago. */
function openSession(db: Db, tokenHash: string) {
  return db
    .selectFrom('login_sessions')
    .innerJoin('people', 'people.id', 'login_sessions.person_id')
    .selectAll('people')
    .select(sql<boolean>`login_sessions.last_seen_at < now() - interval '1 minute'`.as('stale'))
    .where('login_sessions.token_hash', '=', tokenHash)
    .where('people.disabled', '=', false)
    .where(notIdle)
    .where(notOld)
    .executeTakeFirst()
}
