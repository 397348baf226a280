import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { next, rootState } from '../../../src/detectors/lexicon/double-array.ts'
import { buildLexicon, scan } from '../../../src/detectors/lexicon/lexicon.ts'
import type { Lexicon } from '../../../src/detectors/lexicon/lexicon.ts'

const unit = fc.constantFrom('降', '糖', '血', '压', 'a', '外', '\ud83e')
const words = fc.uniqueArray(fc.string({ unit, minLength: 1, maxLength: 6 }), {
  minLength: 1,
  maxLength: 60,
  size: 'max',
})
const chunks = fc.array(fc.string({ unit, maxLength: 9 }), { maxLength: 12, size: 'max' })

function unitsOf(text: string): number[] {
  return Array.from({ length: text.length }, (_, i) => text.charCodeAt(i))
}

function lexiconOf(list: readonly string[]): Lexicon {
  return buildLexicon(new Map(list.map((word) => [word, { units: unitsOf(word), entries: [] }])), 65_536)
}

function hitsOf(lexicon: Lexicon, parts: readonly string[]): { hits: string[]; state: number } {
  const hits: string[] = []
  let state = rootState
  let before = 0
  for (const part of parts) {
    state = scan(lexicon, unitsOf(part), part.length, state, (pattern, end, length) => {
      hits.push(`${before + end - length}-${before + end} ${pattern}`)
    })
    before += part.length
  }
  return { hits, state }
}

describe('the automaton over a text in pieces', () => {
  it('[DE2] finds the same in the same order, and ends in the same state, however the text is cut', () => {
    fc.assert(
      fc.property(words, chunks, (list, parts) => {
        const lexicon = lexiconOf(list)
        expect(hitsOf(lexicon, parts)).toEqual(hitsOf(lexicon, [parts.join('')]))
      }),
    )
  })

  it('is in the state of the longest suffix of the text that begins a word', () => {
    fc.assert(
      fc.property(words, chunks, (list, parts) => {
        const lexicon = lexiconOf(list)
        const { alphabet, automaton } = lexicon
        const text = parts.join('')
        let suffix = text
        while (suffix !== '' && !list.some((word) => word.startsWith(suffix))) suffix = suffix.slice(1)
        const expected = unitsOf(suffix).reduce((state, one) => next(automaton, state, alphabet[one] ?? 0), rootState)
        expect(hitsOf(lexicon, parts).state).toBe(expected)
      }),
    )
  })
})
