import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { consoleDown, consoleUp } from '../../src/contracts/console-wire.ts'
import { frameSchema, ingestDown, ingestUp, PROTOCOL_VERSION, replySchema } from '../../src/contracts/ingest-wire.ts'

/**
 * The wire cannot change unnoticed. When this fails: if an older client still works with the change, pin the new hash; if
 * not, raise PROTOCOL_VERSION as well, and say so in the changelog.
 */
const pinned = { version: 1, hash: '24b8ff6bc9c3c768' }

function hashOfWire(): string {
  const sides = { ingestUp, ingestDown, consoleUp, consoleDown, frame: { frameSchema, replySchema } }
  const text = Object.entries(sides).flatMap(([side, messages]) =>
    Object.entries(messages).map(([type, schema]) => `${side} ${type} ${JSON.stringify(jsonSchemaOf(schema))}`),
  )
  return createHash('sha256').update(text.sort().join('\n')).digest('hex').slice(0, 16)
}

function jsonSchemaOf(schema: z.ZodType): unknown {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
}

describe('contracts/wire', () => {
  test('the messages are those of the pinned protocol version', () => {
    expect({ version: PROTOCOL_VERSION, hash: hashOfWire() }).toEqual(pinned)
  })
})
