/** Runs at most `width` jobs at once. */
export type Gate = {
  /** Null when too many wait already; else the job's result. */
  pass<T>(job: () => Promise<T>): Promise<T> | null
}

/**
 * A gate in front of password hashing. Each hash holds 64 MiB and a thread of the pool that files and name look-ups share,
 * so a flood of sign-ins must queue here, and a flooded queue must say so.
 */
export function createGate(width: number, mostWaiting: number): Gate {
  let running = 0
  const waiting: (() => void)[] = []
  const leave = () => {
    const next = waiting.shift()
    if (next) next()
    else running -= 1
  }
  return {
    pass(job) {
      if (running >= width && waiting.length >= mostWaiting) return null
      const entered =
        running < width ? ((running += 1), Promise.resolve()) : new Promise<void>((enter) => waiting.push(enter))
      return entered.then(job).finally(leave)
    },
  }
}
