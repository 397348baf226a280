import { describe, expect, it } from 'vitest'
import { compilePack } from '../../src/detectors/pack/compile-pack.ts'

const head = { file: 'pack.yaml', text: "pack: p\nversion: '1'\nzh: 试\n" }

function problemsOf(text: string): { line: number; rule: string | null; problem: string; remedy: string }[] {
  const result = compilePack([head, { file: 'rules.yaml', text }])
  return result.ok ? [] : result.problems
}

const rule = (id: string, concept: string, positive: string): string => `
  - id: ${id}
    code: efficacy.food_cure
    zh: 试
    need: [{ any: [${concept}] }]
    examples:
      positive: [${positive}, 降糖的]
      negative: [早上好, 再见]`

describe('compiling a pack', () => {
  it('names the line of YAML that cannot be read', () => {
    expect(problemsOf('concepts: [\n  {')[0]).toMatchObject({
      line: 2,
      problem: expect.stringContaining('Not valid YAML'),
    })
  })

  it('names the rule that uses an unknown concept', () => {
    const text = `concepts:\n  - { id: SUGAR, zh: 糖, terms: [降糖] }\nrules:${rule('cure', 'SUGARS', '降糖')}\n`
    expect(problemsOf(text)).toMatchObject([{ line: 4, rule: 'cure', remedy: expect.stringContaining('SUGAR?') }])
  })

  it('names a rule listed twice and a concept listed twice', () => {
    const concepts = 'concepts:\n  - { id: SUGAR, zh: 糖, terms: [降糖] }\n  - { id: SUGAR, zh: 糖 }\n'
    const text = `${concepts}rules:${rule('cure', 'SUGAR', '降糖')}${rule('cure', 'SUGAR', '降糖')}\n`
    expect(problemsOf(text).map(({ problem }) => problem)).toEqual([
      'Concept SUGAR is listed twice (also in rules.yaml:2)',
      'Rule cure is listed twice (also in rules.yaml:5)',
    ])
  })

  it('names a field with a wrong value by its path and line', () => {
    const text = `concepts:\n  - { id: sugar, zh: 糖, terms: [降糖] }\n`
    expect(problemsOf(text)).toMatchObject([{ line: 2, problem: expect.stringContaining('concepts.0.id') }])
  })

  it('[DE4] runs the examples and says why one fails', () => {
    const text = `concepts:\n  - { id: SUGAR, zh: 糖, terms: [降糖] }\nrules:${rule('cure', 'SUGAR', '你好')}\n`
    expect(problemsOf(text)).toMatchObject([{ line: 4, rule: 'cure', problem: expect.stringContaining('你好') }])
  })

  it('gives the same hash for the same sources in any order', () => {
    const body = { file: 'a.yaml', text: `concepts:\n  - { id: SUGAR, zh: 糖, terms: [降糖] }\n` }
    const [one, other] = [compilePack([head, body]), compilePack([body, head])]
    expect(one.ok && other.ok && one.pack.hash === other.pack.hash).toBe(true)
  })
})
