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
}

export type AnalysisHost = {
  stop(): Promise<void>
  queueUp(): boolean
  /** Events analysed and rooms held by the present thread. */
  stats(): { events: number; rooms: number; restarts: number }
}

const silenceMs = 5_000
const watchEveryMs = 1_000
const stopWithinMs = 8_000

/** Runs the analysis in a thread and replaces the thread after 5 s without a sign of progress. */
export async function startAnalysisHost(options: AnalysisHostOptions): Promise<AnalysisHost> {
  let stopping = false
  let restarts = 0
  let thread = await spawn(options)

  const watch = setInterval(() => {
    const silence = options.now() - thread.aliveAt
    if (stopping || (silence < silenceMs && !thread.ended)) return
    options.logger.error({ silenceMs: Math.round(silence) }, 'the analysis thread made no progress; it is replaced')
    restarts += 1
    const old = thread
    thread = { ...old, aliveAt: options.now() + silenceMs, ended: false }
    old.part()
    void old.worker
      .terminate()
      .then(() => spawn(options))
      .then((fresh) => {
        thread = fresh
        if (stopping) void stopThread(fresh)
      })
      .catch((error: unknown) => {
        thread.ended = true
        options.logger.error({ err: error }, 'the analysis thread could not be started; it is tried again')
      })
  }, watchEveryMs)

  return {
    queueUp: () => thread.queueUp,
    stats: () => ({ events: thread.events, rooms: thread.rooms, restarts }),
    async stop() {
      stopping = true
      clearInterval(watch)
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

async function spawn(options: AnalysisHostOptions): Promise<Thread> {
  const data: ThreadOptions = { databaseUrl: options.databaseUrl, backend: options.backend }
  const worker = new Worker(new URL('./analysis-thread.js', import.meta.url), { workerData: data })
  const hearers = new Set<(notice: Notice) => void>()
  const part = options.join({
    post: (notice) => worker.postMessage({ kind: 'notice', notice } satisfies ToThread),
    onNotice: (hear) => hearers.add(hear),
  })
  const thread: Thread = { worker, part, aliveAt: options.now(), ended: false, queueUp: true, events: 0, rooms: 0 }
  await new Promise<void>((resolve, reject) => {
    worker.once('error', (error) => {
      thread.ended = true
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

/** Asks the thread to finish; ends it by force when it does not. */
async function stopThread(thread: Thread): Promise<void> {
  if (thread.ended) return
  const exited = new Promise<void>((resolve) => thread.worker.once('exit', () => resolve()))
  thread.worker.postMessage({ kind: 'stop' } satisfies ToThread)
  const force = setTimeout(() => void thread.worker.terminate(), stopWithinMs)
  await exited
  clearTimeout(force)
  thread.part()
}
