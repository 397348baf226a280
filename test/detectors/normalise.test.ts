import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { normalise } from '../../src/detectors/normalise/normalise.ts'
import { numeralValue, readInteger } from '../../src/detectors/normalise/numerals.ts'
import { heardAs } from '../../src/detectors/normalise/syllables.ts'

describe('normalise', () => {
  it.each([
    ['full width and case', 'ＺＬ治疗', 'zl治疗'],
    ['traditional characters', '治療減肥癒合', '治疗减肥愈合'],
    ['zero-width characters', '治\u200b疗', '治疗'],
    ['inserted marks', '减*肥 治.疗', '减肥治疗'],
    ['split characters', '米青华目垂眠', '精华睡眠'],
    ['picture characters', '祛🫘精华', '祛痘精华'],
    ['numbers as they are spoken', '3天瘦10斤98%', '三天瘦十斤百分之九十八'],
    ['all of a hundred', '100%有效', '百分百有效'],
    ['decimals', '1.5倍', '一点五倍'],
    ['digits inside a name stay digits', 'GLP1', 'glp1'],
  ])('%s', (_name, text, expected) => {
    expect(normalise(text).text).toBe(expected)
  })

  it('ends clauses at punctuation and not at inserted marks', () => {
    const { clause } = normalise('好，治.疗')
    expect([...clause]).toEqual([0, 1, 1])
  })

  it('[DE1] maps every unit back inside the original and never cuts a surrogate pair', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        const norm = normalise(text)
        for (let i = 0; i < norm.length; i++) {
          const [from, to] = [norm.from[i] ?? -1, norm.to[i] ?? -1]
          expect(from).toBeGreaterThanOrEqual(0)
          expect(to).toBeGreaterThan(from)
          expect(to).toBeLessThanOrEqual(text.length)
          const cutsHead = from > 0 && isHigh(text, from - 1) && isLow(text, from)
          const cutsTail = isHigh(text, to - 1) && isLow(text, to)
          expect(cutsHead || cutsTail).toBe(false)
        }
      }),
    )
  })
})

function isHigh(text: string, at: number): boolean {
  const unit = text.charCodeAt(at)
  return unit >= 0xd800 && unit <= 0xdbff
}

function isLow(text: string, at: number): boolean {
  const unit = text.charCodeAt(at)
  return unit >= 0xdc00 && unit <= 0xdfff
}

describe('numbers', () => {
  it.each([
    [10, '十'],
    [28, '二十八'],
    [105, '一百零五'],
    [1_999, '一千九百九十九'],
    [20_000, '二万'],
  ])('%i is read %s', (value, reading) => {
    expect(readInteger(value)).toBe(reading)
  })

  it.each([
    ['三九九', 399],
    ['九百八', 980],
    ['一千九', 1_900],
    ['十二', 12],
    ['两万', 20_000],
    ['一点五', 1.5],
  ])('%s means %d', (text, value) => {
    expect(numeralValue(text)).toBe(value)
  })

  it('reads back what it wrote', () => {
    fc.assert(
      fc.property(fc.nat(9_999), (value) => {
        expect(numeralValue(readInteger(value))).toBe(value)
      }),
    )
  })
})

describe('syllables that are confused', () => {
  it.each([
    ['zhi', 'zi'],
    ['ning', 'lin'],
    ['shang', 'san'],
    ['hua', 'fa'],
  ])('%s is heard as %s', (spelling, heard) => {
    expect(heardAs(spelling)).toBe(heard)
  })
})
