import { setTimeout as pause } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import type { Notice } from '../bus/fanout.ts'
import type { FanoutPeer } from '../bus/in-process-fanout.ts'
import type { AnalysisLogger } from './analysis.ts'
import type { FromThread, ThreadOptions, ToThread } from './thread-messages.ts'

export type AnalysisHostOptions = ThreadOptions & {
  logger: AnalysisLogger
  /** Joins the thread to the process's fan-out; returns how to part again. */
  join(peer: FanoutPeer): () => void
  /** Monotonic milliseconds. */
  now(): number
  /** The thread's program, when it is not the one that analyses: tests bring threads that hang, fail and dawdle. */
  threadUrl?: URL
}

export type AnalysisHost = {
  stop(): Promise<void>
  queueUp(): boolean
  /** Events analysed and rooms held by the present thread. */
  stats(): { events: number; rooms: number; restarts: number }
}

const silenceMs = 5_000
const watchEveryMs = 1_000
/** A thread that starts asks the database for its rule pack and compiles it; on a busy machine that takes a while. */
const startWithinMs = 60_000
/** Between attempts to start a thread. */
const retryMs = { first: 500, most: 30_000 }
const stopWithinMs = 8_000

/**
 * Runs the analysis in a thread and replaces the thread after 5 s without a sign of progress. There is never more than
 * one: the next is started when the last has ended, again and again until it stands.
 */
export async function startAnalysisHost(options: AnalysisHostOptions): Promise<AnalysisHost> {
  const stopping = new AbortController()
  let restarts = 0
  let replacing: Promise<void> | null = null
  let thread = await spawn(options, stopping.signal)

  const watch = setInterval(() => {
    const silence = options.now() - thread.aliveAt
    if (replacing || (silence < silenceMs && !thread.ended)) return
    options.logger.error({ silenceMs: Math.round(silence) }, 'the analysis thread made no progress; it is replaced')
    restarts += 1
    replacing = replace().finally(() => (replacing = null))
  }, watchEveryMs)

  /** Resolves when another thread stands, or when the host is stopped. */
  async function replace(): Promise<void> {
    await endThread(thread)
    for (let waitMs = retryMs.first; !stopping.signal.aborted; waitMs = Math.min(waitMs * 2, retryMs.most)) {
      try {
        thread = await spawn(options, stopping.signal)
        return
      } catch (error) {
        if (stopping.signal.aborted) return
        options.logger.error({ err: error, waitMs }, 'the analysis thread could not be started; it is tried again')
        await pause(waitMs, undefined, { signal: stopping.signal }).catch(() => undefined)
      }
    }
  }

  return {
    queueUp: () => thread.queueUp,
    stats: () => ({ events: thread.events, rooms: thread.rooms, restarts }),
    async stop() {
      stopping.abort()
      clearInterval(watch)
      await replacing
      await stopThread(thread)
    },
  }
}

type Thread = {
  worker: Worker
  part: () => void
  aliveAt: number
  ended: boolean
  queueUp: boolean
  events: number
  rooms: number
}

/** Resolves when the thread is ready. One that fails, dawdles or is not wanted any more has ended when this rejects. */
async function spawn(options: AnalysisHostOptions, unwanted: AbortSignal): Promise<Thread> {
  const data: ThreadOptions = { databaseUrl: options.databaseUrl, backend: options.backend }
  const program = options.threadUrl ?? new URL('./analysis-thread.js', import.meta.url)
  const worker = new Worker(program, { workerData: data })
  const hearers = new Set<(notice: Notice) => void>()
  const part = options.join({
    post: (notice) => worker.postMessage({ kind: 'notice', notice } satisfies ToThread),
    onNotice: (hear) => hearers.add(hear),
  })
  const thread: Thread = { worker, part, aliveAt: options.now(), ended: false, queueUp: true, events: 0, rooms: 0 }
  let settle: () => void = () => undefined
  try {
    await new Promise<void>((resolve, reject) => {
      const late = (): void => reject(new Error(`the analysis thread was not ready within ${startWithinMs / 1_000} s`))
      const refuse = (): void => reject(new Error('the service stops'))
      const timer = setTimeout(late, startWithinMs)
      unwanted.addEventListener('abort', refuse)
      settle = () => {
        clearTimeout(timer)
        unwanted.removeEventListener('abort', refuse)
      }
      worker.on('error', (error) => {
        options.logger.error({ err: error }, 'the analysis thread failed')
        reject(error)
      })
      worker.once('exit', () => {
        thread.ended = true
        reject(new Error('the analysis thread ended before it was ready'))
      })
      worker.on('message', (message: FromThread) => {
        thread.aliveAt = options.now()
        if (message.kind === 'ready') resolve()
        else hearMessage(message, thread, hearers, options.logger)
      })
    })
  } catch (error) {
    await endThread(thread)
    throw error
  } finally {
    settle()
  }
  return thread
}

function hearMessage(
  message: FromThread,
  thread: Thread,
  hearers: ReadonlySet<(notice: Notice) => void>,
  logger: AnalysisLogger,
): void {
  if (message.kind === 'notice') for (const hear of hearers) hear(message.notice)
  if (message.kind === 'log') logger[message.level](message.details, message.message)
  if (message.kind === 'alive') {
    thread.events = message.events
    thread.rooms = message.rooms
    thread.queueUp = message.queueUp
  }
}

/** Ends the thread by force, wherever it hangs; resolves when it is gone. */
async function endThread(thread: Thread): Promise<void> {
  thread.part()
  await thread.worker.terminate()
}

/** Asks the thread to finish; ends it by force when it does not. */
async function stopThread(thread: Thread): Promise<void> {
  thread.part()
  if (thread.ended) return
  const exited = new Promise<void>((resolve) => thread.worker.once('exit', () => resolve()))
  thread.worker.postMessage({ kind: 'stop' } satisfies ToThread)
  const force = setTimeout(() => void thread.worker.terminate(), stopWithinMs)
  await exited
  clearTimeout(force)
}
