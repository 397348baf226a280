const loneSurrogate = /\p{Surrogate}/u

/**
 * The path of the first text that cannot be stored, or null: a NUL, or half of a surrogate pair. Postgres refuses both,
 * and a refusal there would hold up everybody whose events share the transaction.
 */
export function unstorablePath(value: unknown): string | null {
  const open: { path: string; value: unknown }[] = [{ path: '', value }]
  for (let next = open.pop(); next; next = open.pop()) {
    if (typeof next.value === 'string') {
      if (next.value.includes('\0') || loneSurrogate.test(next.value)) return next.path
    } else if (typeof next.value === 'object' && next.value !== null) {
      for (const [key, child] of Object.entries(next.value)) {
        const path = next.path === '' ? key : `${next.path}.${key}`
        open.push({ path, value: key }, { path, value: child })
      }
    }
  }
  return null
}
