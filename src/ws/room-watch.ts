import type { Fanout } from '../bus/fanout.ts'
import { ok, refuse, type Result } from '../contracts/errors.ts'
import type { Transcript } from '../contracts/history.ts'
import type { Db } from '../store/database.ts'
import { readTranscript } from '../store/history.ts'
import type { ConsoleClient } from './console-client.ts'

export type RoomWatchDeps = { db: Db; fanout: Fanout; onError(error: unknown): void }

/** New lines are collected this long. */
const collectMs = 100
/** Looks by itself this often, in case a notice was lost. */
const pollMs = 2_000
const mostLines = 500
/** Rooms one console may watch at once; a screen shows one. */
const mostWatched = 16

type Watched = {
  clients: Set<ConsoleClient>
  /** Null until the first watcher's answer was read. */
  lastSeq: number | null
  timer: NodeJS.Timeout | null
  reading: boolean
  again: boolean
}

/** Follows the transcripts that somebody looks at, each read once however many look. */
export class RoomWatch {
  readonly #deps: RoomWatchDeps
  readonly #rooms = new Map<string, Watched>()
  readonly #stopHearing: () => void
  readonly #poll: NodeJS.Timeout

  constructor(deps: RoomWatchDeps) {
    this.#deps = deps
    this.#stopHearing = deps.fanout.subscribe('events', ({ sessionIds }) => {
      for (const id of sessionIds) this.#wake(id)
    })
    this.#poll = setInterval(() => {
      for (const id of this.#rooms.keys()) this.#wake(id)
    }, pollMs)
  }

  /**
   * The newest lines; from here on the console is pushed those that follow. A line may come twice, none is left out.
   * Refused when the console is gone by now, for nobody would unwatch for it, and when it watches too many rooms.
   */
  async watch(client: ConsoleClient, sessionId: string): Promise<Result<Transcript>> {
    if (!client.socket.connected) return refuse('not_found', 'The console that asked is gone')
    if (this.#watchedBy(client, sessionId) >= mostWatched) {
      return refuse('too_large', `A console watches at most ${mostWatched} rooms at once; unwatch one`)
    }
    const watched = this.#rooms.get(sessionId) ?? {
      clients: new Set(),
      lastSeq: null,
      timer: null,
      reading: false,
      again: false,
    }
    this.#rooms.set(sessionId, watched)
    // Before the reading: what is stored meanwhile is pushed.
    watched.clients.add(client)
    const transcript = await readTranscript(this.#deps.db, sessionId, { limit: 200 })
    watched.lastSeq ??= transcript.lastSeq
    return ok(transcript)
  }

  unwatch(client: ConsoleClient, sessionId: string): void {
    const watched = this.#rooms.get(sessionId)
    watched?.clients.delete(client)
    if (watched?.clients.size !== 0) return
    if (watched.timer) clearTimeout(watched.timer)
    this.#rooms.delete(sessionId)
  }

  /** The console is gone. */
  forget(client: ConsoleClient): void {
    for (const sessionId of [...this.#rooms.keys()]) this.unwatch(client, sessionId)
  }

  close(): void {
    this.#stopHearing()
    clearInterval(this.#poll)
    for (const { timer } of this.#rooms.values()) if (timer) clearTimeout(timer)
    this.#rooms.clear()
  }

  /** How many rooms other than this one the console watches. */
  #watchedBy(client: ConsoleClient, sessionId: string): number {
    let count = 0
    for (const [id, { clients }] of this.#rooms) if (id !== sessionId && clients.has(client)) count += 1
    return count
  }

  #wake(sessionId: string): void {
    const watched = this.#rooms.get(sessionId)
    if (!watched) return
    if (watched.reading) watched.again = true
    else watched.timer ??= setTimeout(() => void this.#read(sessionId, watched), collectMs)
  }

  async #read(sessionId: string, watched: Watched): Promise<void> {
    watched.timer = null
    if (watched.lastSeq === null) return this.#wake(sessionId)
    watched.reading = true
    watched.again = false
    try {
      const query = { afterSeq: watched.lastSeq, limit: mostLines }
      const { lines, lastSeq } = await readTranscript(this.#deps.db, sessionId, query)
      if (lines.length > 0) {
        watched.lastSeq = lastSeq
        for (const client of watched.clients) client.socket.emit('room.lines', { sessionId, lines })
      }
      if (lines.length === mostLines) watched.again = true
    } catch (error) {
      this.#deps.onError(error)
    } finally {
      watched.reading = false
      if (watched.again) this.#wake(sessionId)
    }
  }
}
