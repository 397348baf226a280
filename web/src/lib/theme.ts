import { useSyncExternalStore } from 'react'
import { readSetting, writeSetting } from './settings.ts'

export const themeChoices = ['system', 'dark', 'light'] as const
export type ThemeChoice = (typeof themeChoices)[number]

const listeners = new Set<() => void>()
const prefersLight = window.matchMedia('(prefers-color-scheme: light)')
let choice: ThemeChoice = themeChoices.find((known) => known === readSetting('theme')) ?? 'dark'

/** Puts the chosen theme on the document; follows the system while that is the choice. */
export function startTheme(): void {
  prefersLight.addEventListener('change', apply)
  apply()
}

/** The user's choice; dark until told otherwise. */
export function useThemeChoice(): ThemeChoice {
  return useSyncExternalStore(subscribe, () => choice)
}

export function setThemeChoice(next: ThemeChoice): void {
  choice = next
  writeSetting('theme', next)
  apply()
  for (const listener of listeners) listener()
}

function apply(): void {
  const light = choice === 'light' || (choice === 'system' && prefersLight.matches)
  document.documentElement.dataset['theme'] = light ? 'light' : 'dark'
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
