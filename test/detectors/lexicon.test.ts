import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rootState } from '../../src/detectors/lexicon/double-array.ts'
import { buildLexicon, scan } from '../../src/detectors/lexicon/lexicon.ts'
import type { Lexicon } from '../../src/detectors/lexicon/lexicon.ts'

function lexiconOf(words: readonly string[]): Lexicon {
  const terms = new Map(
    words.map((word) => [word, { units: Uint16Array.from(word, (c) => c.charCodeAt(0)), entries: [] }]),
  )
  return buildLexicon(terms, 65_536)
}

function hitsOf(lexicon: Lexicon, words: readonly string[], parts: readonly string[]): string[] {
  const found: string[] = []
  let state = rootState
  let before = 0
  for (const part of parts) {
    state = scan(
      lexicon,
      Uint16Array.from({ length: part.length }, (_, i) => part.charCodeAt(i)),
      part.length,
      state,
      (pattern, end, length) => found.push(`${before + end - length}:${words[pattern] ?? '?'}`),
    )
    before += part.length
  }
  return found.sort()
}

function naive(words: readonly string[], text: string): string[] {
  const found: string[] = []
  for (const word of words) {
    for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) found.push(`${at}:${word}`)
  }
  return found.sort()
}

const word = fc.string({ unit: fc.constantFrom('降', '糖', '血', '压', 'a', 'b'), minLength: 1, maxLength: 5 })
const words = fc.uniqueArray(word, { minLength: 1, maxLength: 40 })
const text = fc.string({ unit: fc.constantFrom('降', '糖', '血', '压', 'a', 'b', '外'), maxLength: 80 })

describe('the automaton', () => {
  it('[DE2] finds what a naive search finds', () => {
    fc.assert(
      fc.property(words, text, (list, sample) => {
        expect(hitsOf(lexiconOf(list), list, [sample])).toEqual(naive(list, sample))
      }),
    )
  })

  it('finds the same when the text arrives in two pieces', () => {
    fc.assert(
      fc.property(words, text, fc.nat(80), (list, sample, cut) => {
        const parts = [sample.slice(0, cut), sample.slice(cut)]
        expect(hitsOf(lexiconOf(list), list, parts)).toEqual(naive(list, sample))
      }),
    )
  })

  it('finds every one of 20,000 words', () => {
    const many = Array.from({ length: 20_000 }, (_, i) =>
      String.fromCharCode(0x4e00 + (i % 3_000), 0x5000 + Math.floor(i / 3_000), 0x6000 + ((i * 7) % 1_000)),
    )
    const lexicon = lexiconOf(many)
    for (const sample of [many[0], many[9_999], many[19_999]]) {
      expect(hitsOf(lexicon, many, [`前${sample ?? ''}后`])).toContain(`1:${sample ?? ''}`)
    }
  })
})
