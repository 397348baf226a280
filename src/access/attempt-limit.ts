/** A place taken in a window, which may be given back, or how long until one is free. */
export type Attempt = { ok: true; giveBack(): void } | { ok: false; retryAfterMs: number }

export type AttemptLimit = { take(key: string): Attempt }

/** Most keys remembered; beyond, those unused for longest are forgotten. */
const mostKeys = 50_000

/**
 * At most `most` attempts a key within a sliding window, counted in this process. A place is taken before the attempt
 * runs, so that attempts at once cannot slip past together.
 */
export function createAttemptLimit(options: { most: number; windowMs: number; now(): Date }): AttemptLimit {
  const taken = new Map<string, number[]>()
  return {
    take(key) {
      const now = options.now().getTime()
      const recent = (taken.get(key) ?? []).filter((at) => at > now - options.windowMs)
      // Deleted and set again, a key moves to the end: the first key is always the one unused for longest.
      taken.delete(key)
      taken.set(key, recent)
      const oldest = recent[0]
      if (recent.length >= options.most && oldest !== undefined) {
        return { ok: false, retryAfterMs: Math.max(1, oldest + options.windowMs - now) }
      }
      recent.push(now)
      forgetOldest(taken)
      return {
        ok: true,
        giveBack() {
          const held = taken.get(key)
          const index = held?.indexOf(now) ?? -1
          if (index >= 0) held?.splice(index, 1)
        },
      }
    },
  }
}

/** IPv4 as it is, also when mapped into IPv6; of IPv6 the /64 that one household or server gets. */
export function addressKey(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)
  if (mapped?.[1]) return mapped[1]
  if (!address.includes(':')) return address
  const [head = '', tail] = address.split('::')
  const front = head === '' ? [] : head.split(':')
  const back = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? [] : Array.from({ length: Math.max(0, 8 - front.length - back.length) }, () => '0')
  return `${[...front, ...zeros, ...back].slice(0, 4).join(':')}::/64`
}

function forgetOldest(taken: Map<string, number[]>): void {
  for (const key of taken.keys()) {
    if (taken.size <= mostKeys) return
    taken.delete(key)
  }
}
