import { buildDoubleArray, rootState } from './double-array.ts'
import type { DoubleArray } from './double-array.ts'

/** What a pattern means to the pack; several concepts may list the same words. */
export type Entry = {
  concept: number
  kind: 'term' | 'allow' | 'alias'
  /** The term as the pack writes it, or what an alias stands for. */
  meant: string
  /** Fillers tolerated between two characters. */
  filler: number
}

/** Terms over an alphabet reduced to the units that occur in them. */
export type Lexicon = {
  automaton: DoubleArray
  /** Dense symbol per unit; 0 = in no pattern. */
  alphabet: Uint16Array
  entries: readonly (readonly Entry[])[]
}

/** Builds a lexicon; `alphabetSize` is one more than the largest unit. */
export function buildLexicon(
  terms: ReadonlyMap<string, { units: ArrayLike<number>; entries: Entry[] }>,
  alphabetSize: number,
): Lexicon {
  const alphabet = new Uint16Array(alphabetSize)
  let symbols = 0
  const patterns: Uint16Array[] = []
  const entries: Entry[][] = []
  for (const term of terms.values()) {
    const pattern = new Uint16Array(term.units.length)
    for (let i = 0; i < pattern.length; i++) {
      const unit = term.units[i] ?? 0
      if (alphabet[unit] === 0) alphabet[unit] = ++symbols
      pattern[i] = alphabet[unit] ?? 0
    }
    patterns.push(pattern)
    entries.push(term.entries)
  }
  return { automaton: buildDoubleArray(patterns), alphabet, entries }
}

/**
 * Runs the automaton over the first `count` units from `state` and reports every occurrence, overlapping ones included,
 * by its pattern and exclusive end. Start = end − length, negative when the occurrence began before this text. Returns
 * the state, which the next text may continue from.
 */
export function scan(
  lexicon: Lexicon,
  units: ArrayLike<number>,
  count: number,
  state: number,
  found: (pattern: number, end: number, length: number) => void,
): number {
  const { alphabet } = lexicon
  const { cells, ends, lengths } = lexicon.automaton
  let at = state
  for (let i = 0; i < count; i++) {
    // The steps of `next` in double-array.ts: a call for each unit would be felt.
    const symbol = alphabet[units[i] ?? 0] ?? 0
    if (symbol === 0) {
      at = rootState
      continue
    }
    for (;;) {
      const child = (cells[at] ?? 0) + symbol * 4
      if (cells[child + 1] === at) {
        at = child
        break
      }
      if (at === rootState) break
      at = cells[at + 2] ?? rootState
    }
    let ending = cells[at + 3] ?? rootState
    while (ending !== rootState) {
      const pattern = ends[ending >> 1] ?? 0
      found(pattern, i + 1, lengths[pattern] ?? 0)
      ending = ends[(ending >> 1) + 1] ?? rootState
    }
  }
  return at
}
