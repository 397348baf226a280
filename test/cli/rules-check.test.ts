import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { runProgram } from '../support/service.ts'
import { onePackRule, packFolder, packHead } from '../support/pack-folder.ts'

const concepts = `concepts:
  - { id: DISEASE, zh: 疾病, terms: [高血压, 糖尿病] }
  - id: CURE
    zh: 治好
    terms: [根治, 治好]
`
const rule = (id: string, more = '') => `  - id: ${id}
    code: efficacy.food_cure
    zh: 普通食品宣称治疗功效
    need: [{ any: [DISEASE] }, { any: [CURE] }]
    examples:
      positive: [这个茶根治高血压, 糖尿病喝它治好了]
      negative: [这个茶很香, 高血压要听医生的]
${more}`

async function check(files: Record<string, string>, ...args: string[]) {
  const folder = packFolder(files)
  const { code, stdout, stderr } = await runProgram(['rules', 'check', folder, ...args])
  return { folder, code, stdout, lines: stderr.trimEnd().split('\n') }
}

describe('rules check', () => {
  test.each([
    [
      'an unknown code',
      `${concepts}rules:\n${rule('cure').replace('food_cure', 'food_miracle')}`,
      /rules\.yaml:8 cure rules\.0\.code: .*efficacy\.food_cure.* → \S+/,
    ],
    [
      'an unknown concept',
      `${concepts}rules:\n${rule('cure').replace('[CURE]', '[CURES]')}`,
      /rules\.yaml:7 cure Rule cure uses the concept CURES, .* → List it under concepts, .*CURE\?/,
    ],
    [
      'a positive example that fails',
      `${concepts}rules:\n${rule('cure').replace('糖尿病喝它治好了', '这个茶真好喝')}`,
      /rules\.yaml:7 cure Rule cure misses its positive example “这个茶真好喝” .* → Add the words/,
    ],
    [
      'a negative example that fires',
      `${concepts}rules:\n${rule('cure').replace('这个茶很香', '喝它根治糖尿病')}`,
      /rules\.yaml:7 cure Rule cure fires on its negative example “喝它根治糖尿病” .* → Add an allow phrase/,
    ],
    [
      'YAML that cannot be read',
      `${concepts}rules:\n  - id: cure\n   zh: 歪了\n`,
      /rules\.yaml:8 - Not valid YAML: .* → Correct the indentation/,
    ],
    [
      'a text that YAML takes for an anchor',
      concepts.replace('根治', '*根治'),
      /rules\.yaml:5 - Not valid YAML: Unresolved alias.*根治 → Put text that begins with \* or & in quotes/,
    ],
    [
      'a rule listed twice',
      `${concepts}rules:\n${rule('cure')}${rule('cure')}`,
      /rules\.yaml:14 cure Rule cure is listed twice \(also in rules\.yaml:7\) → Give one of them another id/,
    ],
    [
      'a concept listed twice',
      `${concepts}  - { id: CURE, zh: 又一个 }\nrules:\n${rule('cure')}`,
      /rules\.yaml:6 - Concept CURE is listed twice \(also in rules\.yaml:3\) → Merge the two lists/,
    ],
    ['a file that is not UTF-8', `concepts: []\n# \0`, /rules\.yaml:2 - The file is not UTF-8 text → Save it as UTF-8/],
  ])('%s is named with file, line, rule and remedy, and the exit code is 2', async (_name, text, line) => {
    const { folder, code, stdout, lines } = await check({ 'pack.yaml': packHead(), 'rules.yaml': text })
    expect(code).toBe(2)
    expect(stdout).toBe('')
    expect(lines[0]).toMatch(line)
    expect(lines[0]?.startsWith(join(folder, 'rules.yaml:'))).toBe(true)
    expect(lines.at(-1)).toMatch(/^1 problem/)
  })

  test('every problem is named at once, and a file that cannot be read accuses no other', async () => {
    const broken = `rules:\n${rule('one').replace('food_cure', 'nothing')}${rule('two').replace('zh:', 'hz:')}`
    const { code, lines } = await check({
      'pack.yaml': packHead(),
      'concepts.yaml': `${concepts}  - { id: bad, zh: 小写 }\n`,
      'rules.yaml': broken,
      'more.yaml': `rules:\n${rule('three')}`,
    })
    expect(code).toBe(2)
    expect(lines.map((line) => /(\w+\.yaml:\d+) (\S+)/.exec(line)?.slice(1, 3))).toEqual([
      ['concepts.yaml:6', '-'],
      ['rules.yaml:3', 'one'],
      ['rules.yaml:9', 'two'],
      ['rules.yaml:9', 'two'],
      undefined,
    ])
  })

  test.each([
    [{ 'rules.yaml': concepts }, /There is no pack\.yaml in .* → Name the folder of a rule pack/],
    [
      { 'pack.yaml': packHead(), 'rules.yml': concepts },
      /rules\.yml:1 - Files that end in \.yml are not read → Rename/,
    ],
    [{ 'pack.yaml': packHead(), 'old/pack.yaml': packHead() }, /old\/pack\.yaml:1 - The folder holds a second pack/],
  ])('a folder that is not one pack is refused: %j', async (files, line) => {
    const { code, lines } = await check(files)
    expect(code).toBe(2)
    expect(lines[0]).toMatch(line)
  })

  test('a folder that does not exist is named', async () => {
    const { code, stderr } = await runProgram(['rules', 'check', 'rulepacks/nowhere'])
    expect(code).toBe(2)
    expect(stderr).toContain('There is no folder rulepacks/nowhere')
  })

  test('with --json the problems are one object too', async () => {
    const { code, stdout } = await check({ 'pack.yaml': packHead(), 'rules.yaml': 'rules: 3\n' }, '--json')
    expect(code).toBe(2)
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, problems: [{ line: 1, rule: null }] })
  })

  test('a sound pack is counted', async () => {
    const shown = await check(onePackRule('灵芝水'))
    expect(shown.code).toBe(0)
    expect(shown.stdout).toMatch(/^pack +tea 1 {2}茶叶间\nhash +[0-9a-f]{64}\nrules +1\n/)
    const { stdout } = await check(onePackRule('灵芝水'), '--json')
    expect(JSON.parse(stdout)).toMatchObject({
      ok: true,
      pack: 'tea',
      version: '1',
      rules: 1,
      concepts: 1,
      terms: 1,
      examples: 4,
      codes: { covered: 1 },
    })
  })
})
