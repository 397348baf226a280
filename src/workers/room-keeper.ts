import type { RoomChange } from '../contracts/room-change.ts'
import type { RoomEvent } from '../contracts/room-event.ts'
import type { CompiledRulePack } from '../detectors/pack/compiled-rule-pack.ts'
import { initialRoom, type RoomState } from '../room/room-state.ts'
import { restoreRoom, snapshotRoom, snapshotVersion } from '../room/snapshot.ts'
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

  async #rebuild(session: LaggingSession): Promise<Kept> {
    const usable = session.snapshotVersion === snapshotVersion && session.snapshotSeq > 0
    const stored = usable ? await roomSnapshot(this.#db, session.sessionId) : null
    let state = stored === null ? initialRoom(session) : restoreRoom(stored)
    let seq = stored === null ? 0 : session.snapshotSeq
    const packs = await sessionPacks(this.#db, session.sessionId)
    while (seq < session.processedSeq) {
      const found = await eventsAfter(this.#db, [{ sessionId: session.sessionId, afterSeq: seq }], rebuildBatch)
      const events = (found.get(session.sessionId) ?? []).filter((event) => event.seq <= session.processedSeq)
      if (events.length === 0) break
      for (const event of events) {
        const pack = await this.#packFor(packs, event.seq)
        const room = { state, seq, packHash: '', sinceSnapshot: 0, snapshotAt: 0 }
        foldOne(room, event, pack, [], [])
        state = room.state
        seq = event.seq
      }
    }
    return {
      state,
      seq: session.processedSeq,
      packHash: session.packHash ?? '',
      sinceSnapshot: session.processedSeq - (stored === null ? 0 : session.snapshotSeq),
      snapshotAt: this.#now(),
    }
  }

  /** The pack an event was first judged by, so that a new holder comes to the same findings. */
  #packFor(packs: readonly { fromSeq: number; packHash: string }[], seq: number): Promise<CompiledRulePack> {
    const used = packs.findLast((pack) => pack.fromSeq <= seq)
    return used ? this.#packs.byHash(used.packHash) : Promise.resolve(this.#packs.current())
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
    poisons.push({ seq: event.seq, error: error instanceof Error ? `${error.name}: ${error.message}` : String(error) })
  }
}
