import type { ConsoleUpType } from '../contracts/console-wire.ts'
import type { Result } from '../contracts/errors.ts'
import type { Permission, Person } from '../contracts/people.ts'
import type { Access as RouteAccess } from '../contracts/routes.ts'

/** What a room key allows: the rooms it covers. */
export type RoomGrant = {
  keyId: string
  name: string
  rooms: 'all' | readonly string[]
  /** Rooms created with it are demo rooms. */
  demo: boolean
}

/** Who is at the door. The gateways ask; they decide nothing themselves. */
export type Access = {
  /** Checks login and password; the token goes into a cookie and is stored only as a hash. */
  signIn(login: string, password: string, address: string): Promise<Result<{ token: string; person: Person }>>
  signOut(token: string): Promise<void>
  /** The person behind a token, unless idle for 30 min, older than 12 h or disabled. Refreshes the idle time. */
  personOf(token: string): Promise<Person | null>
  /** The same person, looked up by the service itself: an open screen that nobody touches is no use. */
  peek(token: string): Promise<Person | null>
  /** What a room key allows, unless unknown or revoked. */
  grantOf(key: string): Promise<RoomGrant | null>
  /** Which of these keys, by id, open nothing any more. Asks anew every time. */
  revokedOf(keyIds: readonly string[]): Promise<string[]>
  can(person: Person, permission: Permission): boolean
  permissionsOf(person: Person): Permission[]
  /** Which permission a console event needs; every event of the wire has one. */
  eventPermission(event: ConsoleUpType): Permission
  mayCall(access: RouteAccess, person: Person | null): boolean
}

/** Whether a key covers a room. */
export function covers(grant: RoomGrant, roomId: string): boolean {
  return grant.rooms === 'all' || grant.rooms.includes(roomId)
}
