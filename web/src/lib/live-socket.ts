import { io, type Socket } from 'socket.io-client'
import type { TranscriptLine } from '../../../src/contracts/alert.ts'
import type { ConsoleDownData, SinceReply } from '../../../src/contracts/console-wire.ts'
import type { WireError } from '../../../src/contracts/errors.ts'
import { announceSignedOut } from './api.ts'
import { gauge, refreshFreshness } from './clock.ts'
import type { LiveStore, Recovery } from './live-store.ts'

type Answer<T> = { ok: true; data: T } | { ok: false; error: WireError }
type Heartbeat = ConsoleDownData<'hb'>
type LineListener = (lines: readonly TranscriptLine[]) => void

/** Milliseconds after which an unanswered question is asked again. */
const answerMs = 8_000
/** Milliseconds by which a heartbeat may be ahead of the batch it counts. */
const overtakeMs = 500
/** A break shorter than this is not worth a notice, milliseconds. */
const noticeableBreakMs = 3_000

export type Break = { recovery: Recovery; fromMs: number; toMs: number }

/** The one socket of the page: keeps the store at the head of the stream, and rooms at the head of their transcript. */
export class LiveSocket {
  #store: LiveStore
  #followsFeed: boolean
  #socket: Socket
  #asking = false
  #askAgain = false
  #retry: ReturnType<typeof setTimeout> | null = null
  #lastHeard: number | null = null
  #heartbeat: Heartbeat | null = null
  #heartbeatListeners = new Set<() => void>()
  #break: Break | null = null
  #breakListeners = new Set<() => void>()
  #rooms = new Map<string, Set<LineListener>>()

  /** `followsFeed` is false for those who may watch rooms but not the queue: they get no stream. */
  constructor(store: LiveStore, followsFeed: boolean) {
    this.#store = store
    this.#followsFeed = followsFeed
    this.#socket = io('/console', { transports: ['websocket'], withCredentials: true, autoConnect: false })
    this.#socket.on('connect', () => {
      this.#asking = false
      void this.#ask()
      for (const sessionId of this.#rooms.keys()) this.#watch(sessionId)
    })
    this.#socket.on('connect_error', (error: Error & { data?: { code?: string } }) => {
      if (error.data?.code === 'unauthorised' || error.message === 'unauthorised') announceSignedOut()
    })
    // The manager does not come back by itself after the service closed the socket on purpose.
    this.#socket.on('disconnect', (reason) => {
      if (reason === 'io server disconnect') this.#retry = setTimeout(() => this.#socket.connect(), 1_000)
    })
    this.#socket.on('hb', (hb: Heartbeat) => {
      this.#hear(hb.t)
      this.#heartbeat = hb
      for (const listener of this.#heartbeatListeners) listener()
      if (this.#store.ready && hb.seq > this.#store.receivedSeq) this.#askIfBehind(hb.seq)
    })
    this.#socket.on('batch', (batch: ConsoleDownData<'batch'>) => {
      const last = batch.items.at(-1)
      if (last !== undefined) this.#hear(last.at)
      if (this.#store.receive(batch.items) === 'hole') void this.#ask()
    })
    this.#socket.on('room.lines', (data: ConsoleDownData<'room.lines'>) => {
      for (const listener of this.#rooms.get(data.sessionId) ?? []) listener(data.lines)
    })
  }

  /** Connects, and stays connected until the answer is called. */
  start(): () => void {
    this.#socket.connect()
    return () => {
      if (this.#retry !== null) clearTimeout(this.#retry)
      this.#socket.disconnect()
    }
  }

  heartbeat = (): Heartbeat | null => this.#heartbeat

  onHeartbeat = (listener: () => void): (() => void) => {
    this.#heartbeatListeners.add(listener)
    return () => this.#heartbeatListeners.delete(listener)
  }

  /** The last break that was mended and not yet acknowledged by the user. */
  lastBreak = (): Break | null => this.#break

  onBreak = (listener: () => void): (() => void) => {
    this.#breakListeners.add(listener)
    return () => this.#breakListeners.delete(listener)
  }

  forgetBreak(): void {
    this.#setBreak(null)
  }

  /** Follows the transcript of one session; the answer ends it. */
  watch(sessionId: string, listener: LineListener): () => void {
    const listeners = this.#rooms.get(sessionId) ?? new Set()
    const first = listeners.size === 0
    listeners.add(listener)
    this.#rooms.set(sessionId, listeners)
    if (first && this.#socket.connected) this.#watch(sessionId)
    return () => {
      listeners.delete(listener)
      if (listeners.size > 0) return
      this.#rooms.delete(sessionId)
      if (this.#socket.connected) this.#socket.emit('room.unwatch', { sessionId })
    }
  }

  #watch(sessionId: string): void {
    this.#socket.emit('room.watch', { sessionId }, () => undefined)
  }

  #hear(serverTime: string): void {
    this.#lastHeard = Date.now()
    gauge.hear(Date.now(), Date.parse(serverTime))
    refreshFreshness()
  }

  /** The heartbeat may overtake a batch by a moment; only what stays missing is asked for. */
  #askIfBehind(seq: number): void {
    setTimeout(() => {
      if (this.#socket.connected && seq > this.#store.receivedSeq) void this.#ask()
    }, overtakeMs)
  }

  async #ask(): Promise<void> {
    if (!this.#followsFeed) return
    if (this.#asking) {
      this.#askAgain = true
      return
    }
    this.#asking = true
    const wasReady = this.#store.ready
    const heardBefore = this.#lastHeard
    try {
      const streamSeq = wasReady ? this.#store.receivedSeq : 0
      const answer: Answer<SinceReply> = await this.#socket.timeout(answerMs).emitWithAck('since', { streamSeq })
      if (!answer.ok) {
        if (answer.error.code === 'unauthorised') announceSignedOut()
        else this.#later()
        return
      }
      const recovery = this.#store.recover(answer.data)
      if (answer.data.kind === 'snapshot') this.#hear(answer.data.snapshot.serverTime)
      const now = Date.now()
      if (wasReady && heardBefore !== null && now - heardBefore > noticeableBreakMs) {
        this.#setBreak({ recovery, fromMs: gauge.serverTime(heardBefore), toMs: gauge.serverTime(now) })
      }
    } catch {
      this.#later()
    } finally {
      this.#asking = false
      if (this.#askAgain) {
        this.#askAgain = false
        void this.#ask()
      }
    }
  }

  #later(): void {
    if (this.#retry !== null) clearTimeout(this.#retry)
    this.#retry = setTimeout(() => {
      if (this.#socket.connected) void this.#ask()
    }, 1_000)
  }

  #setBreak(value: Break | null): void {
    this.#break = value
    for (const listener of this.#breakListeners) listener()
  }
}
