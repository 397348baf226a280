import { ok, refuse, type Refusal, type Result } from '../contracts/errors.ts'

/** Parses JSON; `bad_request` names line and column where it stops being JSON. */
export function parseJson(text: string, what = 'The body'): Result<unknown> {
  try {
    return ok(JSON.parse(text) as unknown)
  } catch {
    const at = jsonErrorAt(text)
    const before = text.slice(0, at)
    const line = before.split('\n').length
    const column = at - before.lastIndexOf('\n')
    const found = at < text.length ? JSON.stringify([...text.slice(at, at + 2)][0]) : 'the end'
    return refuse('bad_request', `${what} is not JSON: line ${line}, column ${column}: ${found} does not belong here`)
  }
}

/** A body sent as newline-delimited JSON, not read yet: only the route that takes it knows what a line should hold. */
export class NdjsonBody {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/**
 * Newline-delimited JSON: one value a line, empty lines left out. The first bad line ends the reading, and the answer
 * names it.
 */
export function parseNdjson(text: string): Result<{ line: number; value: unknown }[]> {
  const values: { line: number; value: unknown }[] = []
  for (const [index, source] of text.split('\n').entries()) {
    if (source.trim() === '') continue
    const parsed = parseJson(source, `line ${index + 1}`)
    if (!parsed.ok) return withField(parsed, `line ${index + 1}`)
    values.push({ line: index + 1, value: parsed.value })
  }
  return ok(values)
}

function withField(refusal: Refusal, field: string): Refusal {
  return { ok: false, error: { ...refusal.error, field } }
}

const token =
  /[\t\n\r ]*(?:([{}[\],:])|("(?:[^"\\\p{Cc}]|[\x7f-\x9f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.]))/uy
const space = /[\t\n\r ]*/y

type Expecting = 'value' | 'value or ]' | 'key' | 'key or }' | 'colon' | 'comma or end'

/** Where a text that is no JSON stops being JSON. Iterative: a deep text is no danger. */
export function jsonErrorAt(text: string): number {
  const open: ('{' | '[')[] = []
  let expecting: Expecting = 'value'
  let at = 0
  for (;;) {
    token.lastIndex = at
    space.lastIndex = at
    const match = token.exec(text)
    const start = at + (space.exec(text)?.[0].length ?? 0)
    if (!match) return start
    const next = after(expecting, match[1] ?? (match[2] === undefined ? 'scalar' : 'string'), open)
    if (next === null) return start
    expecting = next
    at = token.lastIndex
  }
}

/** What may come after a token, or null when the token may not stand here. */
function after(expecting: Expecting, kind: string, open: ('{' | '[')[]): Expecting | null {
  const inside = open.at(-1)
  if (kind === ']' || kind === '}') {
    const fits = kind === ']' ? inside === '[' : inside === '{'
    const may = expecting === 'comma or end' || expecting === (kind === ']' ? 'value or ]' : 'key or }')
    if (!fits || !may) return null
    open.pop()
    return 'comma or end'
  }
  if (kind === ',') {
    if (expecting !== 'comma or end' || inside === undefined) return null
    return inside === '{' ? 'key' : 'value'
  }
  if (kind === ':') return expecting === 'colon' ? 'value' : null
  if (expecting === 'key' || expecting === 'key or }') return kind === 'string' ? 'colon' : null
  if (expecting !== 'value' && expecting !== 'value or ]') return null
  if (kind !== '{' && kind !== '[') return 'comma or end'
  open.push(kind)
  return kind === '{' ? 'key or }' : 'value or ]'
}
