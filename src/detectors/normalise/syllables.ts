import { pinyin } from 'pinyin-pro'

/**
 * Syllables of Han characters in two strengths: `exact` tells toneless syllables apart, `heard` also merges those that
 * speech recognition and accents confuse (n/l, zh/z, ch/c, sh/s, h/f, -in/-ing, -en/-eng, -an/-ang, -un/-ong).
 */
export type SyllableTable = {
  /** Per UTF-16 unit; 0 = no syllable. */
  exact: Uint16Array
  heard: Uint16Array
  tone: Uint8Array
  /** Latin spellings (`zhi`), for syllables written out. */
  bySpelling: ReadonlyMap<string, { exact: number; heard: number }>
  heardCount: number
}

const firstHan = 0x4e00
const lastHan = 0x9fa5

let built: SyllableTable | undefined

/** The table, built once from the readings of pinyin-pro (about 100 ms). */
export function syllableTable(): SyllableTable {
  return (built ??= build())
}

function build(): SyllableTable {
  const exact = new Uint16Array(65_536)
  const heard = new Uint16Array(65_536)
  const tone = new Uint8Array(65_536)
  const exactIds = new Map<string, number>()
  const heardIds = new Map<string, number>()
  const syllableOf = new Map<string, { exact: number; heard: number; tone: number }>()
  readings().forEach((reading, i) => {
    const known = syllableOf.get(reading)
    const spelling = known === undefined ? spellingOf(reading) : ''
    if (spelling === undefined) return
    const syllable = known ?? {
      exact: idOf(exactIds, spelling),
      heard: idOf(heardIds, heardAs(spelling)),
      tone: toneOf(reading),
    }
    syllableOf.set(reading, syllable)
    const unit = firstHan + i
    exact[unit] = syllable.exact
    heard[unit] = syllable.heard
    tone[unit] = syllable.tone
  })
  const bySpelling = new Map(
    [...exactIds].map(([spelling, id]) => [spelling, { exact: id, heard: idOf(heardIds, heardAs(spelling)) }]),
  )
  return { exact, heard, tone, bySpelling, heardCount: heardIds.size + 1 }
}

/** The reading of each Han character by itself, as `zhì`. Line ends keep them from being read as words. */
function readings(): string[] {
  const characters = Array.from({ length: lastHan - firstHan + 1 }, (_, i) => String.fromCharCode(firstHan + i))
  return pinyin(characters.join('\n'), { separator: '' }).split('\n')
}

const toneMarks = ['\u0304', '\u0301', '\u030c', '\u0300']

/** 1 to 4, or 0 for the neutral tone. */
function toneOf(reading: string): number {
  const decomposed = reading.normalize('NFD')
  return toneMarks.findIndex((mark) => decomposed.includes(mark)) + 1
}

/** Letters alone, ü as v; undefined for what is no syllable. */
function spellingOf(reading: string): string | undefined {
  const decomposed = reading.normalize('NFD').replaceAll('u\u0308', 'v')
  return /^([a-z]+)$/.exec(decomposed.replaceAll(/[\u0300\u0301\u0304\u030c]/g, ''))?.[1]
}

function idOf(ids: Map<string, number>, key: string): number {
  const id = ids.get(key) ?? ids.size + 1
  ids.set(key, id)
  return id
}

/** The class of syllables that are confused with this one. */
export function heardAs(spelling: string): string {
  if (spelling === 'hu') return 'fu'
  let heard = spelling
  for (const [from, to] of initials) {
    if (heard.startsWith(from)) {
      heard = to + heard.slice(from.length)
      break
    }
  }
  for (const [from, to] of finals) {
    if (heard.endsWith(from)) return heard.slice(0, -from.length) + to
  }
  return heard
}

const initials: readonly (readonly [string, string])[] = [
  ['zh', 'z'],
  ['ch', 'c'],
  ['sh', 's'],
  ['n', 'l'],
  ['hu', 'f'],
]
const finals: readonly (readonly [string, string])[] = [
  ['iang', 'ian'],
  ['uang', 'uan'],
  ['ang', 'an'],
  ['eng', 'en'],
  ['ing', 'in'],
]
