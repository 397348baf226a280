import { useEffect, useEffectEvent, useSyncExternalStore } from 'react'
import { commandsFor, type Chord, type CommandId, type Press } from './key-catalogue.ts'
import { readSetting, writeSetting } from './settings.ts'

type Handler = (event: KeyboardEvent) => void

/** Milliseconds the second press of a sequence may take. */
const sequenceMs = 1_200
const handlers = new Map<CommandId, Handler[]>()
const letterListeners = new Set<() => void>()
let lettersOn = readSetting('letters') !== 'off'
let before: { chord: Chord; at: number } | null = null

/** Runs a command while the component is mounted; the one mounted last has the key. */
export function useCommand(id: CommandId, run: (event: KeyboardEvent) => void, enabled = true): void {
  const latest = useEffectEvent(run)
  useEffect(() => {
    if (!enabled) return undefined
    const handler: Handler = (event) => latest(event)
    const list = handlers.get(id) ?? []
    list.push(handler)
    handlers.set(id, list)
    return () => {
      const at = list.indexOf(handler)
      if (at >= 0) list.splice(at, 1)
    }
  }, [id, enabled])
}

/** Whether single-letter keys are on (WCAG 2.1.4). */
export function useLettersOn(): boolean {
  return useSyncExternalStore(
    (listener) => {
      letterListeners.add(listener)
      return () => letterListeners.delete(listener)
    },
    () => lettersOn,
  )
}

export function setLettersOn(on: boolean): void {
  lettersOn = on
  writeSetting('letters', on ? 'on' : 'off')
  for (const listener of letterListeners) listener()
}

/** Listens on the document; called once at start. */
export function startKeys(): void {
  document.addEventListener('keydown', (event) => {
    // Behind a modal dialog nothing is reachable, by key neither; Escape belongs to the dialog.
    if (event.defaultPrevented || document.querySelector('dialog[open]') !== null) return
    const held = before !== null && event.timeStamp - before.at < sequenceMs ? before.chord : null
    // A question mark is a question mark, wherever a layout keeps it.
    const asked = event.key === '?'
    const press: Press = {
      code: asked ? 'Slash' : event.code,
      shift: asked || event.shiftKey,
      ctrl: event.ctrlKey,
      alt: event.altKey,
      meta: event.metaKey,
      composing: event.isComposing || event.keyCode === 229,
      focus: focusOf(event.target),
    }
    const { ids, pending } = commandsFor(press, held, lettersOn)
    before = pending === null ? null : { chord: pending, at: event.timeStamp }
    for (const id of ids) {
      const handler = handlers.get(id)?.at(-1)
      if (handler === undefined) continue
      event.preventDefault()
      handler(event)
      return
    }
  })
}

const textTypes = new Set(['text', 'search', 'password', 'email', 'number', 'date', 'datetime-local', 'url', 'tel'])

function focusOf(target: EventTarget | null): Press['focus'] {
  if (!(target instanceof HTMLElement)) return 'page'
  if (target.isContentEditable || target instanceof HTMLTextAreaElement) return 'text'
  if (target instanceof HTMLInputElement) return textTypes.has(target.type) ? 'text' : 'control'
  if (target instanceof HTMLSelectElement) return 'select'
  return target.closest('button, a[href], summary, [role="menuitem"], [role="menuitemradio"]') === null
    ? 'page'
    : 'control'
}
