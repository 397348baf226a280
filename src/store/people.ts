import type { Selectable } from 'kysely'
import { uuidv7 } from 'uuidv7'
import type { Doer, NewPerson, PeopleStore } from '../access/ports.ts'
import { ok, refuse, type Result } from '../contracts/errors.ts'
import { roleSchema, type Person } from '../contracts/people.ts'
import type { Db, Tx } from './database.ts'
import { recordAudit, runDecision } from './decision-transaction.ts'
import type { Database } from './schema.ts'

/** People in Postgres. */
export function createPeopleStore(db: Db): PeopleStore {
  return {
    async findByLogin(login) {
      const row = await db.selectFrom('people').selectAll().where('login', '=', login).executeTakeFirst()
      return row && { person: toPerson(row), passwordHash: row.password_hash }
    },
    add: (person, by) => addPerson(db, person, by),
  }
}

/** A person as contracts know them; the password's hash stays here. */
export function toPerson(row: Omit<Selectable<Database['people']>, 'password_hash'>): Person {
  return {
    id: row.id,
    login: row.login,
    name: row.name,
    role: roleSchema.parse(row.role),
    disabled: row.disabled,
    demo: row.demo,
  }
}

/** Adds a person, audited; `conflict` when the login is taken. */
export async function addPerson(db: Db, person: NewPerson, by: Doer): Promise<Result<Person>> {
  return runDecision(db, async (tx) => {
    const row = await tx
      .insertInto('people')
      .values({
        id: uuidv7(),
        login: person.login,
        name: person.name,
        role: person.role,
        password_hash: person.passwordHash,
        demo: person.demo,
      })
      .onConflict((conflict) => conflict.column('login').doNothing())
      .returningAll()
      .executeTakeFirst()
    if (!row) return refuse('conflict', `The login ${person.login} is taken; choose another or reset its password`)
    await recordPerson(tx, 'user.added', row, by)
    return ok(toPerson(row))
  })
}

/** Everybody, by login. */
export async function listPeople(db: Db): Promise<Person[]> {
  const rows = await db.selectFrom('people').selectAll().orderBy('login').execute()
  return rows.map(toPerson)
}

/** Disables a person and ends their sign-ins, audited. */
export async function disablePerson(db: Db, login: string, by: Doer): Promise<Result<Person>> {
  return changePerson(db, login, { disabled: true }, 'user.disabled', by)
}

/** Gives a person another password and ends their sign-ins, audited. */
export async function resetPassword(db: Db, login: string, passwordHash: string, by: Doer): Promise<Result<Person>> {
  return changePerson(db, login, { password_hash: passwordHash }, 'user.password_reset', by)
}

async function changePerson(
  db: Db,
  login: string,
  change: { disabled: true } | { password_hash: string },
  kind: string,
  by: Doer,
): Promise<Result<Person>> {
  return runDecision(db, async (tx) => {
    const row = await tx.updateTable('people').set(change).where('login', '=', login).returningAll().executeTakeFirst()
    if (!row) return refuse('not_found', `There is nobody with the login ${login}`)
    await tx.deleteFrom('login_sessions').where('person_id', '=', row.id).execute()
    await recordPerson(tx, kind, row, by)
    return ok(toPerson(row))
  })
}

async function recordPerson(tx: Tx, kind: string, row: Selectable<Database['people']>, by: Doer): Promise<void> {
  await recordAudit(tx, {
    kind,
    actor: by.actor,
    subject: `person:${row.id}`,
    reason: '',
    evidenceIds: [],
    requestId: by.requestId,
    body: { login: row.login, role: row.role, demo: row.demo },
  })
}
