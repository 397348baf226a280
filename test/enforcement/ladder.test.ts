import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { codes, type Code } from '../../src/contracts/taxonomy.ts'
import { ladder, stepAfter, suggestStep, zhDuration, type LadderInput } from '../../src/enforcement/ladder.ts'

const plain: LadderInput = {
  severity: 3,
  score: 0.95,
  codes: ['efficacy.food_function'],
  categoryKnown: true,
  prior: [],
  expiredStrikes: 0,
}
const warned = { action: 'warn' as const, codes: ['spec.price'], weight: 1, active: true }
const suspended = { action: 'suspend' as const, codes: ['spec.price'], weight: 2, active: true }
const reminded = { action: 'remind' as const, codes: ['efficacy.food_function'], weight: 0, active: false }

describe('the ladder', () => {
  test.each([
    ['a small matter, first time', { severity: 2 }, 'remind', null],
    ['a substantial one', { severity: 3 }, 'warn', null],
    ['a serious one cuts the broadcast', { severity: 4 }, 'suspend', 600],
    ['a critical one starts higher', { severity: 5 }, 'suspend', 3_600],
    ['a second small matter of the same kind', { severity: 2, prior: [reminded] }, 'warn', null],
    ['after a warning', { prior: [warned] }, 'suspend', 600],
    ['after a warning and a suspension', { prior: [warned, suspended] }, 'suspend', 3_600],
    ['after two suspensions and a warning', { prior: [warned, suspended, suspended] }, 'suspend', 86_400],
    [
      'critical after two suspensions and a warning',
      { severity: 5, prior: [warned, suspended, suspended] },
      'ban',
      null,
    ],
    ['critical after two suspensions', { severity: 5, prior: [suspended, suspended] }, 'suspend', 604_800],
    ['six points propose a ban', { prior: [suspended, suspended, suspended] }, 'ban', null],
    ['a strike that no longer counts', { prior: [{ ...warned, active: false }] }, 'warn', null],
    ['some doubt lowers the entry', { severity: 4, score: 0.7 }, 'warn', null],
    ['much doubt lowers it twice', { severity: 4, score: 0.5 }, 'remind', null],
    [
      'absolute terms alone are only ever reminded',
      { severity: 2, codes: ['efficacy.absolute_term'], prior: [suspended, suspended, suspended] },
      'remind',
      null,
    ],
    ['a specification nobody has checked yet', { severity: 4, codes: ['spec.antique_investment'] }, 'warn', null],
    [
      'a draw without a known category',
      { severity: 4, codes: ['blindbox.game_mechanic'], categoryKnown: false },
      'warn',
      null,
    ],
    ['a draw of a known category', { severity: 4, codes: ['blindbox.game_mechanic'] }, 'suspend', 600],
    [
      'cash for draws needs no category',
      { severity: 5, codes: ['blindbox.gambling_cash'], categoryKnown: false },
      'suspend',
      3_600,
    ],
  ] as [string, Partial<LadderInput>, string, number | null][])('%s', (_name, changes, action, durationSeconds) => {
    expect(suggestStep({ ...plain, ...changes })).toMatchObject({ action, durationSeconds })
  })

  test('names its inputs, its version and the way to a ban', () => {
    const suggestion = suggestStep({ ...plain, prior: [warned], expiredStrikes: 1, score: 0.7 })
    expect(suggestion).toMatchObject({
      ladderVersion: ladder.version,
      strikesBefore: 1,
      strikesAfter: 2,
      banThreshold: 6,
    })
    expect(suggestion.inputs).toEqual([
      '90 天内有效计分 1（警告 1 次）',
      '严重度 3（普通食品宣称保健功能）',
      '同类违规第 1 次',
      '判定置信度 0.70，起点降 1 档',
      `阶梯表 ${ladder.version} 第 2 档`,
      '未计过期 1 次',
    ])
  })

  const measures = fc.record({
    action: fc.constantFrom('remind', 'warn', 'suspend'),
    codes: fc.subarray<Code>([...codes], { maxLength: 2 }),
    weight: fc.integer({ min: 0, max: 2 }),
    active: fc.boolean(),
  })
  const inputs = fc.record({
    severity: fc.integer({ min: 1, max: 5 }),
    score: fc.double({ min: 0, max: 1, noNaN: true }),
    codes: fc.subarray<Code>([...codes], { minLength: 1, maxLength: 3 }),
    categoryKnown: fc.boolean(),
    prior: fc.array(measures, { maxLength: 6 }),
    expiredStrikes: fc.nat(3),
  })

  test('one more measure in the past never gives a milder step', () => {
    fc.assert(
      fc.property(inputs, measures, (input, more) => {
        const before = suggestStep(input).step
        expect(suggestStep({ ...input, prior: [...input.prior, more] }).step).toBeGreaterThanOrEqual(before)
      }),
    )
  })

  test('a higher severity never gives a milder step', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const higher = Math.min(5, input.severity + 1)
        expect(suggestStep({ ...input, severity: higher }).step).toBeGreaterThanOrEqual(suggestStep(input).step)
      }),
    )
  })
})

test('the step after one is the next rung, and after a ban there is none', () => {
  expect(stepAfter('remind', null)).toMatchObject({ action: 'warn' })
  expect(stepAfter('suspend', 600)).toMatchObject({ durationSeconds: 3_600 })
  expect(stepAfter('suspend', 7_200)).toMatchObject({ durationSeconds: 86_400 })
  expect(stepAfter('suspend', 30 * 86_400)).toMatchObject({ action: 'ban' })
  expect(stepAfter('ban', null)).toBeNull()
})

test.each([
  [60, '1 分钟'],
  [600, '10 分钟'],
  [5_400, '90 分钟'],
  [3_600, '1 小时'],
  [86_400, '24 小时'],
  [604_800, '7 天'],
  [61, '61 秒'],
])('%i seconds read %s', (seconds, words) => {
  expect(zhDuration(seconds)).toBe(words)
})
