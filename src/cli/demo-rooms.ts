import { randomUUID } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleepFor } from 'node:timers/promises'
import type { LiveSession } from '../../sdk/live-session.ts'
import { RoomClient } from '../../sdk/room-client.ts'
import { RoomClientError } from '../../sdk/room-client-error.ts'
import { playScript } from './play-script.ts'
import { readScriptFile, sessionStartOf, type Script } from './read-script.ts'

export type DemoLogger = {
  info(details: object, message: string): void
  warn(details: object, message: string): void
}

export type DemoOptions = {
  url: string
  key: string
  /** Folder of the scripts, one `.ndjson` per room. */
  dir: string
  /** Stops all rooms. */
  signal: AbortSignal
  logger: DemoLogger
  pace?: Partial<DemoPace>
}

/** Waits of the demo, milliseconds. */
export type DemoPace = {
  speed: number | 'max'
  /** From the first room on air to the last. */
  spreadMs: number
  /** From the end of a broadcast to the next. */
  pauseMs: number
  /** How often a room off air looks whether it may return: a measure can be lifted before its end. */
  recheckMs: number
  /** Waits after trouble, doubling from the first to the second. */
  troubleMs: readonly [number, number]
  /** How long a stop may take to say goodbye. */
  farewellMs: number
}

const usualPace: DemoPace = {
  speed: 1,
  spreadMs: 10_000,
  pauseMs: 20_000,
  recheckMs: 15_000,
  troubleMs: [2_000, 60_000],
  farewellMs: 1_000,
}

/** Rooms that break a rule within their first minute; a newcomer should not have to wait for the first alert. */
const openers = ['herbal-tea.ndjson', 'blindbox-games.ndjson', 'folding-fans.ndjson']

/**
 * Plays every demo room in a loop over real sockets, as producers that obey measures. Resolves when the signal has
 * stopped them; never rejects: a demo in trouble is logged and tried again, and harms nothing else.
 */
export async function startDemo(options: DemoOptions): Promise<void> {
  const pace = { ...usualPace, ...options.pace }
  const files = await scriptFiles(options)
  const step = files.length > 1 ? pace.spreadMs / (files.length - 1) : 0
  await Promise.all(
    files.map(async (file, index) => {
      try {
        await wait(index * step, options.signal)
        if (!options.signal.aborted) await playRoom(file, options, pace)
      } catch (error) {
        options.logger.warn({ err: error, file }, 'a demo room stopped')
      }
    }),
  )
}

async function scriptFiles({ dir, logger }: DemoOptions): Promise<string[]> {
  try {
    const names = (await readdir(dir)).filter((name) => name.endsWith('.ndjson')).sort()
    const first = openers.filter((name) => names.includes(name))
    return [...first, ...names.filter((name) => !first.includes(name))].map((name) => join(dir, name))
  } catch (error) {
    logger.warn({ err: error, dir }, 'the demo rooms cannot be read')
    return []
  }
}

async function playRoom(file: string, options: DemoOptions, pace: DemoPace): Promise<void> {
  const { logger } = options
  const script = await readScriptFile(file)
  for (const problem of script.problems) logger.warn({ file, ...problem }, 'a line of a demo room was left out')
  const roomId = sessionStartOf(script.header).roomId
  const client = new RoomClient({
    url: options.url,
    key: options.key,
    onEnforcement: ({ action, until, notice }) =>
      logger.info({ roomId, action, until, notice }, 'a demo room obeys a measure'),
  })
  try {
    const room = new DemoRoom(script, client, options, pace)
    while (!options.signal.aborted && !room.over) await room.broadcast()
  } finally {
    await client.close()
  }
}

/** One room of the demo: broadcast after broadcast, silent while a measure runs. */
class DemoRoom {
  readonly #script: Script
  readonly #client: RoomClient
  readonly #options: DemoOptions
  readonly #pace: DemoPace
  #offAirSince: string | null | undefined = undefined
  #troubles = 0
  /** The demo key was revoked: `demo clear` has ended the demo. */
  over = false

  constructor(script: Script, client: RoomClient, options: DemoOptions, pace: DemoPace) {
    this.#script = script
    this.#client = client
    this.#options = options
    this.#pace = pace
  }

  /** One broadcast and the wait after it. */
  async broadcast(): Promise<void> {
    const { signal } = this.#options
    try {
      const start = sessionStartOf(this.#script.header, { sessionRef: `demo-${randomUUID()}` })
      const session = await untilAborted(this.#client.start(start), signal)
      if (!session) return
      this.#offAirSince = undefined
      this.#troubles = 0
      const { outcome } = await playScript(this.#script, session, { speed: this.#pace.speed, signal })
      if (outcome === 'stopped') await this.#sayGoodbye(session)
      // After a measure the next start is refused and says until when.
      if (outcome === 'played') await wait(this.#pace.pauseMs, signal)
      else if (session.closed?.why === 'unauthorised') this.#end()
      else if (session.closed?.why !== 'measure') await wait(this.#pace.recheckMs, signal)
    } catch (error) {
      if (error instanceof RoomClientError && error.code === 'room_suspended') await this.#stayOffAir(error)
      else if (error instanceof RoomClientError && error.code === 'unauthorised') this.#end()
      else await this.#afterTrouble(error)
    }
  }

  async #stayOffAir(error: RoomClientError): Promise<void> {
    const { logger, signal } = this.#options
    const until = error.until ?? null
    if (until !== this.#offAirSince) {
      const message =
        until === null ? 'a demo room stays silent: its host is banned' : 'a demo room waits until its measure ends'
      logger.info({ roomId: this.#script.header?.room_id, until }, message)
      this.#offAirSince = until
    }
    const left = until === null ? Number.POSITIVE_INFINITY : Date.parse(until) - Date.now()
    // A little later than the minute, since two clocks are never the same.
    await wait(Math.min(this.#pace.recheckMs, Math.max(left, 0) + 500), signal)
  }

  #end(): void {
    this.over = true
    this.#options.logger.info({ roomId: this.#script.header?.room_id }, 'a demo room is over: its key was revoked')
  }

  async #afterTrouble(error: unknown): Promise<void> {
    const { logger, signal } = this.#options
    if (signal.aborted) return
    const [first, longest] = this.#pace.troubleMs
    const delayMs = Math.min(longest, first * 2 ** this.#troubles)
    this.#troubles = Math.min(this.#troubles + 1, 30)
    logger.warn({ err: error, roomId: this.#script.header?.room_id, delayMs }, 'a demo room could not go on air')
    await wait(delayMs, signal)
  }

  /** Ends the broadcast if the service still listens; a stopping service may not. */
  async #sayGoodbye(session: LiveSession): Promise<void> {
    const ended = session.end().catch(() => undefined)
    const late = new AbortController()
    await Promise.race([ended, wait(this.#pace.farewellMs, late.signal)])
    late.abort()
  }
}

/** The result, or null when the signal fires first. */
async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | null> {
  let stop = (): void => undefined
  const aborted = new Promise<null>((resolve) => {
    stop = () => resolve(null)
    signal.addEventListener('abort', stop, { once: true })
    if (signal.aborted) stop()
  })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

/** Waits, or returns at once when the signal fires. */
async function wait(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleepFor(ms, undefined, { signal })
  } catch (error) {
    if (!signal.aborted) throw error
  }
}
