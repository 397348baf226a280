import type { Result } from '../contracts/errors.ts'
import type { Role } from '../contracts/people.ts'
import { generatePassword, hashPassword } from './passwords.ts'
import type { AccessPorts, Doer } from './ports.ts'
import { generateRoomKey, hashSecret } from './secrets.ts'

export type DemoUser = { login: string; name: string; role: Role; password: string }

const demoPeople: readonly Omit<DemoUser, 'password'>[] = [
  { login: 'shenhe', name: '审核员小林', role: 'moderator' },
  { login: 'zhuguan', name: '合规主管老周', role: 'lead' },
]

const seeder: Doer = { actor: { kind: 'service', id: 'demo', name: 'demo', role: 'service' }, requestId: '' }

/**
 * Prepares the demo: a moderator and a lead with passwords generated once, and a room key that is new at every start while
 * the older demo keys end. `users` is null when the people exist already: their passwords are known only to whoever kept
 * them. Throws when the database refuses.
 */
export async function seedDemo(
  ports: Pick<AccessPorts, 'people' | 'roomKeys'>,
): Promise<{ users: DemoUser[] | null; key: string }> {
  const users: DemoUser[] = []
  for (const person of demoPeople) {
    if (await ports.people.findByLogin(person.login)) continue
    const password = generatePassword()
    const added = await ports.people.add({ ...person, passwordHash: await hashPassword(password), demo: true }, seeder)
    // Another process that starts at the same moment may have been faster; its passwords hold.
    if (!added.ok && added.error.code === 'conflict') continue
    valueOf(added)
    users.push({ ...person, password })
  }
  valueOf(await ports.roomKeys.revokeDemo(seeder))
  const key = generateRoomKey()
  valueOf(await ports.roomKeys.add({ keyHash: hashSecret(key) ?? '', name: 'demo', rooms: 'all', demo: true }, seeder))
  return { users: users.length > 0 ? users : null, key }
}

function valueOf<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`The demo could not be prepared: ${result.error.message}`)
  return result.value
}
