import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { categories } from '../../../src/contracts/category.ts'
import type { DetectInput } from '../../../src/contracts/detect.ts'
import { analyse } from '../../../src/detectors/analyse.ts'
import { detect, detectScene } from '../../../src/detectors/detect.ts'
import { compileUnchecked } from '../../../src/detectors/pack/compile-pack.ts'
import { seedPackFiles } from '../support/load-pack.ts'

const compiled = compileUnchecked(seedPackFiles())
if (!compiled.ok) throw new Error(compiled.problems[0]?.problem)
const { pack } = compiled

const claims = [
  '血糖降下来',
  '三天祛斑',
  '治好了糖尿病',
  '九块九一个盲盒',
  '开到什么算什么',
  '百分百纯手工',
  '加我微信',
  '无效退款',
]
const turns = [
  '咱家',
  '骗人的',
  '不能',
  '能不能',
  '吗',
  '但是',
  '有人说',
  '广告法规定',
  '呃',
  '那个',
  '，',
  '98%',
  '3天',
  '🩸🍬',
  '米唐',
]

/** What keyboards, recognisers and evaders produce, and what nobody does. */
const oddities = fc.oneof(
  fc.constantFrom('\ud83d', '\udc00', '\ud800\ud800', '\udfff\ud83e'),
  fc.constantFrom(
    'e\u0301\u0323',
    'ก\u0e33',
    '\u20e3',
    '\u0300'.repeat(20),
    '한',
    'ﾊﾞ',
    'ﬀ',
    '㎏',
    '㍿',
    '½',
    '①',
    '𝟗',
    '𠮷',
    '〇',
  ),
  fc.constantFrom('\u202e血糖\u202c', 'שלום', 'مرحبا', '\u200f', '\u061c'),
  fc.constantFrom('👩\u200d⚕️', '👨\u200d👩\u200d👧\u200d👦', '🏳️\u200d🌈', '🇨🇳', '👍🏽', '\u200d', '\ufe0f'),
  fc.constantFrom('\u0000', '\u0007', '\u001b[31m', '\r\n', '\t', '\u0085', '\u2028', '\ufeff', '\uffff', '\u3000'),
  fc.string({ unit: 'binary', maxLength: 6 }),
  fc.string({ unit: 'grapheme', maxLength: 6 }),
)
const fragment = fc.oneof(fc.constantFrom(...claims), fc.constantFrom(...turns), oddities)
const textOf = (most: number): fc.Arbitrary<string> =>
  fc
    .array(fragment, { minLength: 1, maxLength: most, size: 'max' })
    .map((parts) => parts.join('').slice(0, 2_000) || '1')

const input: fc.Arbitrary<DetectInput> = fc.record(
  {
    id: fc.constant('x'),
    channel: fc.constantFrom('speech' as const, 'chat' as const),
    category: fc.constantFrom(...categories),
    licences: fc.constantFrom([], ['国食健注G20200001:辅助降血糖'], ['潮玩盲盒']),
    context: fc.array(textOf(6), { maxLength: 4 }),
    text: fc.oneof(textOf(12), textOf(60), textOf(600)),
  },
  { requiredKeys: ['id', 'channel', 'text'] },
)

function cutsPair(text: string, at: number): boolean {
  return /[\ud800-\udbff]/.test(text[at - 1] ?? '') && /[\udc00-\udfff]/.test(text[at] ?? '')
}

describe('detect on arbitrary Unicode', () => {
  it('[DE1] never throws, and marks words that lie inside the text and cut no character', () => {
    fc.assert(
      fc.property(input, (line) => {
        const { findings, exemptions } = detect(line, pack)
        for (const { span, quote } of [...findings, ...exemptions]) {
          const [start, end] = span
          expect(start).toBeGreaterThanOrEqual(0)
          expect(end).toBeGreaterThan(start)
          expect(end).toBeLessThanOrEqual(line.text.length)
          expect(quote).toBe(line.text.slice(start, end))
          expect(cutsPair(line.text, start) || cutsPair(line.text, end)).toBe(false)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('gives the same answer again, whatever was analysed in between', () => {
    fc.assert(
      fc.property(input, input, (line, other) => {
        const first = detect(line, pack)
        detect(other, pack)
        expect(detect(line, pack)).toEqual(first)
      }),
      { numRuns: 100 },
    )
  })

  it('quotes each concept of a finding as it stands in the utterance that said it', () => {
    fc.assert(
      fc.property(input, (line) => {
        const { event, context } = detectScene(line)
        const said = new Map([...context.window, event].map((one) => [one.seq, one.text]))
        for (const { concepts } of analyse(event, context, pack).findings) {
          for (const { seq, span, quote } of concepts) {
            const text = said.get(seq ?? -1) ?? ''
            const [start, end] = span
            expect(quote).toBe(text.slice(start, end))
            expect(cutsPair(text, start) || cutsPair(text, end)).toBe(false)
          }
        }
      }),
      { numRuns: 200 },
    )
  })
})
