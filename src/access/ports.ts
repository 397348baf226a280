import type { Result } from '../contracts/errors.ts'
import type { Actor, Person, Role } from '../contracts/people.ts'
import type { RoomGrant } from './access.ts'

/** Who does something to people or keys, and under which request; it goes into the audit chain. */
export type Doer = { actor: Actor; requestId: string }

export type NewPerson = { login: string; name: string; role: Role; passwordHash: string; demo: boolean }
export type NewRoomKey = { keyHash: string; name: string; rooms: 'all' | readonly string[]; demo: boolean }

/** What access needs from outside. Passwords, tokens and keys come here as hashes only. */
export type AccessPorts = { people: PeopleStore; loginSessions: LoginSessionStore; roomKeys: RoomKeyStore }

export type PeopleStore = {
  findByLogin(login: string): Promise<{ person: Person; passwordHash: string } | undefined>
  /** Audited; `conflict` when the login is taken. */
  add(person: NewPerson, by: Doer): Promise<Result<Person>>
}

export type LoginSessionStore = {
  /** Audited as `person.signed_in`. */
  open(tokenHash: string, person: Person): Promise<Result<null>>
  /** The person behind a session that is neither idle nor too old; refreshes the idle time, by the database's clock. */
  use(tokenHash: string): Promise<Person | null>
  /** The same, but leaves the idle time as it is. */
  look(tokenHash: string): Promise<Person | null>
  close(tokenHash: string): Promise<void>
}

export type RoomKeyStore = {
  find(keyHash: string): Promise<RoomGrant | null>
  /** Those of these key ids that were revoked or are unknown. */
  revokedOf(keyIds: readonly string[]): Promise<string[]>
  /** Audited. Returns the new key's id. */
  add(key: NewRoomKey, by: Doer): Promise<Result<string>>
  /** Audited. Revokes every demo key and returns how many there were. */
  revokeDemo(by: Doer): Promise<Result<number>>
}
