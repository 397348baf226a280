import { useQueryClient, type QueryKey } from '@tanstack/react-query'
import { useEffect, useState, type ReactNode } from 'react'
import type { ConsoleFact } from '../../../src/contracts/console-wire.ts'
import { LiveContext, type Live } from '../lib/live-context.ts'
import { LiveSocket } from '../lib/live-socket.ts'
import { coalesceMs, LiveStore } from '../lib/live-store.ts'
import { useMay } from '../lib/me-context.ts'

/** Milliseconds in which facts about one thing share one refetch. */
const refetchMs = 250

/** Applies waiting items at most every 100 ms, then in one animation frame; a hidden tab has no frames. */
function scheduler(): (flush: () => void) => void {
  let waiting = false
  return (flush) => {
    if (waiting) return
    waiting = true
    const run = () => {
      waiting = false
      flush()
    }
    setTimeout(() => {
      if (document.visibilityState === 'visible') requestAnimationFrame(run)
      else run()
    }, coalesceMs)
  }
}

function createLive(followsFeed: boolean): Live {
  const store = new LiveStore(scheduler())
  return { store, socket: new LiveSocket(store, followsFeed) }
}

/** Keeps one live store for the signed-in person, and refreshes what was fetched when the stream says it changed. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const followsFeed = useMay('feed.read')
  const watchesRooms = useMay('room.read')
  const queries = useQueryClient()
  const [live] = useState(() => createLive(followsFeed))

  const connects = followsFeed || watchesRooms
  useEffect(() => (connects ? live.socket.start() : undefined), [live, connects])
  useEffect(() => {
    const stale = new Map<string, QueryKey>()
    let timer: ReturnType<typeof setTimeout> | null = null
    const stop = live.store.onFact((fact) => {
      for (const key of staleKeys(fact)) stale.set(JSON.stringify(key), key)
      timer ??= setTimeout(() => {
        timer = null
        for (const key of stale.values()) void queries.invalidateQueries({ queryKey: key })
        stale.clear()
      }, refetchMs)
    })
    return () => {
      stop()
      if (timer !== null) clearTimeout(timer)
    }
  }, [live, queries])

  return <LiveContext value={live}>{children}</LiveContext>
}

/** The fetched things a fact makes stale; only those on screen are fetched again. */
function staleKeys(fact: ConsoleFact): QueryKey[] {
  switch (fact.type) {
    case 'alert.opened':
    case 'alert.updated':
    case 'alert.withdrawn':
      return [
        ['case', fact.alert.caseId],
        ['room', fact.alert.roomId],
        ['alerts', fact.alert.sessionId],
      ]
    case 'case.updated':
      return [
        ['case', fact.case.id],
        ['room', fact.case.roomId],
        ['alerts', fact.case.sessionId],
      ]
    case 'enforcement.issued':
    case 'enforcement.updated': {
      const { caseId, roomId } = fact.enforcement
      return [
        ['enforcements'],
        ['rooms'],
        ...(caseId === null ? [] : [['case', caseId]]),
        ...(roomId === null ? [] : [['room', roomId]]),
      ]
    }
    case 'session.started':
    case 'session.ended':
      return [['rooms'], ['room', fact.session.roomId], ['sessions', fact.session.roomId]]
    case 'coverage.gap':
      return [['room']]
  }
}
