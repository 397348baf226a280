import { useSyncExternalStore } from 'react'
import { FreshnessGauge, type Freshness } from './freshness.ts'

const tickMs = 1_000
/** What the whole page knows of server time and of the age of its data. */
export const gauge = new FreshnessGauge()

const listeners = new Set<() => void>()
let timer: ReturnType<typeof setInterval> | null = null
let reading: Freshness = gauge.read(Date.now())
const readingListeners = new Set<() => void>()

/** Server time now, milliseconds: screens count down by it, never by the clock of the machine in front of them. */
export function serverNow(): number {
  return gauge.serverTime(Date.now())
}

/** Runs `listener` once a second with everyone else; one timer serves the page. */
export function onTick(listener: () => void): () => void {
  listeners.add(listener)
  timer ??= setInterval(tick, tickMs)
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0 || timer === null) return
    clearInterval(timer)
    timer = null
  }
}

/** Re-reads the age of the data; called on every tick and whenever something arrives. */
export function refreshFreshness(): void {
  const next = gauge.read(Date.now())
  const same =
    next.level === reading.level &&
    next.frozenAt === reading.frozenAt &&
    Math.round(next.delayMs / 100) === Math.round(reading.delayMs / 100) &&
    (next.level !== 'lost' || Math.floor(next.silentMs / 1_000) === Math.floor(reading.silentMs / 1_000))
  if (same) return
  reading = next
  for (const listener of readingListeners) listener()
}

/** How far the screen may be trusted at this second. */
export function useFreshness(): Freshness {
  return useSyncExternalStore(subscribeReading, () => reading)
}

function subscribeReading(listener: () => void): () => void {
  readingListeners.add(listener)
  const stop = onTick(refreshFreshness)
  return () => {
    readingListeners.delete(listener)
    stop()
  }
}

function tick(): void {
  for (const listener of [...listeners]) listener()
}

/** Server time that re-renders its component once a second; for the few places where a word depends on time. */
export function useSecond(enabled = true): number {
  return useSyncExternalStore(enabled ? onTick : never, wholeSecond)
}

function never(): () => void {
  return () => undefined
}

function wholeSecond(): number {
  return Math.floor(serverNow() / 1_000) * 1_000
}
