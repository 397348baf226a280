import { parentPort, workerData } from 'node:worker_threads'
import { createInProcessFanout } from '../bus/in-process-fanout.ts'
import { openDatabase } from '../store/database.ts'
import { startAnalysis, type AnalysisLogger } from './analysis.ts'
import type { FromThread, ThreadOptions, ToThread } from './thread-messages.ts'

/**
 * Entry of the analysis thread: one process serves sockets and analyses, and a rule that takes long must not hold up an
 * acknowledgement. The thread has its own database pool; its host hears a heartbeat every second and replaces it when
 * none comes (workers/analysis-host.ts).
 */
const port = parentPort
if (!port) throw new Error('analysis-thread is started by analysis-host, not by itself')
const options = workerData as ThreadOptions

function post(message: FromThread): void {
  port?.postMessage(message)
}

const logger: AnalysisLogger = {
  info: (details, message) => post({ kind: 'log', level: 'info', details: plain(details), message }),
  warn: (details, message) => post({ kind: 'log', level: 'warn', details: plain(details), message }),
  error: (details, message) => post({ kind: 'log', level: 'error', details: plain(details), message }),
}

const fanout = createInProcessFanout()
fanout.join({
  post: (notice) => post({ kind: 'notice', notice }),
  onNotice: (hear) => {
    port.on('message', (message: ToThread) => {
      if (message.kind === 'notice') hear(message.notice)
    })
  },
})

const db = openDatabase({
  url: options.databaseUrl,
  max: 6,
  name: 'livewarden-analysis',
  onError: (error) => logger.warn({ err: error }, 'a database connection was lost'),
})
let events = 0
const analysis = await startAnalysis({
  db,
  databaseUrl: options.databaseUrl,
  backend: options.backend,
  fanout,
  logger,
  now: () => performance.now(),
  onProgress: (count) => {
    events += count
  },
})
const heartbeat = setInterval(() => {
  post({ kind: 'alive', events, rooms: analysis.roomCount(), queueUp: analysis.queueUp() })
}, 1_000)
post({ kind: 'ready' })

port.on('message', (message: ToThread) => {
  if (message.kind !== 'stop') return
  clearInterval(heartbeat)
  void analysis
    .stop()
    .then(() => db.destroy())
    .finally(() => port.close())
})

/** Errors lose their message when they are cloned across threads; text does not. */
function plain(details: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(details).map(([key, value]: [string, unknown]) => [
      key,
      value instanceof Error ? { type: value.name, message: value.message, stack: value.stack } : value,
    ]),
  )
}
