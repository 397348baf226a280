import type { Alert } from '../../../src/contracts/alert.ts'
import type { Case } from '../../../src/contracts/case.ts'
import type { ConsoleFact, SinceReply, Snapshot, StreamItem } from '../../../src/contracts/console-wire.ts'
import type { Enforcement } from '../../../src/contracts/enforcement.ts'
import type { Session } from '../../../src/contracts/session.ts'
import { isOpen } from './queue-order.ts'
import { levelOf, levels, type Level } from './severity.ts'

export type LevelCounts = Readonly<Record<Level, number>>
/** What a follow-up after a break brought back. */
export type Recovery = { kind: 'replayed' | 'snapshot'; items: number; from: number | null; to: number }

/** Longest wait before ordinary items reach the screen, milliseconds. */
export const coalesceMs = 100
/** Closed alerts, cases and measures kept for rows and panels that still show them. */
const closedKept = 500

const noCounts: LevelCounts = { S0: 0, S1: 0, S2: 0, S3: 0 }

/**
 * Everything open, as the stream tells it. Rows subscribe to their own alert; the list only to membership and order.
 * A fact is applied once: its `streamSeq` must be above the held one and its entity's `rev` not below the held one.
 */
export class LiveStore {
  #alerts = new Map<string, Alert>()
  #cases = new Map<string, Case>()
  #enforcements = new Map<string, Enforcement>()
  #sessions = new Map<string, Session>()
  #audience = new Map<string, number>()
  #listeners = new Map<string, Set<() => void>>()
  #factListeners = new Set<(fact: ConsoleFact) => void>()
  #queued: StreamItem[] = []
  #heldSeq = 0
  #receivedSeq = 0
  #openIds: readonly string[] = []
  #counts: LevelCounts = noCounts
  #unsent: LevelCounts = noCounts
  #ready = false
  #blind: readonly string[] = []
  #lastOpenedAt: string | null = null
  #schedule: (flush: () => void) => void

  /** `schedule` runs a flush within `coalesceMs`; tests pass one that they control. */
  constructor(schedule: (flush: () => void) => void) {
    this.#schedule = schedule
  }

  /** The last `streamSeq` taken in, applied or queued. */
  get receivedSeq(): number {
    return this.#receivedSeq
  }

  /** Whether a first snapshot or replay has arrived. */
  get ready(): boolean {
    return this.#ready
  }

  alert(id: string): Alert | undefined {
    return this.#alerts.get(id)
  }

  case(id: string): Case | undefined {
    return this.#cases.get(id)
  }

  enforcement(id: string): Enforcement | undefined {
    return this.#enforcements.get(id)
  }

  session(id: string): Session | undefined {
    return this.#sessions.get(id)
  }

  /** How many watch a live broadcast now; null where that is not known. */
  audience(sessionId: string): number | null {
    return this.#audience.get(sessionId) ?? null
  }

  /** Ids of the open alerts; a new array only when membership changed or an alert changed its place. */
  openIds(): readonly string[] {
    return this.#openIds
  }

  /** Open alerts per class, independent of how many were sent. */
  counts(): LevelCounts {
    return this.#counts
  }

  /** Live sessions without speech for 30 s, as the last snapshot named them. */
  blind(): readonly string[] {
    return this.#blind
  }

  /** When the newest alert was opened, as an ISO time. */
  lastOpenedAt(): string | null {
    return this.#lastOpenedAt
  }

  /** Follow one topic: `list`, `counts`, `ready`, or `alert:`, `case:`, `enforcement:`, `session:`, `audience:` with an id. */
  subscribe(topic: string, listener: () => void): () => void {
    const set = this.#listeners.get(topic) ?? new Set()
    set.add(listener)
    this.#listeners.set(topic, set)
    return () => {
      set.delete(listener)
      if (set.size === 0) this.#listeners.delete(topic)
    }
  }

  /** Hear every fact once, after it was applied. */
  onFact(listener: (fact: ConsoleFact) => void): () => void {
    this.#factListeners.add(listener)
    return () => this.#factListeners.delete(listener)
  }

  /** Takes pushed items. Answers `hole` when one is missing: the caller then asks `since` the received seq. */
  receive(items: readonly StreamItem[]): 'taken' | 'hole' {
    for (const item of items) {
      if (item.streamSeq <= this.#receivedSeq) continue
      if (item.streamSeq > this.#receivedSeq + 1) return 'hole'
      this.#receivedSeq = item.streamSeq
      this.#queued.push(item)
    }
    if (this.#queued.some((item) => isUrgent(item.fact))) this.flush()
    else if (this.#queued.length > 0) this.#schedule(() => this.flush())
    return 'taken'
  }

  /** Takes the answer to `since`. Holes inside a complete answer are numbers that were never given out. */
  recover(reply: SinceReply): Recovery {
    const before = this.#receivedSeq
    if (reply.kind === 'snapshot') {
      this.#load(reply.snapshot)
      return { kind: 'snapshot', items: reply.snapshot.alerts.length, from: before, to: reply.snapshot.asOfSeq }
    }
    const fresh = reply.items.filter((item) => item.streamSeq > this.#receivedSeq)
    this.#queued.push(...fresh)
    this.#receivedSeq = Math.max(this.#receivedSeq, reply.throughSeq)
    this.flush()
    this.#setReady()
    return { kind: 'replayed', items: fresh.length, from: before, to: this.#receivedSeq }
  }

  /** Applies what waits. */
  flush(): void {
    const items = this.#queued
    if (items.length === 0) return
    this.#queued = []
    const touched = new Set<string>()
    for (const item of items) {
      if (item.streamSeq <= this.#heldSeq) continue
      this.#heldSeq = item.streamSeq
      this.#apply(item.fact, touched)
    }
    this.#settle(touched)
    for (const item of items) for (const listener of this.#factListeners) listener(item.fact)
  }

  /** The answer to the user's own command, shown before the stream tells it. */
  putCase(value: Case): void {
    const touched = new Set<string>()
    this.#applyCase(value, touched)
    this.#settle(touched)
  }

  /** The answer to the user's own command, shown before the stream tells it. */
  putEnforcement(value: Enforcement): void {
    const touched = new Set<string>()
    this.#applyEnforcement(value, touched)
    this.#settle(touched)
  }

  /**
   * The broadcasts on air as they are at this moment. Facts do not tell when an audience changes, so a number that is no
   * longer confirmed is forgotten; an empty list forgets all.
   */
  noteAudience(sessions: readonly Session[]): void {
    const before = this.#audience
    this.#audience = new Map()
    for (const session of sessions) {
      const ended = session.endedAt !== null || (this.#sessions.get(session.id)?.endedAt ?? null) !== null
      if (!ended && session.viewers !== null) this.#audience.set(session.id, session.viewers)
    }
    for (const id of new Set([...before.keys(), ...this.#audience.keys()])) {
      if (before.get(id) !== this.#audience.get(id)) this.#tell(`audience:${id}`)
    }
  }

  #load(snapshot: Snapshot): void {
    const touched = new Set<string>(['list', 'counts'])
    for (const id of this.#alerts.keys()) touched.add(`alert:${id}`)
    for (const id of this.#sessions.keys()) touched.add(`session:${id}`)
    this.#queued = []
    this.#alerts = new Map(snapshot.alerts.map((alert) => [alert.id, alert]))
    this.#sessions = new Map(snapshot.sessions.map((session) => [session.id, session]))
    for (const id of this.#alerts.keys()) touched.add(`alert:${id}`)
    for (const id of this.#sessions.keys()) touched.add(`session:${id}`)
    this.#heldSeq = snapshot.asOfSeq
    this.#receivedSeq = snapshot.asOfSeq
    this.#blind = snapshot.blind
    const sent = this.#countHeld()
    const unsent: Record<Level, number> = { ...noCounts }
    for (const [severity, count] of Object.entries(snapshot.counts)) {
      if (Number(severity) >= 2) unsent[levelOf(Number(severity))] += count
    }
    for (const level of levels) unsent[level] = Math.max(0, unsent[level] - sent[level])
    this.#unsent = unsent
    for (const alert of snapshot.alerts) this.#noteOpened(alert)
    this.#settle(touched)
    this.#setReady()
  }

  #setReady(): void {
    if (this.#ready) return
    this.#ready = true
    this.#tell('ready')
    this.#tell('list')
  }

  #apply(fact: ConsoleFact, touched: Set<string>): void {
    switch (fact.type) {
      case 'alert.opened':
      case 'alert.updated':
      case 'alert.withdrawn': {
        const held = this.#alerts.get(fact.alert.id)
        if (held !== undefined && held.rev > fact.alert.rev) return
        this.#alerts.set(fact.alert.id, fact.alert)
        this.#noteOpened(fact.alert)
        touched.add(`alert:${fact.alert.id}`)
        if (movesInList(held, fact.alert)) touched.add('list')
        return
      }
      case 'case.updated':
        this.#applyCase(fact.case, touched)
        return
      case 'enforcement.issued':
      case 'enforcement.updated':
        this.#applyEnforcement(fact.enforcement, touched)
        return
      case 'session.started':
      case 'session.ended': {
        const held = this.#sessions.get(fact.session.id)
        if (held !== undefined && held.rev > fact.session.rev) return
        this.#sessions.set(fact.session.id, fact.session)
        touched.add(`session:${fact.session.id}`)
        if (fact.session.endedAt !== null && this.#audience.delete(fact.session.id)) {
          touched.add(`audience:${fact.session.id}`)
        }
        return
      }
      case 'coverage.gap':
        return
    }
  }

  #applyCase(value: Case, touched: Set<string>): void {
    const held = this.#cases.get(value.id)
    if (held !== undefined && held.rev > value.rev) return
    this.#cases.set(value.id, value)
    touched.add(`case:${value.id}`)
    for (const alert of this.#alerts.values()) {
      if (alert.caseId !== value.id) continue
      const next: Alert = {
        ...alert,
        caseStatus: value.status,
        claimedBy: value.claimedBy,
        claimedByName: value.claimedByName,
        claimedUntil: value.claimedUntil,
      }
      this.#alerts.set(alert.id, next)
      touched.add(`alert:${alert.id}`)
      if (movesInList(alert, next)) touched.add('list')
    }
  }

  #applyEnforcement(value: Enforcement, touched: Set<string>): void {
    const held = this.#enforcements.get(value.id)
    if (held !== undefined && held.rev > value.rev) return
    this.#enforcements.set(value.id, value)
    touched.add(`enforcement:${value.id}`)
  }

  #settle(touched: Set<string>): void {
    if (touched.has('list')) {
      this.#openIds = [...this.#alerts.values()].filter(isOpen).map((alert) => alert.id)
      const counts: Record<Level, number> = this.#countHeld()
      for (const level of levels) counts[level] += this.#unsent[level]
      this.#counts = counts
      touched.add('counts')
    }
    this.#prune()
    for (const topic of touched) this.#tell(topic)
  }

  #countHeld(): Record<Level, number> {
    const counts: Record<Level, number> = { ...noCounts }
    for (const alert of this.#alerts.values()) if (isOpen(alert)) counts[levelOf(alert.severity)] += 1
    return counts
  }

  #noteOpened(alert: Alert): void {
    if (this.#lastOpenedAt === null || alert.openedAt > this.#lastOpenedAt) this.#lastOpenedAt = alert.openedAt
  }

  #prune(): void {
    prune(this.#alerts, (id, alert) => !isOpen(alert) && !this.#listeners.has(`alert:${id}`))
    prune(this.#cases, (id) => !this.#listeners.has(`case:${id}`))
    prune(this.#enforcements, (id) => !this.#listeners.has(`enforcement:${id}`))
    prune(this.#sessions, (id, session) => session.endedAt !== null && !this.#listeners.has(`session:${id}`))
  }

  #tell(topic: string): void {
    const listeners = this.#listeners.get(topic)
    if (listeners === undefined) return
    for (const listener of [...listeners]) listener()
  }
}

function movesInList(before: Alert | undefined, after: Alert): boolean {
  if (before === undefined) return isOpen(after)
  return isOpen(before) !== isOpen(after) || before.severity !== after.severity || before.slaDueAt !== after.slaDueAt
}

/** The worst class, claims and results do not wait for the next flush. */
function isUrgent(fact: ConsoleFact): boolean {
  if (fact.type === 'alert.opened') return levelOf(fact.alert.severity) === 'S0'
  return fact.type === 'case.updated' || fact.type === 'enforcement.issued' || fact.type === 'enforcement.updated'
}

function prune<T>(map: Map<string, T>, mayGo: (id: string, value: T) => boolean): void {
  let surplus = 0
  if (map.size <= closedKept) return
  for (const [id, value] of map) if (mayGo(id, value)) surplus += 1
  for (const [id, value] of map) {
    if (surplus <= closedKept) return
    if (!mayGo(id, value)) continue
    map.delete(id)
    surplus -= 1
  }
}
