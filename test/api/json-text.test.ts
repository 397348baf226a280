import { describe, expect, test } from 'vitest'
import { jsonErrorAt, parseJson, parseNdjson } from '../../src/api/json-text.ts'
import { unstorablePath } from '../../src/contracts/storable-text.ts'

describe('a text that is no JSON is answered with the place', () => {
  test.each([
    ['a missing value', '{"a":}', 'line 1, column 6'],
    ['a missing comma', '{"a":1 "b":2}', 'line 1, column 8'],
    ['a trailing comma', '[1,2,]', 'line 1, column 6'],
    ['a bare word', '{"a": nul}', 'line 1, column 7'],
    ['a single quote', "{'a':1}", 'line 1, column 2'],
    ['a second value', '{"a":1} {"b":2}', 'line 1, column 9'],
    ['the wrong bracket', '{"a":[1}', 'line 1, column 8'],
    ['an open text', '{"a":"x', 'line 1, column 6'],
    ['a raw line break in a text', '{"a":"x\ny"}', 'line 1, column 6'],
    ['an end too early', '{"a":[1,2', 'line 1, column 10: the end'],
    ['the third line', '{\n "a": 1,\n "b": ?\n}', 'line 3, column 7'],
    ['after Chinese words', '{"话":"治病",}', 'line 1, column 11'],
  ])('%s', (_name, text, place) => {
    const parsed = parseJson(text)
    expect(parsed.ok ? 'parsed' : parsed.error.code).toBe('bad_request')
    expect(parsed.ok ? '' : parsed.error.message).toContain(place)
  })

  test('a hundred thousand open brackets are read to their end', () => {
    expect(jsonErrorAt('['.repeat(100_000))).toBe(100_000)
  })
})

test('a bad line of NDJSON is named, empty lines are not counted against it', () => {
  const bad = parseNdjson('{"a":1}\n\n{"b":}\n')
  expect(bad).toMatchObject({ ok: false, error: { field: 'line 3' } })
  expect(parseNdjson('{"a":1}\r\n{"b":2}\r\n')).toMatchObject({ ok: true, value: [{ line: 1 }, { line: 2 }] })
})

test.each([
  ['a NUL', { a: ['x\0'] }, 'a.0'],
  ['half of a pair', { a: { b: '\ud83d' } }, 'a.b'],
  ['a NUL in a name', { 'x\0': 1 }, 'x\0'],
  ['a whole emoji', { a: '😀' }, null],
  ['numbers and nothing', { a: 1, b: null, c: undefined }, null],
])('what cannot be stored is found: %s', (_name, value, path) => {
  expect(unstorablePath(value)).toBe(path)
})
