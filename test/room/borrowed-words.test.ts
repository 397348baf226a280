import { describe, expect, it } from 'vitest'
import { sayInRoom as say } from './support/say-in-room.ts'

const claim = '这个茶能治好高血压'

describe('a claim that is complete by itself', () => {
  const again = '喝它糖尿病一个月就治好了'

  it('rests on its own utterance and quotes all of it, whatever was said before', () => {
    const alone = say([again]).findings.find(({ code }) => code === 'efficacy.food_cure')
    const second = say([claim, again]).findings.find(({ code, seq }) => code === 'efficacy.food_cure' && seq === 2)
    expect(second).toMatchObject({ evidenceSeqs: [2], score: 0.85, quote: alone?.quote, notes: alone?.notes })
    expect(second?.quote).toContain('治好')
  })

  it('keeps the alert when the claim before it is corrected away', () => {
    const { state, changes } = say([claim, again, { text: '这个茶很香', revises: 1 }])
    const cures = changes.flatMap((change) =>
      'alert' in change && change.alert.code === 'efficacy.food_cure' ? [change.type] : [],
    )
    expect(cures).toEqual(['alert.opened', 'alert.updated', 'alert.updated'])
    expect(state.groups['efficacy.food_cure']?.alert).toMatchObject({
      state: 'open',
      anchorSeq: 1,
      hits: [2],
      quoteText: again,
    })
  })
})

describe('an innocent sentence after a claim', () => {
  it.each([
    ['a pronoun', '这个茶很香'],
    ['how it tastes', '喝起来甜甜的'],
    ['an order', '来三包'],
    ['a call', '姐妹们抓紧拍'],
    ['a witness', '我妈也爱这个味'],
    ['a number', '今天只有五十盒'],
    ['a price that comes down', '价格下来了'],
    ['stock that is gone', '一号链接没了'],
  ])('is no hit: %s', (_what, text) => {
    expect(say([claim, text]).findings.filter(({ seq }) => seq === 2)).toEqual([])
  })

  it('is none by the assistant either', () => {
    const { findings } = say([claim, { text: '这个茶我也喝', speaker: 'assistant' }])
    expect(findings.filter(({ seq }) => seq === 2)).toEqual([])
  })

  it('completes no claim that was only begun', () => {
    expect(say(['我先说降血糖', '这个茶很香']).findings).toEqual([])
  })
})

describe('a claim that is truly split', () => {
  it.each([
    ['food', '三天', '见效', 'efficacy.time_bound'],
    ['food', '你家老头血压高的是不是喝完…', '正常了！', 'efficacy.food_cure'],
    ['food', '这个茶喝了是不是降血糖', '能！', 'efficacy.food_cure'],
    ['cosmetic', '斑呢', '没了！', 'efficacy.cosmetic_special'],
    ['toy', '拆到金的怎么办', '现金收回', 'blindbox.gambling_cash'],
  ] as const)('is found in a %s room: %s / %s', (category, before, now, code) => {
    const { findings } = say([before, { text: now, speaker: 'assistant' }], category)
    const found = findings.filter(({ evidenceSeqs }) => evidenceSeqs.join() === '1,2').map((finding) => finding.code)
    expect(found).toContain(code)
    expect(found).toContain('evasion.split_claim')
  })

  it('is found when it takes three to say it', () => {
    const { findings } = say(['血压高的', '喝这个', { text: '一个月就降下来', speaker: 'assistant' }])
    expect(findings.find(({ code }) => code === 'efficacy.food_cure')).toMatchObject({ seq: 3, evidenceSeqs: [1, 3] })
  })

  it('is found when the first half was asked, not claimed', () => {
    const { findings } = say(['这个茶能不能治好高血压', { text: '一个月就断根', speaker: 'assistant' }])
    expect(findings.map(({ code }) => code)).toContain('evasion.split_claim')
  })
})
