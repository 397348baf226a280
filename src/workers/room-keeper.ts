import type { RoomChange } from '../contracts/room-change.ts'
import type { RoomEvent } from '../contracts/room-event.ts'
import type { CompiledRulePack } from '../detectors/pack/compiled-rule-pack.ts'
import { initialRoom, type RoomState } from '../room/room-state.ts'
import { readableSnapshots, restoreRoom, snapshotRoom, snapshotVersion } from '../room/snapshot.ts'
import { step } from '../room/step.ts'
import {
  eventsAfter,
  roomSnapshot,
  sessionPacks,
  type LaggingSession,
  type SessionProgress,
} from '../store/analysis-log.ts'
import type { Db } from '../store/database.ts'
import type { PackShelf } from './pack-shelf.ts'

/** A room in memory, folded up to `seq`. */
type Kept = { state: RoomState; seq: number; packHash: string; sinceSnapshot: number; snapshotAt: number }

const snapshotEveryEvents = 500
const snapshotEveryMs = 60_000
const rebuildBatch = 1_000

/**
 * Holds the folded rooms of this worker's partitions and folds new events into them. A room that is not here, or that a
 * failed commit left ahead of its cursor, is rebuilt from its snapshot and the events after it.
 */
export class RoomKeeper {
  readonly #db: Db
  readonly #packs: PackShelf
  readonly #now: () => number
  readonly #rooms = new Map<string, Kept>()

  constructor(db: Db, packs: PackShelf, now: () => number) {
    this.#db = db
    this.#packs = packs
    this.#now = now
  }

  /** Rooms in memory. */
  get size(): number {
    return this.#rooms.size
  }

  /** Drops rooms whose fold may be ahead of what was committed, or that belong to another holder now. */
  forget(sessionIds: Iterable<string>): void {
    for (const id of sessionIds) this.#rooms.delete(id)
  }

  /** Folds events into a session's room and says what changed. Nothing is stored here. */
  async fold(session: LaggingSession, events: readonly RoomEvent[]): Promise<SessionProgress> {
    const room = this.#rooms.get(session.sessionId) ?? (await this.#rebuild(session))
    if (room.seq !== session.processedSeq)
      throw new Error(`Room ${session.sessionId} is folded to ${room.seq}, not to ${session.processedSeq}`)
    const pack = this.#packs.current()
    const changes: RoomChange[] = []
    const poisons: SessionProgress['poisons'] = []
    for (const event of events) {
      foldOne(room, event, pack, changes, poisons)
      room.seq = event.seq
    }
    // Until the commit succeeds the room is ahead of its cursor: the caller forgets it when the commit fails.
    this.#rooms.set(session.sessionId, room)
    const first = events[0]
    const newPack = first !== undefined && session.packHash !== pack.hash
    room.packHash = pack.hash
    room.sinceSnapshot += events.length
    return {
      session,
      processedSeq: room.seq,
      changes,
      poisons,
      snapshot: this.#snapshotIfDue(room, newPack),
      pack: newPack ? { fromSeq: first.seq, hash: pack.hash } : null,
      settled: session.ended && room.seq >= session.lastSeq,
    }
  }

  #snapshotIfDue(room: Kept, newPack: boolean): SessionProgress['snapshot'] {
    const now = this.#now()
    const due = room.sinceSnapshot >= snapshotEveryEvents || now - room.snapshotAt >= snapshotEveryMs
    if ((!due && !newPack) || room.sinceSnapshot === 0) return null
    room.sinceSnapshot = 0
    room.snapshotAt = now
    return { version: snapshotVersion, state: snapshotRoom(room.state) }
  }

  /**
   * Sets one event aside that could not be folded or committed: the room goes on behind it as if it had not been said.
   * The caller commits the progress, which declares it as not analysed.
   */
  async skip(session: LaggingSession, event: RoomEvent, error: unknown): Promise<SessionProgress> {
    const room = this.#rooms.get(session.sessionId) ?? (await this.#rebuild(session))
    room.seq = event.seq
    this.#rooms.set(session.sessionId, room)
    return {
      session,
      processedSeq: event.seq,
      changes: [],
      poisons: [{ seq: event.seq, error: describe(error) }],
      snapshot: null,
      pack: null,
      settled: session.ended && event.seq >= session.lastSeq,
    }
  }

  async #rebuild(session: LaggingSession): Promise<Kept> {
    const base = await this.#restore(session)
    const room: Kept = { ...base, packHash: session.packHash ?? '', sinceSnapshot: 0, snapshotAt: this.#now() }
    const packs = await sessionPacks(this.#db, session.sessionId)
    while (room.seq < session.processedSeq) {
      const found = await eventsAfter(this.#db, [{ sessionId: session.sessionId, afterSeq: room.seq }], rebuildBatch)
      const events = (found.get(session.sessionId) ?? []).filter((event) => event.seq <= session.processedSeq)
      if (events.length === 0) break
      for (const event of events) {
        foldOne(room, event, await this.#packFor(packs, event.seq), [], [])
        room.seq = event.seq
      }
    }
    // Behind the last event may lie a declared gap.
    room.seq = session.processedSeq
    room.sinceSnapshot = session.processedSeq - base.seq
    return room
  }

  /** The stored state, or the beginning: a snapshot that cannot be read costs time, not findings. */
  async #restore(session: LaggingSession): Promise<{ state: RoomState; seq: number }> {
    const stored = await roomSnapshot(this.#db, session.sessionId, readableSnapshots)
    if (stored === null || stored.seq > session.processedSeq) return { state: initialRoom(session), seq: 0 }
    try {
      return { state: restoreRoom(stored.state), seq: stored.seq }
    } catch {
      return { state: initialRoom(session), seq: 0 }
    }
  }

  /**
   * The pack an event was first judged by, so that a new holder comes to the same findings. One that this release cannot
   * read any more must not keep the room from going on: what it found is stored already.
   */
  async #packFor(packs: readonly { fromSeq: number; packHash: string }[], seq: number): Promise<CompiledRulePack> {
    const used = packs.findLast((pack) => pack.fromSeq <= seq)
    return used ? this.#packs.byHash(used.packHash).catch(() => this.#packs.current()) : this.#packs.current()
  }
}

/** One event that throws is set aside with its error; the room goes on without it. */
function foldOne(
  room: Kept,
  event: RoomEvent,
  pack: CompiledRulePack,
  changes: RoomChange[],
  poisons: SessionProgress['poisons'],
): void {
  try {
    const result = step(room.state, event, pack)
    room.state = result.state
    changes.push(...result.changes)
  } catch (error) {
    poisons.push({ seq: event.seq, error: describe(error) })
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
}
