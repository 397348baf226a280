import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { detect } from '../../../src/detectors/detect.ts'
import { compileUnchecked } from '../../../src/detectors/pack/compile-pack.ts'
import type { CompiledRulePack } from '../../../src/detectors/pack/compiled-rule-pack.ts'

/** Words of one character, a slot each, so that a position is a span. */
const words = ['茶', '壶', '杯'] as const

type Shape = { slots: number; gap: number; order: 'any' | 'listed' }

const packs = new Map<string, CompiledRulePack>()

function packOf({ slots, gap, order }: Shape): CompiledRulePack {
  const key = `${slots} ${gap} ${order}`
  const known = packs.get(key)
  if (known !== undefined) return known
  const concepts = words.map((word, i) => `  - { id: W${i}, zh: ${word}, terms: [${word}] }\n`).join('')
  const need = words.slice(0, slots).map((_, i) => `{ any: [W${i}] }`)
  const rules = `  - id: near
    code: efficacy.food_cure
    zh: 试
    need: [${need.join(', ')}]
    gap: ${gap}
    order: ${order}
    examples: { positive: [一, 二], negative: [三, 四] }
`
  const result = compileUnchecked([
    { file: 'pack.yaml', text: "pack: p\nversion: '1'\nzh: 试\n" },
    { file: 'rules.yaml', text: `concepts:\n${concepts}rules:\n${rules}` },
  ])
  if (!result.ok) throw new Error(result.problems[0]?.problem)
  packs.set(key, result.pack)
  return result.pack
}

/** Whether some choice of one position per slot has no two neighbours further apart than the gap. */
function standsNear(text: string, { slots, gap, order }: Shape): boolean {
  const places = words.slice(0, slots).map((word) => [...text].flatMap((char, i) => (char === word ? [i] : [])))
  const choose = (chosen: readonly number[]): boolean => {
    const candidates = places[chosen.length]
    if (candidates === undefined) return isTight(order === 'any' ? [...chosen].sort((a, b) => a - b) : chosen, gap)
    return candidates.some((place) => choose([...chosen, place]))
  }
  return choose([])
}

function isTight(positions: readonly number[], gap: number): boolean {
  return positions.every((position, i) => {
    const before = positions[i - 1]
    return before === undefined || (position > before && position - before - 1 <= gap)
  })
}

const shape: fc.Arbitrary<Shape> = fc.record({
  slots: fc.constantFrom(1, 2, 3),
  // With a wider gap, more words of a slot may stand near than the engine holds.
  gap: fc.constantFrom(0, 1, 3, 4),
  order: fc.constantFrom('any' as const, 'listed' as const),
})
const dense = fc.string({ unit: fc.constantFrom(...words, '山'), minLength: 1, maxLength: 60, size: 'max' })
/** Words hardly ever near each other: what completes a rule may stand far into a long text. */
const apart = fc
  .array(
    fc.tuple(fc.oneof({ weight: 20, arbitrary: fc.nat(4) }, { weight: 1, arbitrary: fc.constant(-5) }), fc.nat(2)),
    {
      minLength: 1,
      maxLength: 80,
      size: 'max',
    },
  )
  .map((parts) => parts.map(([more, word]) => '山'.repeat(5 + more) + (words[word] ?? '')).join(''))
const text = fc.oneof(dense, apart)

describe('a rule', () => {
  it('fires exactly when its words stand near enough, in a short text or a long one', () => {
    fc.assert(
      fc.property(shape, text, (form, sample) => {
        const { findings } = detect({ id: 'x', channel: 'speech', text: sample }, packOf(form))
        expect(findings.length > 0).toBe(standsNear(sample, form))
      }),
      { numRuns: 1_000 },
    )
  })

  it('quotes all of its words and nothing beyond them', () => {
    fc.assert(
      fc.property(shape, text, (form, sample) => {
        for (const { quote } of detect({ id: 'x', channel: 'speech', text: sample }, packOf(form)).findings) {
          expect(words).toContain(quote[0])
          expect(words).toContain(quote.at(-1))
          expect(standsNear(quote, form)).toBe(true)
        }
      }),
      { numRuns: 300 },
    )
  })
})
