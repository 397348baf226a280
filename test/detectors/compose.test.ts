import { describe, expect, it } from 'vitest'
import { judge } from '../../src/detectors/analyse.ts'
import { emptyContext } from '../../src/detectors/analysis-context.ts'
import type { AnalysisContext } from '../../src/detectors/analysis-context.ts'
import { numberSpans } from '../../src/detectors/compose/number-spans.ts'
import { normalise } from '../../src/detectors/normalise/normalise.ts'
import { compileUnchecked } from '../../src/detectors/pack/compile-pack.ts'
import type { CompiledRulePack } from '../../src/detectors/pack/compiled-rule-pack.ts'

const concepts = `
concepts:
  - { id: A, zh: 甲, terms: [甲] }
  - { id: B, zh: 乙, terms: [乙] }
  - { id: STOP, zh: 停, terms: [停] }
  - { id: PRODUCT_REF, zh: 所售商品, terms: [这个] }
`

function packWith(rule: string): CompiledRulePack {
  const text = `${concepts}
rules:
  - id: r
    code: spec.material
    zh: 试
${rule
  .trim()
  .split('\n')
  .map((line) => `    ${line.trim()}`)
  .join('\n')}
    examples: { positive: [甲, 甲], negative: [丙, 丙] }
`
  const result = compileUnchecked([
    { file: 'pack.yaml', text: "pack: p\nversion: '1'\nzh: 试\n" },
    { file: 'r.yaml', text },
  ])
  if (!result.ok) throw new Error(result.problems[0]?.problem)
  return result.pack
}

function fires(rule: string, text: string, context: Partial<AnalysisContext> = {}): boolean {
  const present = { seq: 9, atMs: 40_000, speaker: 'host' as const, text }
  return judge(present, { ...emptyContext, ...context }, packWith(rule)).findings.length > 0
}

const both = 'need: [{ any: [A] }, { any: [B] }]'

describe('a rule', () => {
  it.each([
    ['both slots, any order', both, '乙和甲', true],
    ['one slot missing', both, '甲和丙', false],
    ['slots too far apart', `${both}\ngap: 3`, '甲一二三四五乙', false],
    ['slots near enough', `${both}\ngap: 6`, '甲天地人手口乙', true],
    ['wrong order', `${both}\norder: listed`, '乙和甲', false],
    ['right order', `${both}\norder: listed`, '甲和乙', true],
    ['another clause', `${both}\nscope: clause`, '甲，乙', false],
    ['the same clause', `${both}\nscope: clause`, '好，甲乙', true],
    ['stopped by a word', `${both}\nwithout: [STOP]`, '甲乙停', false],
    ['a later filling when the first is too far', `${both}\ngap: 3`, '甲天地人手口乙和甲', true],
    ['the same words twice for two slots', 'need: [{ any: [A] }, { any: [A] }]', '甲', false],
    ['two occurrences for two slots', 'need: [{ any: [A] }, { any: [A] }]', '甲和甲', true],
  ])('%s', (_name, rule, text, expected) => {
    expect(fires(rule, text)).toBe(expected)
  })

  it('finds a slot that may lie earlier in the window', () => {
    const window = [
      { seq: 3, atMs: 10_000, speaker: 'assistant' as const, text: '先说一说这个甲到底是个什么东西哪里来的' },
    ]
    const earlier = 'need: [{ any: [A], earlier: true }, { any: [B] }]'
    expect(fires(earlier, '然后大家再来看看这个乙到底好不好', { window })).toBe(true)
    expect(fires(earlier, '然后大家再来看看这个乙到底好不好')).toBe(false)
  })

  it.each([
    ['the word that was missing', '甲', '乙', true],
    ['only what it is about', '甲', '这个', false],
    ['a stray character of another sentence', '甲', '今天天气乙好', false],
    ['nothing of it', '甲', '丙', false],
    ['a further word to a claim that was made', '甲这个乙', '乙', false],
  ])('joins two utterances or not when the present one adds %s', (_what, before, text, expected) => {
    const window = [{ seq: 8, atMs: 38_000, speaker: 'assistant' as const, text: before }]
    expect(fires('need: [{ any: [A] }, { any: [B, PRODUCT_REF] }]', text, { window })).toBe(expected)
  })

  it('asks for a registered fact that says otherwise', () => {
    const rule = 'need: [{ any: [A] }]\ncontradictedBy: [{ fact: [材质], says: [合金] }]'
    expect(fires(rule, '甲', { facts: { 材质: '锌合金镀金' } })).toBe(true)
    expect(fires(rule, '甲', { facts: { 材质: '足金' } })).toBe(false)
  })

  it('takes an absurd price for evidence, on the counter or spoken', () => {
    const rule = 'need: [{ any: [A] }]\nabsurdBelowFen: 10000'
    expect(fires(rule, '甲九块九')).toBe(true)
    expect(fires(rule, '甲三百块')).toBe(false)
    expect(fires(rule, '甲九块九', { priceFen: 50_000 })).toBe(false)
  })

  it('keeps to its categories', () => {
    const rule = 'need: [{ any: [A] }]\ncategories: [jewelry]'
    expect(fires(rule, '甲', { category: 'jewelry' })).toBe(true)
    expect(fires(rule, '甲', { category: 'food' })).toBe(false)
  })
})

describe('numbers with units', () => {
  it.each([
    ['三天见效', '#TIME_SPAN', 3],
    ['3个疗程', '#TIME_SPAN', 3],
    ['瘦10斤', '#WEIGHT', 10],
    ['九块九', '#MONEY', 990],
    ['一千九百八十元', '#MONEY', 198_000],
    ['有效率98.7%', '#PERCENT', 98.7],
    ['四年级', '#AGE', 4],
    ['拆五包', '#COUNT', 5],
  ])('%s holds %s', (text, concept, value) => {
    expect(numberSpans(normalise(text))).toMatchObject([{ concept, value }])
  })

  it('an ordinal is no span of time', () => {
    expect(numberSpans(normalise('第二天'))).toEqual([])
  })
})
