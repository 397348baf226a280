import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { detectOutputSchema } from '../../src/contracts/detect.ts'
import { categories } from '../../src/contracts/category.ts'
import { detect } from '../../src/detectors/detect.ts'
import { compileUnchecked } from '../../src/detectors/pack/compile-pack.ts'
import { seedPackFiles } from './support/load-pack.ts'

const compiled = compileUnchecked(seedPackFiles())
if (!compiled.ok) throw new Error(compiled.problems[0]?.problem)
const { pack } = compiled

/** Words of the trade in any order with any Unicode between them: the worst a room can send. */
const fragment = fc.oneof(
  fc.constantFrom(
    '血糖',
    '降下来',
    '三天',
    '咱家',
    '骗人的',
    '不能',
    '吗',
    '盲盒',
    '折现',
    '纯手工',
    '九块九',
    '呃',
    '🫘',
    '，',
  ),
  fc.string({ unit: 'binary', maxLength: 4 }),
)
const text = fc.array(fragment, { minLength: 1, maxLength: 25 }).map((parts) => parts.join('') || '1')

const input = fc.record(
  {
    id: fc.constant('x'),
    channel: fc.constantFrom('speech' as const, 'chat' as const),
    category: fc.constantFrom(...categories),
    context: fc.array(text, { maxLength: 4 }),
    text,
  },
  { requiredKeys: ['id', 'channel', 'text'] },
)

describe('detect', () => {
  it('[DE1] answers any Unicode in the form of its contract, with every span inside the text and every quote its words', () => {
    fc.assert(
      fc.property(input, (line) => {
        const answer = detectOutputSchema.parse(detect(line, pack))
        for (const { span, quote } of [...answer.findings, ...answer.exemptions]) {
          expect(span[0]).toBeLessThan(span[1])
          expect(span[1]).toBeLessThanOrEqual(line.text.length)
          expect(line.text.slice(span[0], span[1])).toBe(quote)
        }
        expect(answer.verdict === 'pass').toBe(answer.findings.every(({ severity }) => severity < 2))
      }),
      { numRuns: 400 },
    )
  })

  it('gives the same answer twice', () => {
    fc.assert(
      fc.property(input, (line) => {
        expect(detect(line, pack)).toEqual(detect(line, pack))
      }),
    )
  })
})
