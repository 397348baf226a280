import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { visiblePieces } from '../../web/src/lib/invisible-characters.ts'
import { excerpt, markPieces } from '../../web/src/lib/marked-text.ts'

/** Half of a surrogate pair without its other half. */
const halfCharacter = /\p{Surrogate}/u

describe('marked words', () => {
  it('are exactly the words of the span', () => {
    expect(markPieces('坚持喝三天根治高血压', [{ start: 3, end: 7, strength: 'hit' }])).toEqual([
      { text: '坚持喝', strength: null },
      { text: '三天根治', strength: 'hit' },
      { text: '高血压', strength: null },
    ])
  })

  it('let a hit win over a concept it overlaps', () => {
    const pieces = markPieces('abcdef', [
      { start: 0, end: 4, strength: 'concept' },
      { start: 2, end: 5, strength: 'hit' },
    ])
    expect(pieces.map(({ text, strength }) => [text, strength])).toEqual([
      ['ab', 'concept'],
      ['cde', 'hit'],
      ['f', null],
    ])
  })

  it('never lose, add or tear a character, whatever the spans', () => {
    const spans = fc.array(
      fc.record({
        start: fc.integer({ min: -5, max: 40 }),
        end: fc.integer({ min: -5, max: 40 }),
        strength: fc.constantFrom('hit' as const, 'concept' as const),
      }),
    )
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 20 }), spans, (text, marks) => {
        const pieces = markPieces(text, marks)
        expect(pieces.map((piece) => piece.text).join('')).toBe(text)
        for (const piece of pieces) expect(halfCharacter.test(piece.text)).toBe(halfCharacter.test(text))
      }),
    )
  })

  it('stay in the excerpt of a long text', () => {
    const text = `${'前'.repeat(50)}三天根治${'后'.repeat(50)}`
    expect(excerpt(text, [50, 54], 5)).toEqual({ lead: '…前前前前前', mark: '三天根治', tail: '后后后后后…' })
    expect(excerpt('短', [0, 1], 5)).toEqual({ lead: '', mark: '短', tail: '' })
  })

  it('stay whole in an excerpt, and no character is torn', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 30 })
    const offset = fc.integer({ min: -5, max: 40 })
    fc.assert(
      fc.property(text, offset, offset, fc.nat(10), (words, from, to, budget) => {
        const cut = excerpt(words, [from, to], budget)
        expect(cut.mark).toContain(words.slice(Math.max(0, from), Math.max(0, from, to)))
        for (const part of Object.values(cut)) expect(halfCharacter.test(part)).toBe(halfCharacter.test(words))
      }),
    )
  })
})

describe('invisible characters', () => {
  it('become markers that name them', () => {
    expect(visiblePieces('根\u200b治\u202e')).toEqual([
      { text: '根', marker: null },
      { text: '\u200b', marker: 'ZWSP' },
      { text: '治', marker: null },
      { text: '\u202e', marker: 'RLO' },
    ])
    expect(visiblePieces('a\u0000')[1]?.marker).toBe('U+0000')
  })

  it('leave the joiner inside an emoji alone', () => {
    expect(visiblePieces('👩‍👧')).toEqual([{ text: '👩‍👧', marker: null }])
    expect(visiblePieces('根\u200d治').map(({ marker }) => marker)).toEqual([null, 'ZWJ', null])
  })

  it('lose nothing of the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(
          visiblePieces(text)
            .map((piece) => piece.text)
            .join(''),
        ).toBe(text)
      }),
    )
  })
})
