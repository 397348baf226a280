import { describe, expect, it } from 'vitest'
import type { ClassifierFile } from '../../src/contracts/classifier.ts'
import { analyse } from '../../src/detectors/analyse.ts'
import type { AnalysisContext } from '../../src/detectors/analysis-context.ts'
import { emptyContext } from '../../src/detectors/analysis-context.ts'
import { detect } from '../../src/detectors/detect.ts'
import { compilePack } from '../../src/detectors/pack/compile-pack.ts'
import type { CompiledRulePack } from '../../src/detectors/pack/compiled-rule-pack.ts'
import { tinyClassifier } from '../support/tiny-classifier.ts'
import { tinyPackFiles } from '../support/tiny-pack.ts'

function packWith(classifier: ClassifierFile): CompiledRulePack {
  const text = JSON.stringify(classifier)
  const result = compilePack([...tinyPackFiles(), { file: 'classifier.json', text }])
  if (!result.ok) throw new Error(result.problems.map(({ problem }) => problem).join('; '))
  return result.pack
}

function hear(text: string, pack: CompiledRulePack, context: AnalysisContext = emptyContext) {
  return analyse({ seq: 1, atMs: 0, channel: 'speech', text, partial: false, speaker: 'host' }, context, pack)
}

describe('the classifier', () => {
  const finds = packWith(tinyClassifier({ efficacy: { 血压: 40, 降了: 30 } }))

  it('raises what no rule finds and names the words that weighed most', () => {
    const { findings, label } = hear('喝了两个月血压就降了下来', finds)
    expect(label).toBe('efficacy')
    expect(findings).toHaveLength(1)
    expect(findings[0]).toMatchObject({ code: 'efficacy.food_cure', ruleId: 'classifier.efficacy', label: 'efficacy' })
    expect(findings[0]?.quote).toContain('血压')
    expect(findings[0]?.notes.join()).toMatch(/语义模型判断 0\.\d+，依据：.*血压/u)
  })

  it('leaves lawful talk alone', () => {
    expect(hear('这件外套今天打八折', finds)).toMatchObject({ findings: [], label: 'clean', verdict: 'pass' })
  })

  it('asks for a person, never for the room to be cut, on what no rule supports', () => {
    const sure = packWith(tinyClassifier({ efficacy: { 血压: 400 } }))
    const analysis = hear('血压', sure)
    expect(analysis.findings[0]?.severity).toBeGreaterThanOrEqual(4)
    expect(analysis.findings[0]?.score).toBeLessThan(0.85)
    expect(analysis.verdict).toBe('hold')
  })

  it('keeps a finding of a rule it doubts as a hint that says why', () => {
    const doubts = packWith(tinyClassifier({ efficacy: { 便宜: 9 } }))
    const text = '我妈那个高血压根治了'
    expect(hear(text, { ...doubts, classifier: undefined }).label).toBe('efficacy')
    const { findings, label, verdict } = hear(text, doubts)
    expect({ label, verdict }).toEqual({ label: 'clean', verdict: 'pass' })
    expect(findings[0]).toMatchObject({ ruleId: 'tiny-cure', severity: 1, label: 'clean' })
    expect(findings[0]?.notes.join()).toContain('语义模型认为不像违规')
  })

  it('says that it agrees with a rule', () => {
    const { findings } = hear('喝它血压就降了高血压根治', finds)
    expect(findings.find(({ ruleId }) => ruleId === 'tiny-cure')?.notes.join()).toContain('语义模型同意')
  })

  it('raises the surest family alone', () => {
    const both = packWith(tinyClassifier({ efficacy: { 血压: 6 }, spec: { 原价: 9 } }))
    expect(hear('原价九百血压也降', both).findings.map(({ label }) => label)).toEqual(['spec'])
    expect(hear('血压也降', both).label).toBe('efficacy')
  })

  it('asks for more in a running room when it was told to', () => {
    const careful = packWith({ ...tinyClassifier({ efficacy: { 血压: 4 } }), running: { raise: 5, keep: 0 } })
    const said = (seq: number) => ({ seq, atMs: seq * 1_000, speaker: 'host' as const, text: '大家晚上好' })
    const window = [1, 2, 3, 4, 5].map(said)
    const event = { seq: 9, atMs: 9_000, channel: 'speech', text: '血压', partial: false, speaker: 'host' } as const
    expect(analyse(event, { ...emptyContext, window: window.slice(1) }, careful).label).toBe('efficacy')
    expect(analyse({ ...event }, { ...emptyContext, window }, careful).label).toBe('clean')
  })

  it('tells what was said before from what is said now', () => {
    const heard = packWith(tinyClassifier({ efficacy: { 血压: 40 } }))
    const line = { id: 1, channel: 'speech' as const, text: '一个月就行' }
    expect(detect({ ...line, context: ['血压血压'] }, heard).label).toBe('clean')
    expect(detect({ ...line, text: '血压一个月就行' }, heard).label).toBe('efficacy')
  })

  it('calls a viewer’s testimonial by its own code', () => {
    const { findings } = detect({ id: 1, channel: 'chat', text: '我喝了血压降了' }, finds)
    expect(findings).toMatchObject([{ code: 'chat.shill', label: 'efficacy', severity: 3 }])
  })

  it('judges an utterance the same however often it was asked', () => {
    const first = hear('喝了两个月血压就降了下来', finds)
    for (let i = 0; i < 50; i++) hear(`别的话${i}血压`, finds)
    expect(hear('喝了两个月血压就降了下来', finds)).toEqual(first)
  })
})

describe('classifier.json', () => {
  it.each([
    ['{', 'it is not JSON'],
    ['{"format":1}', 'trained'],
    [JSON.stringify({ ...tinyClassifier({}), width: 4 }), 'values instead of'],
    [JSON.stringify({ ...tinyClassifier({}), features: 'AAAA' }), 'cut short or damaged'],
  ])('is refused with file and remedy when damaged', (text, problem) => {
    const result = compilePack([...tinyPackFiles(), { file: 'classifier.json', text }])
    expect(result.ok).toBe(false)
    if (result.ok) return
    expect(result.problems).toHaveLength(1)
    expect(result.problems[0]).toMatchObject({ file: 'classifier.json' })
    expect(result.problems[0]?.problem).toContain(problem)
    expect(result.problems[0]?.remedy).toContain('npm run train')
  })

  it('changes the name of the pack, so that a replay judges with the same weights', () => {
    const one = packWith(tinyClassifier({ efficacy: { 血压: 40 } }))
    const other = packWith(tinyClassifier({ efficacy: { 血压: 41, 降了: 3 } }))
    expect(one.hash).not.toBe(other.hash)
  })
})
