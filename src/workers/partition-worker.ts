import { uuidv7 } from 'uuidv7'
import type { Fanout } from '../bus/fanout.ts'
import { laggingPartitions } from '../store/analysis-log.ts'
import type { Db } from '../store/database.ts'
import { acquireLease, FenceLostError, releaseLeases, renewLeases, type Lease } from '../store/partition-leases.ts'
import { analyseBatch } from './analyse-partition.ts'
import type { PackShelf } from './pack-shelf.ts'
import { RoomKeeper } from './room-keeper.ts'

export type PartitionWorkerDeps = {
  db: Db
  fanout: Fanout
  packs: PackShelf
  logger: { warn(details: object, message: string): void; error(details: object, message: string): void }
  /** Monotonic milliseconds. */
  now(): number
  /** Told after every committed batch: progress, not mere life. */
  onProgress(events: number): void
}

const renewEveryMs = 2_000
const sweepEveryMs = 2_000

/**
 * Analyses the partitions this process holds.
 *
 *     wake-up (queue) ─┐
 *     neighbour's notice ─┼─▶ lease mine? ─▶ batch, batch, … until empty
 *     sweeper (Postgres) ─┘        │
 *                                  └─ somebody else's: tell them, done
 *
 * A lease is kept while the process lives, so that a room stays in one memory; wake-ups may arrive anywhere.
 */
export class PartitionWorker {
  readonly #deps: PartitionWorkerDeps
  readonly #holder = uuidv7()
  readonly #rooms: Map<number, RoomKeeper> = new Map()
  readonly #leases = new Map<number, Lease>()
  readonly #running = new Map<number, Promise<void>>()
  readonly #again = new Set<number>()
  readonly #timers: NodeJS.Timeout[] = []
  readonly #unsubscribe: (() => void)[] = []
  #stopping = false
  #renewing: Promise<void> = Promise.resolve()

  constructor(deps: PartitionWorkerDeps) {
    this.#deps = deps
  }

  /** Begins to renew leases, sweep for lag and listen to neighbours. */
  start(): void {
    this.#timers.push(
      setInterval(() => {
        this.#renewing = this.#renew()
      }, renewEveryMs),
    )
    this.#timers.push(setInterval(() => void this.sweep(), sweepEveryMs))
    this.#unsubscribe.push(
      this.#deps.fanout.subscribe('wake', ({ partition }) => {
        if (this.#leases.has(partition)) void this.analyse(partition)
      }),
    )
    void this.sweep()
  }

  /** Rooms in memory, over all partitions. */
  get roomCount(): number {
    return [...this.#rooms.values()].reduce((sum, rooms) => sum + rooms.size, 0)
  }

  /** Analyses a partition until nothing is left; returns at once when another process holds it. */
  analyse(partition: number): Promise<void> {
    if (this.#stopping) return Promise.resolve()
    const running = this.#running.get(partition)
    if (running) {
      this.#again.add(partition)
      return running
    }
    const run = this.#drain(partition).finally(() => {
      this.#running.delete(partition)
      if (this.#again.delete(partition) && !this.#stopping) void this.analyse(partition)
    })
    this.#running.set(partition, run)
    return run
  }

  /** Finds lagging partitions straight from Postgres, so that a lost wake-up or a lost queue only delays. */
  async sweep(): Promise<void> {
    if (this.#stopping) return
    try {
      const lagging = await laggingPartitions(this.#deps.db)
      if (this.#stopping) return
      for (const partition of lagging) void this.analyse(partition)
    } catch (error) {
      this.#deps.logger.warn({ err: error }, 'the sweep for lagging partitions failed; it runs again in 2 s')
    }
  }

  /** Finishes the batches under way and gives the leases back. */
  async stop(): Promise<void> {
    this.#stopping = true
    for (const timer of this.#timers) clearInterval(timer)
    for (const unsubscribe of this.#unsubscribe) unsubscribe()
    await Promise.allSettled([...this.#running.values(), this.#renewing])
    await releaseLeases(this.#deps.db, this.#holder).catch((error: unknown) => {
      this.#deps.logger.warn({ err: error }, 'leases could not be given back; they expire by themselves')
    })
  }

  async #drain(partition: number): Promise<void> {
    try {
      const lease = await this.#hold(partition)
      if (!lease) return this.#deps.fanout.publish({ topic: 'wake', partition })
      const rooms = this.#roomsOf(partition)
      for (;;) {
        if (this.#stopping) return
        const batch = await analyseBatch(this.#deps.db, rooms, lease)
        if (batch.facts > 0) this.#deps.fanout.publish({ topic: 'facts' })
        if (batch.empty) return
        this.#deps.onProgress(batch.events)
      }
    } catch (error) {
      this.#lose(partition)
      if (error instanceof FenceLostError) this.#deps.logger.warn({ partition }, error.message)
      else this.#deps.logger.error({ err: error, partition }, 'a batch was not committed; it is tried again')
    }
  }

  async #hold(partition: number): Promise<Lease | null> {
    const held = this.#leases.get(partition)
    if (held) return held
    const lease = await acquireLease(this.#deps.db, partition, this.#holder)
    if (lease) this.#leases.set(partition, lease)
    return lease
  }

  async #renew(): Promise<void> {
    const leases = [...this.#leases.values()]
    if (leases.length === 0 || this.#stopping) return
    try {
      const kept = new Set(await renewLeases(this.#deps.db, leases))
      for (const lease of leases) {
        if (!kept.has(lease.partition) && this.#leases.get(lease.partition) === lease) this.#lose(lease.partition)
      }
    } catch (error) {
      this.#deps.logger.warn({ err: error }, 'leases could not be renewed')
    }
  }

  #roomsOf(partition: number): RoomKeeper {
    const rooms = this.#rooms.get(partition) ?? new RoomKeeper(this.#deps.db, this.#deps.packs, this.#deps.now)
    this.#rooms.set(partition, rooms)
    return rooms
  }

  /** Another holder may have folded on: nothing in memory can be trusted any more. */
  #lose(partition: number): void {
    this.#leases.delete(partition)
    this.#rooms.delete(partition)
  }
}
