import { appendFacts } from '../store/console-log.ts'
import type { Db } from '../store/database.ts'
import { silentSessionIds, endSessions } from '../store/sessions.ts'
import { limits } from '../contracts/limits.ts'
import type { Fanout } from '../bus/fanout.ts'

/** What falls due by itself. Every process may run it: rows are taken with SKIP LOCKED, so nothing happens twice. */
export type DueWork = {
  db: Db
  fanout: Fanout
  endDueMeasures(): Promise<number>
  markUnconfirmed(): Promise<number>
  expireClaims(): Promise<number>
  logger: { warn(details: object, message: string): void }
}

/** A timed measure lifts within a second of its minute. */
const measureEveryMs = 500
const claimEveryMs = 1_000
const silenceEveryMs = 15_000

/** Starts the clocks; the returned function stops them and waits for what is under way. */
export function startTimers(work: DueWork): () => Promise<void> {
  const clocks = [
    repeat(measureEveryMs, work, 'ending measures', work.endDueMeasures),
    repeat(claimEveryMs, work, 'marking unconfirmed measures', work.markUnconfirmed),
    repeat(claimEveryMs, work, 'expiring claims', work.expireClaims),
    repeat(silenceEveryMs, work, 'ending silent sessions', () => endSilentSessions(work.db)),
  ]
  return async () => {
    await Promise.all(clocks.map((stop) => stop()))
  }
}

/** Ends broadcasts that sent nothing for ten minutes; returns how many. */
export async function endSilentSessions(db: Db): Promise<number> {
  return db.transaction().execute(async (tx) => {
    const ended = await endSessions(tx, await silentSessionIds(tx, limits.silenceSeconds), 'silence')
    await appendFacts(
      tx,
      ended.map((session) => ({
        roomId: session.roomId,
        demo: session.demo,
        fact: { type: 'session.ended' as const, session },
      })),
    )
    return ended.length
  })
}

/** Runs `job` again and again, `everyMs` after it ended; a failure is logged and the next turn comes all the same. */
function repeat(everyMs: number, work: DueWork, name: string, job: () => Promise<number>): () => Promise<void> {
  let stopped = false
  let timer: NodeJS.Timeout | null = null
  let running: Promise<void> = Promise.resolve()

  async function turn(): Promise<void> {
    try {
      if ((await job()) > 0) work.fanout.publish({ topic: 'facts' })
    } catch (error) {
      work.logger.warn({ err: error }, `${name} failed; it runs again in ${everyMs} ms`)
    }
    if (!stopped) schedule()
  }

  function schedule(): void {
    timer = setTimeout(() => {
      running = turn()
    }, everyMs)
  }

  schedule()
  return async () => {
    stopped = true
    if (timer) clearTimeout(timer)
    await running
  }
}
