import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { addAliases } from '../../../src/cli/aliases/write-aliases.ts'

const alias = { concept: 'SUGAR', said: '雪糖', meant: '血糖' }

describe('cli/aliases/write-aliases', () => {
  test.each([
    [
      'a table on one line',
      '  - { id: SUGAR, zh: 糖, terms: [血糖], aliases: { 血塘: 血糖 } }\n',
      '  - { id: SUGAR, zh: 糖, terms: [血糖], aliases: { 血塘: 血糖, 雪糖: 血糖 } }\n',
    ],
    [
      'a table over several lines, with its last comma',
      '  - id: SUGAR\n    zh: 糖 # 注\n    aliases: {\n      血塘: 血糖, 血唐: 血糖,\n    }\n    filler: 2\n',
      '  - id: SUGAR\n    zh: 糖 # 注\n    aliases: {\n      血塘: 血糖, 血唐: 血糖,\n      雪糖: 血糖,\n    }\n    filler: 2\n',
    ],
    [
      'a table over several lines, without one',
      '  - id: SUGAR\n    zh: 糖\n    aliases: {\n      血塘: 血糖\n    }\n',
      '  - id: SUGAR\n    zh: 糖\n    aliases: {\n      血塘: 血糖,\n      雪糖: 血糖,\n    }\n',
    ],
    [
      'a line for each alias',
      '  - id: SUGAR\n    zh: 糖\n    aliases:\n      血塘: 血糖 # 常见\n    filler: 2\n',
      '  - id: SUGAR\n    zh: 糖\n    aliases:\n      血塘: 血糖 # 常见\n      雪糖: 血糖\n    filler: 2\n',
    ],
    [
      'an empty table',
      '  - id: SUGAR\n    zh: 糖\n    aliases: {}\n',
      '  - id: SUGAR\n    zh: 糖\n    aliases: { 雪糖: 血糖 }\n',
    ],
    [
      'no table, a field a line',
      '  - id: SUGAR\n    zh: 糖\n    terms: [\n      血糖, 糖,\n    ] # 完\n\n  - id: OTHER\n    zh: 别的\n',
      '  - id: SUGAR\n    zh: 糖\n    terms: [\n      血糖, 糖,\n    ] # 完\n    aliases: { 雪糖: 血糖 }\n\n  - id: OTHER\n    zh: 别的\n',
    ],
    [
      'no table, terms as a list',
      '  - id: SUGAR\n    zh: 糖\n    terms:\n      - 血糖\n      - 糖\n  - id: OTHER\n    zh: 别的\n',
      '  - id: SUGAR\n    zh: 糖\n    terms:\n      - 血糖\n      - 糖\n    aliases: { 雪糖: 血糖 }\n  - id: OTHER\n    zh: 别的\n',
    ],
    [
      'no table, with a remark before the next concept',
      '  - id: SUGAR\n    zh: 糖\n    terms:\n      - 血糖 # 常用\n\n  # --- 别的 ---\n  - id: OTHER\n    zh: 别的\n',
      '  - id: SUGAR\n    zh: 糖\n    terms:\n      - 血糖 # 常用\n    aliases: { 雪糖: 血糖 }\n\n  # --- 别的 ---\n  - id: OTHER\n    zh: 别的\n',
    ],
    [
      'no table, all on one line',
      '  - { id: SUGAR, zh: 糖, terms: [血糖] }\n',
      '  - { id: SUGAR, zh: 糖, terms: [血糖], aliases: { 雪糖: 血糖 } }\n',
    ],
    [
      'the end of a file without a line end',
      '  - id: SUGAR\n    zh: 糖',
      '  - id: SUGAR\n    zh: 糖\n    aliases: { 雪糖: 血糖 }',
    ],
  ])('adds to %s and leaves the rest as it was', (_name, before, after) => {
    const text = `# 词表\nconcepts:\n${before}`
    const { files, places, unplaced } = addAliases([{ file: 'a.yaml', text }], [alias])
    expect(files[0]?.text).toBe(`# 词表\nconcepts:\n${after}`)
    expect(unplaced).toEqual([])
    const line = places[0]?.line ?? 0
    expect(files[0]?.text.split('\n')[line - 1]).toContain('雪糖: 血糖')
    const { concepts } = parse(files[0]?.text ?? '') as { concepts: { id: string; aliases?: object }[] }
    expect(concepts.find(({ id }) => id === 'SUGAR')?.aliases).toMatchObject({ 雪糖: '血糖' })
  })

  test('several aliases of several concepts in several files', () => {
    const files = [
      { file: 'a.yaml', text: 'concepts:\n  - { id: A, zh: 甲 }\n  - { id: B, zh: 乙 }\n' },
      { file: 'b.yaml', text: 'concepts:\n  - { id: C, zh: 丙 }\n' },
    ]
    const wanted = [
      { concept: 'B', said: '乙x', meant: '乙一' },
      { concept: 'C', said: '冰', meant: '丙' },
      { concept: 'B', said: '已', meant: '乙一' },
      { concept: 'A', said: '假', meant: '甲' },
    ]
    const written = addAliases(files, wanted)
    expect(written.files.map(({ text }) => text)).toEqual([
      'concepts:\n  - { id: A, zh: 甲, aliases: { 假: 甲 } }\n  - { id: B, zh: 乙, aliases: { 乙x: 乙一, 已: 乙一 } }\n',
      'concepts:\n  - { id: C, zh: 丙, aliases: { 冰: 丙 } }\n',
    ])
    expect(written.places.map(({ file, line, said }) => `${file}:${line} ${said}`).sort()).toEqual([
      'a.yaml:2 假',
      'a.yaml:3 乙x',
      'a.yaml:3 已',
      'b.yaml:2 冰',
    ])
  })

  test.each(['V❤', '1番S', 'no', "it's", '#词', '- 词', 'a: b', '药，'])(
    '%s is quoted so that YAML reads it back',
    (said) => {
      const text = 'concepts:\n  - { id: SUGAR, zh: 糖 }\n'
      const { files } = addAliases([{ file: 'a.yaml', text }], [{ ...alias, said }])
      expect(parse(files[0]?.text ?? '')).toEqual({
        concepts: [{ id: 'SUGAR', zh: '糖', aliases: { [said]: '血糖' } }],
      })
    },
  )

  test('a concept that no file lists is handed back', () => {
    const written = addAliases([{ file: 'a.yaml', text: 'rules: [] # SUGAR\n' }], [alias])
    expect(written).toMatchObject({ places: [], unplaced: [alias] })
  })
})
