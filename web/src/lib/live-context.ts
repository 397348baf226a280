import { createContext, use, useCallback, useSyncExternalStore } from 'react'
import type { Alert } from '../../../src/contracts/alert.ts'
import type { Case } from '../../../src/contracts/case.ts'
import type { ConsoleDownData } from '../../../src/contracts/console-wire.ts'
import type { Enforcement } from '../../../src/contracts/enforcement.ts'
import type { Session } from '../../../src/contracts/session.ts'
import type { LiveSocket } from './live-socket.ts'
import type { LevelCounts, LiveStore } from './live-store.ts'

export type Live = { store: LiveStore; socket: LiveSocket }
export const LiveContext = createContext<Live | null>(null)

/** The live store and socket of this page; only inside the signed-in part. */
export function useLive(): Live {
  const live = use(LiveContext)
  if (live === null) throw new Error('useLive outside the signed-in part')
  return live
}

function useTopic<T>(topic: string, read: (store: LiveStore) => T): T {
  const { store } = useLive()
  const subscribe = useCallback((listener: () => void) => store.subscribe(topic, listener), [store, topic])
  return useSyncExternalStore(subscribe, () => read(store))
}

/** One alert; the component re-renders only when that alert changes. */
export function useAlert(id: string): Alert | undefined {
  return useTopic(`alert:${id}`, (store) => store.alert(id))
}

export function useLiveCase(id: string): Case | undefined {
  return useTopic(`case:${id}`, (store) => store.case(id))
}

export function useLiveEnforcement(id: string): Enforcement | undefined {
  return useTopic(`enforcement:${id}`, (store) => store.enforcement(id))
}

export function useLiveSession(id: string): Session | undefined {
  return useTopic(`session:${id}`, (store) => store.session(id))
}

/** How many watch a broadcast at present; null where that is not known or the room is off air. */
export function useAudience(sessionId: string): number | null {
  return useTopic(`audience:${sessionId}`, (store) => store.audience(sessionId))
}

/** Open alerts per class, whatever is filtered. */
export function useLevelCounts(): LevelCounts {
  return useTopic('counts', (store) => store.counts())
}

export function useLiveReady(): boolean {
  return useTopic('ready', (store) => store.ready)
}

/** Ids of the open alerts, in no order that a screen may rely on. */
export function useOpenIds(): readonly string[] {
  return useTopic('list', (store) => store.openIds())
}

export function useHeartbeat(): ConsoleDownData<'hb'> | null {
  const { socket } = useLive()
  return useSyncExternalStore(socket.onHeartbeat, socket.heartbeat)
}
