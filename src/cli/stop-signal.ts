import type { EventEmitter } from 'node:events'

export type StopSignalOptions = {
  /** Where signals and unhandled errors come from: the process. */
  source: Pick<EventEmitter, 'on' | 'off'>
  /** Monotonic milliseconds. */
  now(): number
  /** Ends the process, whatever is under way. */
  endAtOnce(): void
  /** Hears of an error that nobody handled. */
  onError(error: unknown): void
}

export type StopSignal = { asked: Promise<'signal' | 'error'>; forget(): void }

const signals = ['SIGTERM', 'SIGINT'] as const
const failures = ['unhandledRejection', 'uncaughtException'] as const

/**
 * A terminal sends Ctrl-C to npm and to this process, and npm passes it on: one press arrives twice. So does a SIGTERM that
 * a supervisor sends to the whole group.
 */
const sameMs = 2_000

/**
 * Resolves `asked` on the first SIGTERM or SIGINT, or when an error was left unhandled. The same signal again within 2 s is
 * taken for the first one delivered twice and ignored, once; any later or further signal ends the process at once.
 */
export function listenForStop(options: StopSignalOptions): StopSignal {
  const { source } = options
  let first: { signal: string; at: number } | null = null
  let repeated = false
  let resolve: (reason: 'signal' | 'error') => void = () => undefined
  const asked = new Promise<'signal' | 'error'>((settle) => (resolve = settle))
  const hear = (signal: string): void => {
    if (!first) {
      first = { signal, at: options.now() }
      resolve('signal')
      return
    }
    const isSame = !repeated && signal === first.signal && options.now() - first.at < sameMs
    repeated = true
    if (!isSame) options.endAtOnce()
  }
  const fail = (error: unknown): void => {
    options.onError(error)
    resolve('error')
  }
  for (const signal of signals) source.on(signal, hear)
  for (const failure of failures) source.on(failure, fail)
  return {
    asked,
    forget() {
      for (const signal of signals) source.off(signal, hear)
      for (const failure of failures) source.off(failure, fail)
    },
  }
}
