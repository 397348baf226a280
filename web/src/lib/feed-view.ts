import type { Alert } from '../../../src/contracts/alert.ts'
import type { LiveStore } from './live-store.ts'
import { compareQueue, isOpen } from './queue-order.ts'
import { levelOf } from './severity.ts'

/** What holds the list still. */
export type HoldReason = 'pointer' | 'selection' | 'scroll' | 'text' | 'menu'
/** Milliseconds without any reason to hold before waiting alerts enter by themselves. */
export const holdReleaseMs = 1_500
/** Milliseconds a row that just entered carries its edge mark. */
export const freshMarkMs = 1_200

export type FeedViewState = {
  /** Rows in the order shown. */
  ids: readonly string[]
  held: boolean
  /** Alerts that wait outside the list, and how many of them are of the worst class. */
  waiting: number
  waitingWorst: number
  /** Open alerts of the worst class that the filter hides. */
  worstFilteredOut: number
}

type Timers = { set: (run: () => void, ms: number) => unknown; clear: (handle: unknown) => void; now: () => number }

/**
 * The list a moderator sees. While it is held, nothing is inserted, removed or reordered: rows that were decided stay
 * as they are and newcomers are counted. Released, it becomes what the queue says.
 */
export class FeedView {
  #store: LiveStore
  #timers: Timers
  #matches: (alert: Alert) => boolean = () => true
  #reasons = new Set<HoldReason>()
  #listeners = new Set<() => void>()
  #state: FeedViewState = { ids: [], held: false, waiting: 0, waitingWorst: 0, worstFilteredOut: 0 }
  #entered = new Map<string, number>()
  #release: unknown = null
  #stop: (() => void) | null = null

  constructor(store: LiveStore, timers: Timers) {
    this.#store = store
    this.#timers = timers
  }

  /** Begins to follow the store; the answer ends it. */
  start(): () => void {
    this.#stop?.()
    this.#stop = this.#store.subscribe('list', () => this.#refresh())
    this.#refresh()
    return () => {
      this.#stop?.()
      this.#stop = null
      if (this.#release !== null) this.#timers.clear(this.#release)
      this.#release = null
    }
  }

  state = (): FeedViewState => this.#state

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** A new filter is the user's own wish: the list is rebuilt at once, held or not. */
  setFilter(matches: (alert: Alert) => boolean): void {
    this.#matches = matches
    this.show()
  }

  /** Adds or ends one reason to hold. When the last one ends, the list follows again after a moment. */
  hold(reason: HoldReason, active: boolean): void {
    if (active === this.#reasons.has(reason)) return
    if (active) this.#reasons.add(reason)
    else this.#reasons.delete(reason)
    if (this.#release !== null) this.#timers.clear(this.#release)
    this.#release = null
    if (this.#reasons.size === 0) {
      this.#release = this.#timers.set(() => {
        this.#release = null
        this.#refresh()
      }, holdReleaseMs)
    }
    this.#refresh()
  }

  /** Shows what waits, once, even while held. */
  show(): void {
    this.#set(this.#wanted(), this.#isHeld())
  }

  /** Whether a row entered so recently that it is still marked. */
  isFresh(id: string): boolean {
    const at = this.#entered.get(id)
    return at !== undefined && this.#timers.now() - at < freshMarkMs
  }

  #isHeld(): boolean {
    return this.#reasons.size > 0 || this.#release !== null
  }

  #wanted(): string[] {
    const alerts: Alert[] = []
    for (const id of this.#store.openIds()) {
      const alert = this.#store.alert(id)
      if (alert !== undefined && this.#matches(alert)) alerts.push(alert)
    }
    return alerts.sort(compareQueue).map((alert) => alert.id)
  }

  #refresh(): void {
    const held = this.#isHeld()
    this.#set(held && this.#state.ids.length > 0 ? this.#state.ids : this.#wanted(), held)
  }

  #set(ids: readonly string[], held: boolean): void {
    const before = new Set(this.#state.ids)
    const now = this.#timers.now()
    for (const [id, at] of this.#entered) if (now - at >= freshMarkMs) this.#entered.delete(id)
    if (before.size > 0) for (const id of ids) if (!before.has(id)) this.#entered.set(id, now)
    const shown = new Set(ids)
    let waiting = 0
    let waitingWorst = 0
    let worstFilteredOut = 0
    for (const id of this.#store.openIds()) {
      const alert = this.#store.alert(id)
      if (alert === undefined || shown.has(id) || !isOpen(alert)) continue
      const worst = levelOf(alert.severity) === 'S0'
      if (this.#matches(alert)) {
        waiting += 1
        if (worst) waitingWorst += 1
      } else if (worst) worstFilteredOut += 1
    }
    const same = this.#state.ids.length === ids.length && this.#state.ids.every((id, index) => id === ids[index])
    const next: FeedViewState = { ids: same ? this.#state.ids : ids, held, waiting, waitingWorst, worstFilteredOut }
    const unchanged =
      same &&
      next.held === this.#state.held &&
      next.waiting === this.#state.waiting &&
      next.waitingWorst === this.#state.waitingWorst &&
      next.worstFilteredOut === this.#state.worstFilteredOut
    if (unchanged) return
    this.#state = next
    for (const listener of [...this.#listeners]) listener()
  }
}

/** The next id after `from` that `wanted` accepts, going round once; null when there is none. */
export function nextWanted(
  ids: readonly string[],
  from: string | null,
  wanted: (id: string) => boolean,
): string | null {
  const start = from === null ? -1 : ids.indexOf(from)
  for (let step = 1; step <= ids.length; step += 1) {
    const id = ids[(start + step + ids.length) % ids.length]
    if (id !== undefined && id !== from && wanted(id)) return id
  }
  return null
}
