import { createHash } from 'node:crypto'
import canonicalize from 'canonicalize'
import type { Tx } from './database.ts'

/** What a person sent, under the key that makes sending it twice one action. */
export type Command = { kind: string; actorId: string; idempotencyKey: string; body: object }

/** SHA-256 over the RFC 8785 form of kind and body, in hex: equal commands have equal hashes whatever their key order. */
export function requestHash(command: Pick<Command, 'kind' | 'body'>): string {
  const text = canonicalize({ kind: command.kind, body: command.body })
  if (text === undefined) throw new Error(`The command ${command.kind} has no JSON form`)
  return createHash('sha256').update(text).digest('hex')
}

/**
 * Whether this key of this person has been used: for the same command (with what it left), or for another. Read it after
 * the lock that puts the commands in order, or a command that runs at the same moment is not seen.
 */
export async function earlierCommand(
  tx: Tx,
  command: Command,
): Promise<
  { use: 'new' } | { use: 'other' } | { use: 'same'; enforcementId: string } | { use: 'same'; result: unknown }
> {
  const hash = requestHash(command)
  const measure = await tx
    .selectFrom('enforcements')
    .select(['id', 'request_hash'])
    .where('actor_id', '=', command.actorId)
    .where('idempotency_key', '=', command.idempotencyKey)
    .executeTakeFirst()
  if (measure) return measure.request_hash === hash ? { use: 'same', enforcementId: measure.id } : { use: 'other' }
  const answer = await tx
    .selectFrom('command_results')
    .select(['request_hash', 'result'])
    .where('actor_id', '=', command.actorId)
    .where('idempotency_key', '=', command.idempotencyKey)
    .executeTakeFirst()
  if (answer) return answer.request_hash === hash ? { use: 'same', result: answer.result } : { use: 'other' }
  return { use: 'new' }
}
