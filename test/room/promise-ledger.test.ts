import { describe, expect, it } from 'vitest'
import type { Category } from '../../src/contracts/category.ts'
import type { Finding } from '../../src/contracts/finding.ts'
import { roomBounds } from '../../src/room/room-state.ts'
import { tellInRoom } from './support/tell-in-room.ts'
import type { Told } from './support/tell-in-room.ts'

/** Findings of the codes a broken promise has, of severity 2 or more. */
function broken(told: readonly Told[], category?: Category): Finding[] {
  const codes: readonly string[] = ['spec.service_promise', 'spec.bait_switch', 'blindbox.hidden_odds']
  return tellInRoom(told, category).findings.filter(({ code, severity }) => codes.includes(code) && severity >= 2)
}

/** The promise, small talk, and minutes later other words. */
const later = (promise: string, now: string): Told[] => [promise, '家人们看一下面料', { text: now, at: 400 }]

describe('a promise that the seller breaks later in the session', () => {
  it.each([
    ['refund', 'apparel', '七天无理由放心拍', '那个不支持七天无理由的啊'],
    ['refund', 'apparel', '七天无理由退货都有的', '拆了就不退了啊姐妹'],
    ['refund at will', 'food', '不好吃随便退', '拆封了不退啊'],
    ['refund though worn', 'apparel', '穿了不满意照样给你退', '穿过的不能退啊'],
    ['refund if ineffective', 'food', '没效果全额退放心拿', '没效果那我也不退的'],
    ['compensation for allergy', 'cosmetic', '过敏包退的姐妹', '过敏了自己负责啊别找我'],
    ['compensation for damage', 'fresh', '坏果包赔坏一个赔一个', '坏了几个不赔的啊路上颠的'],
    ['ten for one fake', 'jewelry', '假一赔十我说的', '外面鉴定的不认啊'],
    ['ten for one fake', 'jewelry', '我家都是假一赔十', '假一赔十那个我不认的'],
    ['freight insurance', 'apparel', '全场都有运费险', '没有运费险啊运费自己出'],
    ['freight both ways', 'apparel', '退货运费我出', '运费那你们自己担着哈'],
    ['free postage', 'food', '今天全部包邮', '邮费另付啊十二块'],
    ['price difference', 'apparel', '买贵退差价', '降价了不补的啊'],
    ['shipping tomorrow', 'apparel', '拍下明天就发', '这个是预售要等半个月'],
    ['gifts', 'cosmetic', '拍一单送三包小样', '赠品送完了啊没有了'],
    ['warranty', 'electronics', '保修两年放心用', '你那个算人为不保修'],
    ['opening on camera', 'toy', '都是现场拆给你看', '你的我下播再拆'],
  ] as const)('[RM1] %s in a %s room: %s / %s', (_what, category, promise, now) => {
    const [finding, ...more] = broken(later(promise, now), category)
    expect(more).toEqual([])
    expect(finding).toMatchObject({ code: 'spec.service_promise', label: 'spec', seq: 3, evidenceSeqs: [1, 3] })
    expect(now).toContain(finding?.quote)
  })

  it.each([
    ['发的就是我手里这件', '颜色随机发啊不能挑', 'spec.bait_switch', 'spec'],
    ['玩法很简单集齐三张换手机', '规则我改一下啊要五张', 'blindbox.hidden_odds', 'blindbox'],
    ['大奖是一台平板', '大奖没了换成优惠券', 'blindbox.hidden_odds', 'blindbox'],
  ] as const)('%s / %s is %s', (promise, now, code, label) => {
    const findings = broken(later(promise, now), 'toy')
    expect(findings).toMatchObject([{ code, label, seq: 3, evidenceSeqs: [1, 3] }])
  })

  it('names the promise, its time and both quotes', () => {
    const [finding] = broken([
      { text: '全场都有运费险', at: 200 },
      { text: '没有运费险啊', at: 700 },
    ])
    expect(finding?.notes).toContain('03:20 承诺过「运费险」')
    expect(finding?.concepts.map(({ seq, quote }) => [seq, quote])).toEqual([
      [1, '运费险'],
      [2, '没有运费险'],
    ])
  })

  it('makes an alert that begins with the promise and is raised at the breach', () => {
    const { state } = tellInRoom(later('全场都有运费险', '没有运费险啊'))
    expect(state.groups['spec.service_promise']?.alert).toMatchObject({ firstSeq: 1, raisedAtSeq: 3, hits: [3] })
  })

  it('is one finding when the words break a rule by themselves too, resting on both', () => {
    const told = later('玩法很简单集齐三张换手机', '刚才那个规则作废从现在开始五连才送')
    expect(broken(told, 'toy')).toMatchObject([{ code: 'blindbox.hidden_odds', evidenceSeqs: [1, 3] }])
  })

  it('counts when the assistant breaks what the host promised', () => {
    const told: Told[] = ['全场都有运费险', { text: '没有运费险的啊', at: 300, speaker: 'assistant' }]
    expect(broken(told)).toHaveLength(1)
  })

  it('weighs one more from the third time on', () => {
    const told: Told[] = ['全场都有运费险', ...[300, 400, 500].map((at) => ({ text: '没有运费险啊', at }))]
    expect(broken(told).map(({ severity }) => severity)).toEqual([2, 2, 3])
  })
})

describe('no broken promise', () => {
  it.each([
    ['nothing was promised', '这件面料很软', '没有运费险的啊', 'apparel'],
    ['the other way round', '没有运费险的啊', '好了现在运费险都有了', 'apparel'],
    ['terms of the promise', '七天无理由吊牌别剪', '剪了吊牌的不能退啊', 'apparel'],
    ['an exception that the law knows', '七天无理由放心拍', '拆封了就不退啊', 'food'],
    ['custom goods', '七天无理由放心拍', '定制的不支持七天无理由', 'jewelry'],
    ['far regions', '今天全部包邮', '新疆西藏邮费另付啊', 'food'],
    ['a limited gift', '前五十单送三包小样', '赠品送完了啊没有了', 'cosmetic'],
    ['a gift replaced by its like', '拍一单送三包小样', '赠品送完了给你们换成等价的', 'cosmetic'],
    ['a refund kept', '七天无理由放心拍', '这个不支持退换但是你们要退我照样给退', 'apparel'],
    ['rules of the next round', '玩法很简单集齐三张换手机', '下一轮规则改一下啊', 'toy'],
    ['a question', '全场都有运费险', '有人问是不是没有运费险', 'apparel'],
    ['what others do', '全场都有运费险', '别的直播间没有运费险的', 'apparel'],
    ['a promise of others', '别的直播间说假一赔十', '外面鉴定的不认啊', 'jewelry'],
    ['a promise only quoted', '骗子的话术就是假一赔十', '外面鉴定的不认啊', 'jewelry'],
    ['a denied promise', '我们没有运费险', '没有运费险的啊', 'apparel'],
    ['another kind of promise', '今天全部包邮', '没有运费险的啊', 'apparel'],
    ['the refund is not refused', '七天无理由放心拍', '不会不给退的放心', 'apparel'],
  ] as const)('[RM2] %s: %s / %s', (_why, first, now, category) => {
    expect(broken(later(first, now), category)).toEqual([])
  })

  it('[RM2] is a slip of the tongue put right within a minute, and the promise is gone', () => {
    const told: Told[] = [
      '这款有运费险',
      { text: '不好意思刚才看错了没有运费险', at: 30 },
      { text: '没有运费险啊', at: 400 },
    ]
    expect(broken(told)).toEqual([])
  })

  it('put right after more than a minute is broken', () => {
    const told: Told[] = ['这款有运费险', { text: '不好意思刚才看错了没有运费险', at: 90 }]
    expect(broken(told)).toHaveLength(1)
  })

  it('is a complaint by a viewer', () => {
    expect(broken(['全场都有运费险', { text: '没有运费险啊', at: 300, user: 'u1' }])).toEqual([])
  })
})

describe('what a promise is about', () => {
  const shirt: Told = { product: { id: 'p1', title: '衬衫', category: 'apparel' } }
  const ring: Told = { product: { id: 'p2', title: '戒指', category: 'jewelry' } }

  it('[RM1] is the product on the counter', () => {
    expect(broken([shirt, '这款七天无理由', ring, '这款不支持七天无理由'])).toEqual([])
    expect(broken([shirt, '这款七天无理由', ring, '看戒指', shirt, '这款不支持七天无理由'])).toHaveLength(1)
  })

  it('is all of the room when it was said of the room', () => {
    expect(broken([shirt, '我直播间所有商品七天无理由', ring, '这款不支持七天无理由'])).toHaveLength(1)
  })

  it('ends with the next item that is called up, when no product is registered', () => {
    expect(broken(['这款七天无理由', '来看下一款', '这款不支持七天无理由'])).toEqual([])
  })
})

describe('the ledger', () => {
  it('takes a finding back when the promise is corrected in the transcript', () => {
    const told: Told[] = ['全场都有运费险', '没有运费险啊', { text: '全场都有优惠券', revises: 1 }]
    const { state } = tellInRoom(told)
    expect(state.groups['spec.service_promise']?.alert.state).toBe('withdrawn')
    expect(state.promises).toEqual([])
  })

  it('remembers the last promise of each kind and product, and forgets the oldest', () => {
    const products = Array.from({ length: 60 }, (_, i): Told[] => [
      { product: { id: `p${i}`, title: '衬衫' } },
      '这款七天无理由有运费险',
      '七天无理由的啊',
    ]).flat()
    const { promises } = tellInRoom(products).state
    expect(promises).toHaveLength(roomBounds.promises)
    expect(promises.at(-1)).toMatchObject({ kind: 'return', product: 'p59' })
    expect(promises.some(({ product }) => product === 'p0')).toBe(false)
  })
})
