/** The query string as plain values: once is a text, several times is a list. Nothing is read as JSON. */
export function parseSearch(search: string): Record<string, string | string[]> {
  const result: Record<string, string | string[]> = {}
  const params = new URLSearchParams(search.startsWith('?') ? search.slice(1) : search)
  for (const key of new Set(params.keys())) {
    const values = params.getAll(key)
    result[key] = values.length === 1 ? (values[0] ?? '') : values
  }
  return result
}

/** The way back: lists repeat their key, empty values are left out, so that two equal filters have equal addresses. */
export function stringifySearch(search: Record<string, unknown>): string {
  const params = new URLSearchParams()
  for (const [key, value] of Object.entries(search)) {
    const values: unknown[] = Array.isArray(value) ? value : [value]
    for (const item of values) {
      if (item === undefined || item === null || item === '') continue
      params.append(key, String(item))
    }
  }
  const text = params.toString()
  return text === '' ? '' : `?${text}`
}

/** A list of allowed values out of what an address carried; unknown ones are dropped, none is undefined. */
export function pickMany<T extends string>(value: unknown, allowed: readonly T[]): T[] | undefined {
  const given = (Array.isArray(value) ? value : value === undefined ? [] : [value]).map(String)
  const known = allowed.filter((item) => given.includes(item))
  return known.length === 0 ? undefined : known
}

/** One allowed value out of what an address carried. */
export function pickOne<T extends string>(value: unknown, allowed: readonly T[]): T | undefined {
  return allowed.find((item) => item === value)
}

/** A short free text out of what an address carried. */
export function pickText(value: unknown, longest = 200): string | undefined {
  const text = Array.isArray(value) ? value[0] : value
  return typeof text === 'string' && text !== '' ? text.slice(0, longest) : undefined
}
