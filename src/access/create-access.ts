import { ok, refuse, type Result } from '../contracts/errors.ts'
import type { Person } from '../contracts/people.ts'
import type { Access, RoomGrant } from './access.ts'
import { addressKey, createAttemptLimit } from './attempt-limit.ts'
import { createGate } from './hashing-gate.ts'
import { hashPassword, standardHashCost, verifyPassword, type HashCost } from './passwords.ts'
import { permissionByEvent, permissionsByRole } from './permissions.ts'
import type { AccessPorts } from './ports.ts'
import { generateToken, hashSecret } from './secrets.ts'

export type AccessOptions = {
  now(): Date
  /** Tests hash cheaper. */
  hashCost?: HashCost
}

const minuteMs = 60_000
/** How long a key's grant is trusted without asking again: the longest a revoked key still opens the door. */
const grantMs = 5_000
const mostGrants = 10_000

/** Who is at the door, over its ports. Sign-in limits count failures in this process. */
export function createAccess(ports: AccessPorts, options: AccessOptions): Access {
  const signIn = createSignIn(ports, options)
  const grants = createGrantCache(ports, options.now)
  return {
    signIn,
    async signOut(token) {
      const tokenHash = hashSecret(token)
      if (tokenHash !== null) await ports.loginSessions.close(tokenHash)
    },
    async personOf(token) {
      const tokenHash = hashSecret(token)
      return tokenHash === null ? null : ports.loginSessions.use(tokenHash)
    },
    async peek(token) {
      const tokenHash = hashSecret(token)
      return tokenHash === null ? null : ports.loginSessions.look(tokenHash)
    },
    grantOf: grants,
    revokedOf: (keyIds) => (keyIds.length === 0 ? Promise.resolve([]) : ports.roomKeys.revokedOf(keyIds)),
    can: (person, permission) => !person.disabled && permissionsByRole[person.role].includes(permission),
    permissionsOf: (person) => (person.disabled ? [] : [...permissionsByRole[person.role]]),
    eventPermission: (event) => permissionByEvent[event],
    mayCall(access, person) {
      if (access === 'public') return true
      // A room key is no person: the gateways that take keys ask `grantOf`.
      if (access === 'room-key' || person === null || person.disabled) return false
      return access === 'signed-in' || permissionsByRole[person.role].includes(access)
    },
  }
}

function createSignIn(ports: AccessPorts, options: AccessOptions): Access['signIn'] {
  const byLogin = createAttemptLimit({ most: 5, windowMs: minuteMs, now: options.now })
  const byAddress = createAttemptLimit({ most: 20, windowMs: minuteMs, now: options.now })
  // Two of the four pool threads: files and name look-ups go on while people sign in.
  const gate = createGate(2, 100)
  const cost = options.hashCost ?? standardHashCost
  // A login that does not exist is checked against this, so that the answer takes as long as for one that does.
  const decoy = hashPassword(generateToken(), cost)

  const check = async (login: string, password: string): Promise<Person | null> => {
    const known = await ports.people.findByLogin(login)
    const fits = await verifyPassword(known?.passwordHash ?? (await decoy), password)
    return known && fits && !known.person.disabled ? known.person : null
  }

  return async (login, password, address): Promise<Result<{ token: string; person: Person }>> => {
    const fromAddress = byAddress.take(addressKey(address))
    if (!fromAddress.ok) return tooMany(fromAddress.retryAfterMs)
    const ofLogin = byLogin.take(login)
    if (!ofLogin.ok) {
      fromAddress.giveBack()
      return tooMany(ofLogin.retryAfterMs)
    }
    const giveBack = () => {
      fromAddress.giveBack()
      ofLogin.giveBack()
    }
    const checking = gate.pass(() => check(login, password))
    if (checking === null) {
      giveBack()
      return tooMany(1_000)
    }
    const person = await checking.catch((error: unknown) => {
      giveBack()
      throw error
    })
    if (!person) return refuse('unauthorised', 'The login or the password is wrong')
    giveBack()
    const token = generateToken()
    const opened = await ports.loginSessions.open(hashSecret(token) ?? '', person)
    return opened.ok ? ok({ token, person }) : opened
  }
}

/** Asks the store once per key and `grantMs`; questions that come meanwhile share the answer. */
function createGrantCache(ports: AccessPorts, now: () => Date): Access['grantOf'] {
  const cached = new Map<string, { grant: Promise<RoomGrant | null>; until: number }>()
  return async (key) => {
    const keyHash = key.startsWith('lw_') ? hashSecret(key) : null
    if (keyHash === null) return null
    const at = now().getTime()
    const known = cached.get(keyHash)
    if (known && known.until > at) return known.grant
    const grant = ports.roomKeys.find(keyHash)
    const entry = { grant, until: at + grantMs }
    cached.delete(keyHash)
    cached.set(keyHash, entry)
    for (const oldest of cached.keys()) {
      if (cached.size <= mostGrants) break
      cached.delete(oldest)
    }
    return grant.catch((error: unknown) => {
      if (cached.get(keyHash) === entry) cached.delete(keyHash)
      throw error
    })
  }
}

function tooMany(retryAfterMs: number): Result<never> {
  return refuse('rate_limited', 'Too many sign-ins were refused; wait, then try again', { retryAfterMs })
}
