/** What a browser remembers of its user's wishes. */
export type SettingName = 'language' | 'theme' | 'rail' | 'letters'

const prefix = 'livewarden.'

/** A stored wish, or null; storage may be switched off, which is no error. */
export function readSetting(name: SettingName): string | null {
  return readStored(prefix + name)
}

export function writeSetting(name: SettingName, value: string): void {
  writeStored(prefix + name, value)
}

/** A prepared decision of one person for one case, kept until submitted or discarded. */
export function draftKey(personId: string, caseId: string): string {
  return `${prefix}draft.${personId}.${caseId}`
}

export function readStored(key: string): string | null {
  try {
    return window.localStorage.getItem(key)
  } catch {
    return null
  }
}

export function writeStored(key: string, value: string | null): void {
  try {
    if (value === null) window.localStorage.removeItem(key)
    else window.localStorage.setItem(key, value)
  } catch {
    // A full or forbidden storage costs the memory of a wish, nothing else.
  }
}
