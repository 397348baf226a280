import { describe, expect, it } from 'vitest'
import { parseSearch, stringifySearch } from '../../web/src/lib/search-codec.ts'
import { feedSearch, historySearch, passesRules, roomSearch } from '../../web/src/lib/search-params.ts'

describe('addresses', () => {
  it('carry filters there and back', () => {
    const search = { severity: ['S0', 'S1'], rule: ['efficacy', 'spec.price'], room: ['r 1'], alert: 'a&b' }
    expect(feedSearch(parseSearch(stringifySearch(search)))).toEqual({ ...search, rule: ['efficacy', 'spec.price'] })
  })

  it('drop what they do not know', () => {
    expect(feedSearch(parseSearch('?severity=S9&rule=nonsense&alert=&x=1'))).toEqual({})
    expect(historySearch(parseSearch('?action=suspend&action=shout&from=yesterday&demo=perhaps'))).toEqual({
      action: ['suspend'],
    })
    expect(roomSearch(parseSearch('?at=-3&case=c'))).toEqual({ case: 'c' })
  })

  it('leave empty wishes out', () => {
    expect(stringifySearch({ q: '', action: undefined, code: [] })).toBe('')
  })

  it('read nothing as JSON', () => {
    expect(parseSearch('?q={"a":1}&n=5')).toEqual({ q: '{"a":1}', n: '5' })
  })
})

describe('a filter on rules', () => {
  it('takes one code or a whole family', () => {
    expect(passesRules('efficacy.food_cure', undefined)).toBe(true)
    expect(passesRules('efficacy.food_cure', ['efficacy'])).toBe(true)
    expect(passesRules('efficacy.food_cure', ['efficacy.food_cure'])).toBe(true)
    expect(passesRules('spec.price', ['efficacy', 'spec.origin'])).toBe(false)
  })
})
