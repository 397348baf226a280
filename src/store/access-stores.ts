import type { AccessPorts } from '../access/ports.ts'
import type { Db } from './database.ts'
import { createLoginSessionStore } from './login-sessions.ts'
import { createPeopleStore } from './people.ts'
import { createRoomKeyStore } from './room-keys.ts'

/** People, their sessions and room keys in Postgres. */
export function createAccessStores(db: Db): AccessPorts {
  return {
    people: createPeopleStore(db),
    loginSessions: createLoginSessionStore(db),
    roomKeys: createRoomKeyStore(db),
  }
}
