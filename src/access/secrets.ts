import { createHash, randomBytes } from 'node:crypto'

/** Longest secret worth hashing, in UTF-16 units; ours are far shorter. */
const longest = 200

/** A session token: 32 random bytes, base64url. */
export function generateToken(): string {
  return randomBytes(32).toString('base64url')
}

/** A room key: `lw_` and 32 random bytes, base64url. The prefix lets secret scanners recognise a leaked one. */
export function generateRoomKey(): string {
  return `lw_${randomBytes(32).toString('base64url')}`
}

/**
 * SHA-256 in hex: what the database keeps of a token or key. They are random, so a slow hash would protect nothing more.
 * Null for what cannot be one of ours.
 */
export function hashSecret(secret: string): string | null {
  if (secret.length === 0 || secret.length > longest) return null
  return createHash('sha256').update(secret).digest('hex')
}
