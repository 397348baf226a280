import { useSyncExternalStore } from 'react'

export type Toast = { id: number; text: string; tone: 'plain' | 'bad' }

const shownMs = 5_000
let toasts: readonly Toast[] = []
let nextId = 1
const listeners = new Set<() => void>()

/** Says something in passing; it leaves by itself. Nothing that needs an answer belongs here. */
export function toast(text: string, tone: Toast['tone'] = 'plain'): void {
  const id = nextId
  nextId += 1
  set([...toasts.slice(-2), { id, text, tone }])
  setTimeout(() => set(toasts.filter((item) => item.id !== id)), shownMs)
}

export function useToasts(): readonly Toast[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => toasts,
  )
}

function set(next: readonly Toast[]): void {
  toasts = next
  for (const listener of listeners) listener()
}
