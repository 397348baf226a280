import { sql } from 'kysely'
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import type { z } from 'zod'
import type { Config } from './config/config.ts'
import type { readySchema } from './contracts/routes.ts'
import { lagEvents } from './store/analysis-log.ts'
import type { Db } from './store/database.ts'

type Readiness = z.infer<typeof readySchema>
type AnalysisStats = { events: number; rooms: number; restarts: number; queueUp: boolean }

/** What the service knows of its own state, for `/readyz` and `/metrics`. Health is progress, not mere life. */
export type ServiceHealth = {
  readiness(): Promise<Readiness>
  metrics(): Promise<string>
  watchAnalysis(stats: () => AnalysisStats): void
  watchQueue(up: () => boolean): void
  watchSockets(stats: () => { rooms: number; consoles: number }): void
  /** From now on not ready: a balancer sends nothing new. */
  draining(): void
  stop(): void
}

export function createServiceHealth(deps: { db: Db; config: Config; version: string }): ServiceHealth {
  let analysis: (() => AnalysisStats) | null = null
  let queueUp: (() => boolean) | null = null
  let sockets: (() => { rooms: number; consoles: number }) | null = null
  let draining = false
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, prefix: 'livewarden_' })

  function isQueueUp(): boolean {
    return (queueUp?.() ?? true) && (analysis?.().queueUp ?? true)
  }

  async function readiness(): Promise<Readiness> {
    const state = { role: deps.config.role, version: deps.version } as const
    try {
      await sql`SELECT 1`.execute(deps.db)
      const [lag, gaps] = await Promise.all([lagEvents(deps.db), countGaps(deps.db)])
      const up = isQueueUp()
      return {
        ...state,
        ready: !draining,
        // Without the queue the sweeper goes on: slower, but nothing is lost.
        mode: up ? 'NORMAL' : 'QUEUE-DOWN',
        database: 'up',
        queue: up ? 'up' : 'down',
        lagEvents: lag,
        gaps,
      }
    } catch {
      const queue = isQueueUp() ? 'up' : 'down'
      return { ...state, ready: false, mode: 'INGEST-PAUSED', database: 'down', queue, lagEvents: 0, gaps: 0 }
    }
  }

  gauge(
    registry,
    'livewarden_lag_events',
    'Events stored and not analysed yet',
    async () => (await readiness()).lagEvents,
  )
  gauge(registry, 'livewarden_coverage_gaps', 'Stretches of sessions that were not analysed', () => countGaps(deps.db))
  gauge(registry, 'livewarden_room_sockets', 'Connected producers', () => sockets?.().rooms ?? 0)
  gauge(registry, 'livewarden_console_sockets', 'Connected consoles', () => sockets?.().consoles ?? 0)
  gauge(
    registry,
    'livewarden_analysed_events',
    'Events analysed by this process since its start',
    () => analysis?.().events ?? 0,
  )
  gauge(registry, 'livewarden_rooms_in_memory', 'Folded rooms held in memory', () => analysis?.().rooms ?? 0)
  gauge(
    registry,
    'livewarden_analysis_restarts',
    'Times the analysis thread was replaced',
    () => analysis?.().restarts ?? 0,
  )

  return {
    readiness,
    metrics: () => registry.metrics(),
    watchAnalysis: (stats) => {
      analysis = stats
    },
    watchQueue: (up) => {
      queueUp = up
    },
    watchSockets: (stats) => {
      sockets = stats
    },
    draining: () => {
      draining = true
    },
    stop: () => registry.clear(),
  }
}

function gauge(registry: Registry, name: string, help: string, read: () => number | Promise<number>): void {
  registry.registerMetric(
    new Gauge({
      name,
      help,
      registers: [],
      async collect() {
        try {
          this.set(await read())
        } catch {
          // With the database away the last value stands; `/readyz` says so.
        }
      },
    }),
  )
}

async function countGaps(db: Db): Promise<number> {
  const row = await db
    .selectFrom('coverage_gaps')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .executeTakeFirst()
  return Number(row?.count ?? 0)
}
