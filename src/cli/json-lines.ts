import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { z } from 'zod'

/** One line of NDJSON: its number and its value, or what is wrong with it as `field: reason`. */
export type JsonLine<T> = { line: number; ok: true; value: T } | { line: number; ok: false; reason: string }

/** Reads NDJSON line by line, whatever its size; blank lines are skipped. `schemaOf` picks the schema by line number. */
export async function* readJsonLines<T>(
  input: NodeJS.ReadableStream,
  schemaOf: (line: number) => z.ZodType<T>,
): AsyncGenerator<JsonLine<T>> {
  let line = 0
  for await (const raw of createInterface({ input, crlfDelay: Infinity })) {
    line++
    const text = line === 1 ? raw.replace(/^\uFEFF/u, '') : raw
    if (text.trim() !== '') yield { line, ...parseLine(text, schemaOf(line)) }
  }
}

type Parsed<T> = { ok: true; value: T } | { ok: false; reason: string }

function parseLine<T>(text: string, schema: z.ZodType<T>): Parsed<T> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return { ok: false, reason: `json: ${error instanceof Error ? error.message : 'not valid JSON'}` }
  }
  const result = schema.safeParse(value)
  if (result.success) return { ok: true, value: result.data }
  const reasons = result.error.issues.map((issue) => `${issue.path.map(String).join('.') || 'line'}: ${issue.message}`)
  return { ok: false, reason: reasons.join('; ') }
}

/** Writes one value as a line and waits when the reader is slower. */
export async function writeJsonLine(output: NodeJS.WritableStream, value: unknown): Promise<void> {
  if (!output.write(`${JSON.stringify(value)}\n`)) await once(output, 'drain')
}
