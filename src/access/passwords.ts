import { randomInt } from 'node:crypto'
import { hash, verify } from '@node-rs/argon2'

/** How much work one argon2id hash is. */
export type HashCost = { memoryKiB: number; passes: number }

/** 64 MiB, three passes, one lane: above the floor of 19 MiB and two passes, about 150 ms on a small server. */
export const standardHashCost: HashCost = { memoryKiB: 65_536, passes: 3 }

/** An argon2id hash in PHC form; it carries its own salt and cost. */
export function hashPassword(password: string, cost: HashCost = standardHashCost): Promise<string> {
  // Argon2id is the library's default algorithm; its enum is ambient and cannot be named under isolatedModules.
  return hash(password, { memoryCost: cost.memoryKiB, timeCost: cost.passes, parallelism: 1 })
}

/** Whether the password fits the hash. */
export function verifyPassword(passwordHash: string, password: string): Promise<boolean> {
  return verify(passwordHash, password)
}

/** No 0, 1, i, l, o: nobody has to guess what a printed character is. */
const alphabet = '23456789abcdefghjkmnpqrstuvwxyz'

/** A password in four groups of four, such as `k7wq-3mzh-x9fd-a4pt`: 79 bits, typed without a shift key. */
export function generatePassword(): string {
  const group = () => Array.from({ length: 4 }, () => alphabet[randomInt(alphabet.length)]).join('')
  return Array.from({ length: 4 }, group).join('-')
}
