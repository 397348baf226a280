/** Microseconds per call. */
export type Timing = {
  calls: number
  p50: number
  p99: number
  mean: number
  /** Mean over the inputs of the fastest call of each: what the code costs when nothing disturbs it. */
  fastest: number
}

const passes = 7
const passMs = 200

/** Times every call of `run` over the inputs; as `timePasses`, in passes of at least 200 ms. */
export function timeCalls<T>(inputs: readonly T[], run: (input: T) => unknown): Timing {
  return timePasses(inputs.length, () => {
    const durations: number[] = []
    const startedAt = performance.now()
    do {
      for (const input of inputs) {
        const before = performance.now()
        run(input)
        durations.push((performance.now() - before) * 1_000)
      }
    } while (performance.now() - startedAt < passMs)
    return durations
  })
}

/**
 * Sums up seven passes after one to warm up. A pass gives the time of each call, over its inputs in order once or more.
 * Percentiles and mean are those of the quietest pass: on a machine that others use too, the rest measure the others.
 */
export function timePasses(inputs: number, pass: () => readonly number[]): Timing {
  pass()
  const fastest = new Array<number>(inputs).fill(Infinity)
  let quietest: Omit<Timing, 'fastest'> | undefined
  for (let i = 0; i < passes; i++) {
    const durations = pass()
    durations.forEach((duration, k) => {
      fastest[k % inputs] = Math.min(fastest[k % inputs] ?? Infinity, duration)
    })
    const timing = summary(durations)
    if (quietest === undefined || timing.mean < quietest.mean) quietest = timing
  }
  return { ...(quietest ?? summary([])), fastest: mean(fastest) }
}

function summary(durations: readonly number[]): Omit<Timing, 'fastest'> {
  const sorted = [...durations].sort((a, b) => a - b)
  const at = (share: number): number => sorted[Math.floor((sorted.length - 1) * share)] ?? 0
  return { calls: sorted.length, p50: at(0.5), p99: at(0.99), mean: mean(sorted) }
}

function mean(values: readonly number[]): number {
  return values.reduce((total, one) => total + one, 0) / values.length
}

/** Microseconds per input over whole rounds, for calls so short that timing each would be felt; the quietest round. */
export function timeRounds<T>(inputs: readonly T[], run: (input: T) => unknown): number {
  let best = Infinity
  const startedAt = performance.now()
  do {
    const before = performance.now()
    for (const input of inputs) run(input)
    best = Math.min(best, ((performance.now() - before) * 1_000) / inputs.length)
  } while (performance.now() - startedAt < passes * passMs)
  return best
}
