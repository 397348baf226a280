import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LineCounter, parseDocument, stringify } from 'yaml'
import { readPlainYaml } from '../../../src/detectors/pack/read-plain-yaml.ts'
import { seedPackFiles } from '../support/load-pack.ts'

/** What the general reader says; undefined for text it refuses. */
function general(text: string): { value: unknown; lineOf: (path: readonly (string | number)[]) => number } | undefined {
  const counter = new LineCounter()
  const document = parseDocument(text, { lineCounter: counter })
  if (document.errors.length > 0) return undefined
  const lineOf = (path: readonly (string | number)[]): number => {
    const node: unknown = document.getIn(path, true)
    const range = typeof node === 'object' && node !== null && 'range' in node ? node.range : undefined
    return Array.isArray(range) ? counter.linePos(Number(range[0])).line : 0
  }
  return { value: document.toJS(), lineOf }
}

/** All maps whose entry `id` is text, with their paths. */
function mapsWithId(value: unknown, path: readonly (string | number)[] = []): [object, readonly (string | number)[]][] {
  if (typeof value !== 'object' || value === null) return []
  const inner = Array.isArray(value)
    ? value.flatMap((item: unknown, i) => mapsWithId(item, [...path, i]))
    : Object.entries(value).flatMap(([key, item]) => mapsWithId(item, [...path, key]))
  return 'id' in value && typeof value.id === 'string' ? [[value, path], ...inner] : inner
}

function expectSameReading(text: string): void {
  const plain = readPlainYaml(text)
  if (plain === undefined) return
  const other = general(text)
  expect(other, text).toBeDefined()
  expect(plain.value).toEqual(other?.value)
  for (const [map, path] of mapsWithId(plain.value)) {
    expect(plain.lineOfId(map)).toBe(other?.lineOf([...path, 'id']))
  }
}

const sample = `# words
concepts:
  - id: SUGAR # sweet
    zh: 糖：甜
    terms: [
      降糖, 血 糖, 'ok', '3c', "五, 六", 3天,  七:八,

      # a remark
      九十九,
    ]
    aliases: {唐: 糖, 't b': 糖,
      汤: 糖 }
    allow:
      [
        降糖果,
      ]
    filler: 0
  - {id: SALT, zh: 盐, terms: [盐], phonetic: true}

rules:
- id: cure
  need:
  - any: &ailment [A, '#MONEY']
  - any: *ailment
    earlier: false
  without: &none # of these
    []
  score: 0.75
  examples:
      positive:
        - 降糖的
        - { text: 降 糖, category: food }
      negative: []
`

const mark = fc.constantFrom(
  ...[
    '\n',
    '\n\n',
    '\n  ',
    '\n    ',
    ' ',
    '  ',
    ': ',
    ':',
    '- ',
    '-',
    ', ',
    ',',
    '[',
    ']',
    '{',
    '}',
    '#',
    ' #',
    '&a ',
    '*a',
  ],
  ...[
    "'",
    '"',
    '|',
    '>',
    '!',
    '? ',
    '~',
    'null',
    'True',
    '1',
    '1.5',
    '1e3',
    '0x1',
    '.5',
    '字',
    'id',
    'id: 字',
    '---',
    '%',
    '\\',
  ],
  ...['\t', '\r\n', '\u3000', '\u00a0', '\u2028', '\ufeff', '\ud800', '<<', '__proto__', '@', '`', '...'],
)
const cuts = fc.array(fc.tuple(fc.nat(sample.length), fc.nat(6), fc.array(mark, { maxLength: 3 })), { maxLength: 4 })

describe('the reader of plain YAML', () => {
  it('reads what packs are written in, and knows the line of each id', () => {
    const plain = readPlainYaml(sample)
    expect(plain?.value).toEqual(general(sample)?.value)
    expect(mapsWithId(plain?.value).map(([map]) => plain?.lineOfId(map))).toEqual([3, 18, 21])
  })

  it('reads every file of the seed pack as the general reader does', () => {
    for (const { text } of seedPackFiles()) expectSameReading(text)
  })

  it('reads any damaged text as the general reader does, or not at all', () => {
    fc.assert(
      fc.property(cuts, (list) => {
        let text = sample
        for (const [at, length, marks] of list) text = text.slice(0, at) + marks.join('') + text.slice(at + length)
        expectSameReading(text)
      }),
      { numRuns: 500 },
    )
  })

  it('reads any marks in any order as the general reader does, or not at all', () => {
    fc.assert(
      fc.property(fc.array(mark, { maxLength: 14 }), (marks) => expectSameReading(marks.join(''))),
      { numRuns: 500 },
    )
  })

  it('reads whatever value was written as YAML back, or leaves it to the general reader', () => {
    const key = fc.constantFrom('id', 'zh', '芒盒', 'a b')
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof({ maxDepth: 4 }, tie('leaf'), tie('list'), tie('map')),
      leaf: fc.oneof(fc.string(), fc.constantFrom('糖', '3天', 'a: b', '#x', 1, 1.5, true, null)),
      list: fc.array(tie('value'), { maxLength: 4 }),
      map: fc.dictionary(key, tie('value'), { maxKeys: 4 }),
    }))
    fc.assert(
      fc.property(value, fc.boolean(), (content, flow) => {
        expectSameReading(stringify(content, { collectionStyle: flow ? 'flow' : 'block' }))
      }),
    )
  })
})
