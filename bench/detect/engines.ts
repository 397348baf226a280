import { rootState } from '../../src/detectors/lexicon/double-array.ts'
import { buildLexicon, scan } from '../../src/detectors/lexicon/lexicon.ts'

/** Something that finds all of many words in a text, and tells how many occurrences it found. */
export type Engine = { name: string; build: (patterns: readonly string[]) => (text: string) => number }

/** This project's automaton; it is given text like the others, and like the others lists what it found. */
export const ownEngine: Engine = {
  name: 'livewarden',
  build(patterns) {
    const terms = new Map(patterns.map((pattern) => [pattern, { units: unitsOf(pattern, []), entries: [] }]))
    const lexicon = buildLexicon(terms, 65_536)
    const units: number[] = []
    return (text) => {
      const found: { pattern: number; end: number }[] = []
      scan(lexicon, unitsOf(text, units), text.length, rootState, (pattern, end) => found.push({ pattern, end }))
      return found.length
    }
  },
}

function unitsOf(text: string, units: number[]): number[] {
  for (let i = 0; i < text.length; i++) units[i] = text.charCodeAt(i)
  return units
}

/** An alternation finds only the first of overlapping words, and no word inside another. */
export const regExpEngine: Engine = {
  name: 'RegExp alternation',
  build(patterns) {
    const longestFirst = [...patterns].sort((a, b) => b.length - a.length)
    const alternation = new RegExp(
      longestFirst.map((one) => one.replace(/[\\^$.*+?()[\]{}|]/gu, '\\$&')).join('|'),
      'g',
    )
    return (text) => text.match(alternation)?.length ?? 0
  },
}

/** What the packages export, as far as it is used here. */
type Searching = { search: (text: string) => readonly unknown[] }
type Matching = { matchInText: (text: string) => readonly unknown[] }
type Built<T> = { default: new (patterns: string[]) => T }

/** Packages of npm that do the same; one that is not installed is left out and named. */
const peers: readonly { name: string; load: () => Promise<Engine['build']> }[] = [
  {
    name: 'modern-ahocorasick',
    load: async () => {
      const { default: AhoCorasick } = (await import(named('modern-ahocorasick/fast'))) as Built<Searching>
      return (patterns) => {
        const matcher = new AhoCorasick([...patterns])
        return (text) => matcher.search(text).length
      }
    },
  },
  {
    name: '@monyone/aho-corasick',
    load: async () => {
      const { AhoCorasick } = (await import(named('@monyone/aho-corasick/fast'))) as {
        AhoCorasick: Built<Matching>['default']
      }
      return (patterns) => {
        const matcher = new AhoCorasick([...patterns])
        return (text) => matcher.matchInText(text).length
      }
    },
  },
  {
    name: 'ahocorasick',
    load: async () => {
      const { default: AhoCorasick } = (await import(named('ahocorasick'))) as Built<Searching>
      return (patterns) => {
        const matcher = new AhoCorasick([...patterns])
        // One entry per place, with the list of words that end there.
        return (text) => matcher.search(text).reduce<number>((sum, entry) => sum + wordsAt(entry), 0)
      }
    },
  },
]

/** Keeps the compiler from looking for a package that need not be installed. */
function named(specifier: string): string {
  return specifier
}

function wordsAt(entry: unknown): number {
  return Array.isArray(entry) && Array.isArray(entry[1]) ? entry[1].length : 0
}

/** The peers that are installed, and the names of those that are not. */
export async function loadPeers(): Promise<{ engines: Engine[]; missing: string[] }> {
  const engines: Engine[] = []
  const missing: string[] = []
  for (const { name, load } of peers) {
    try {
      engines.push({ name, build: await load() })
    } catch (error) {
      if (!(error instanceof Error) || !('code' in error) || error.code !== 'ERR_MODULE_NOT_FOUND') throw error
      missing.push(name)
    }
  }
  return { engines, missing }
}
