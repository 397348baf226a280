import { describe, expect, it } from 'vitest'
import { parseSearch, stringifySearch } from '../../web/src/lib/search-codec.ts'
import { feedSearch, historySearch, ignoredOf, passesRules, roomSearch } from '../../web/src/lib/search-params.ts'

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

  it('name what they could not use', () => {
    const ignored = (text: string) => ignoredOf(parseSearch(text), historySearch(parseSearch(text)))
    expect(ignored('?action=suspend&action=shout&from=2026-02-30&to=2026-02-28&demo=perhaps&actoin=ban')).toEqual([
      'action=shout',
      'from=2026-02-30',
      'demo=perhaps',
      'actoin=ban',
    ])
    expect(ignored('?action=suspend&action=ban&q=茶&room=r1&open=e1&lang=en&host=')).toEqual([])
  })

  it('name one measure whose evidence is open', () => {
    expect(historySearch(parseSearch('?open=e1&status=lifted'))).toEqual({ open: 'e1', status: ['lifted'] })
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
