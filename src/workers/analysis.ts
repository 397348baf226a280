import { createConsumer, type QueueBackend } from '../bus/queue.ts'
import type { Fanout } from '../bus/fanout.ts'
import type { Db } from '../store/database.ts'
import { listenForPacks } from '../store/pack-notices.ts'
import { createPackShelf } from './pack-shelf.ts'
import { PartitionWorker } from './partition-worker.ts'

export type AnalysisLogger = {
  info(details: object, message: string): void
  warn(details: object, message: string): void
  error(details: object, message: string): void
}

export type AnalysisDeps = {
  db: Db
  /** The same database, for the connection that listens. */
  databaseUrl: string
  backend: QueueBackend
  fanout: Fanout
  logger: AnalysisLogger
  /** Monotonic milliseconds. */
  now(): number
  onProgress(events: number): void
}

export type Analysis = { stop(): Promise<void>; queueUp(): boolean; roomCount(): number }

/** A change of rule pack reaches every worker within 2 s, even when its notice was lost. */
const packPollMs = 1_000

/** Starts the analysing half of the service: rule pack, partitions, and the queue that wakes them. */
export async function startAnalysis(deps: AnalysisDeps): Promise<Analysis> {
  const packs = createPackShelf(deps.db, deps.logger)
  await packs.refresh()
  const look = (): void => {
    packs
      .refresh()
      .then((changed) => {
        if (changed) deps.logger.info({ pack: packs.current().version }, 'another rule pack is in force')
      })
      .catch((error: unknown) => deps.logger.warn({ err: error }, 'could not look for a new rule pack'))
  }
  const poll = setInterval(look, packPollMs)
  const notices = listenForPacks(deps.databaseUrl, look, (error) =>
    deps.logger.warn({ err: error }, 'notices of rule packs are in trouble; the poll goes on'),
  )
  const worker = new PartitionWorker({ ...deps, packs })
  worker.start()
  const consumer = createConsumer({
    backend: deps.backend,
    concurrency: 16,
    handle: (partition) => worker.analyse(partition),
    settled: (partition) => void worker.analyse(partition),
    onError: (error) => deps.logger.warn({ err: error }, 'the queue is in trouble; the sweeper goes on'),
  })
  return {
    queueUp: () => consumer.up(),
    roomCount: () => worker.roomCount,
    async stop() {
      clearInterval(poll)
      await notices.close()
      await consumer.close()
      await worker.stop()
    },
  }
}
