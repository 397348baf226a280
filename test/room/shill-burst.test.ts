import { describe, expect, it } from 'vitest'
import type { Category } from '../../src/contracts/category.ts'
import type { Finding } from '../../src/contracts/finding.ts'
import { roomBounds } from '../../src/room/room-state.ts'
import { tellInRoom } from './support/tell-in-room.ts'
import type { Told } from './support/tell-in-room.ts'

/** Messages of as many viewers, ten seconds apart. */
const chat = (...texts: readonly string[]): Told[] => texts.map((text, i) => ({ text, user: `u${i}`, at: 10 + i * 10 }))

/** Findings that rest on messages of several viewers. */
function bursts(told: readonly Told[], category: Category = 'food'): Finding[] {
  return tellInRoom(told, category).findings.filter(
    ({ code, evidenceSeqs }) => code === 'chat.shill' && evidenceSeqs.length > 1,
  )
}

describe('near-duplicate testimonials of several accounts', () => {
  const praise = ['这个真的很好用回购第三次了', '这个真的很好用回购好几次了', '这个真很好用回购第五次了']

  it('[RM3] are one finding that names every message, from the third account on', () => {
    expect(bursts(chat(...praise))).toMatchObject([
      { code: 'chat.shill', label: 'clean', severity: 3, seq: 3, evidenceSeqs: [1, 2, 3], quote: praise[2] },
    ])
  })

  it('[RM3] count for efficacy when they claim an effect', () => {
    const told = chat('我妈喝两盒血压就稳了', '我婆婆喝了两盒血压稳了', '我家老人喝三盒血压就稳了')
    expect(bursts(told)).toMatchObject([{ label: 'efficacy', severity: 3, evidenceSeqs: [1, 2, 3] }])
  })

  it.each([
    ['people and numbers', '我妈吃了两罐血压稳了', '老头子吃了三罐血压稳了', '我老伴吃了五罐血压稳了'],
    ['particles', '用了一罐斑真的淡了', '我用了一罐斑淡了呀', '用了一罐斑都淡了'],
    ['nothing', '喝了半个月睡得真香', '喝了半个月睡得真香', '喝了半个月睡得真香'],
  ])('are found when they differ in %s', (_what, ...texts) => {
    expect(bursts(chat(...texts))).toHaveLength(1)
  })

  it('[RM3] are never more than grave enough for a review, however often', () => {
    const users = Array.from({ length: 12 }, (_, i): Told => ({
      text: '我妈喝两盒血压就稳了',
      user: `u${i}`,
      at: 10 + i,
    }))
    expect(new Set(tellInRoom(users, 'food').findings.map(({ severity }) => severity))).toEqual(new Set([3]))
  })

  it('make one alert that begins with the first message', () => {
    const alert = tellInRoom(chat(...praise)).state.groups['chat.shill']?.alert
    expect(alert).toMatchObject({ firstSeq: 1, raisedAtSeq: 3, hits: [3] })
  })

  it('go on as the same alert with every further account', () => {
    const told = chat(...praise, '这个真的很好用回购第六次了')
    expect(bursts(told).at(-1)?.evidenceSeqs).toEqual([1, 2, 3, 4])
    expect(tellInRoom(told).state.groups['chat.shill']?.alert).toMatchObject({ anchorSeq: 3, hits: [3, 4] })
  })
})

describe('no burst', () => {
  it.each([
    ['扣1', '扣1', '扣1', '扣1'],
    ['bought', '已拍两单', '已拍一单', '已拍三单'],
    ['applause', '666666666', '66666666', '6666666666'],
    ['greetings', '主播晚上好呀来看你了', '主播晚上好来看你了', '主播晚上好呀来看看你'],
    ['sizes', '我一米六一百斤穿什么码', '我一米五八一百斤穿什么码', '我一米六二一百一穿什么码'],
    ['prices', '这个好用的多少钱一瓶呀', '这个好用的多少钱一瓶', '好用的这个多少钱一瓶呀'],
    ['questions', '这个喝了真的有用吗姐妹', '这个喝了有用吗姐妹们', '喝了这个真的有用吗'],
    ['doubts', '喝了半个月一点效果都没有没用', '喝了半个月没有效果没用的', '喝了半个月根本没效果没用'],
    ['what people say by themselves', '真好吃', '好吃', '真的好吃'],
    ['praise of the host', '主播人真好声音好听', '主播人真好声音真好听', '主播人好声音好听'],
    ['different praise', '这个味道我们全家都爱喝', '回购三次了包装越来越好', '孩子说比外面买的好吃多了'],
  ])('[RM4] %s', (_what, ...texts) => {
    expect(bursts(chat(...texts))).toEqual([])
  })

  it('is one account that repeats itself', () => {
    const told = [10, 20, 30, 40].map((at): Told => ({ text: '这个真的很好用回购第三次了', user: 'u1', at }))
    expect(bursts(told)).toEqual([])
  })

  it('is two accounts, or three within more than two minutes', () => {
    const text = '这个真的很好用回购第三次了'
    expect(bursts(chat(text, text))).toEqual([])
    expect(bursts([10, 80, 150].map((at): Told => ({ text, user: `u${at}`, at })))).toEqual([])
  })

  it('[RM4] is the password of a lucky bag that all type alike', () => {
    const same = '这家的面膜真的很好用'
    expect(bursts(['福袋口令大家复制一下', ...chat(same, same, same)])).toEqual([])
    expect(bursts(chat(same, same, same))).toHaveLength(1)
  })

  it('is what the host has just asked to be typed', () => {
    const told = chat('这家的面膜真的很好用', '这家的面膜真的很好用', '这家的面膜真的很好用')
    expect(bursts(['觉得这家的面膜真的很好用的姐妹扣出来', ...told])).toEqual([])
  })

  it('is what the staff says', () => {
    const told = chat(
      '场控：这个真的很好用回购第三次了',
      '助理：这个真的很好用回购三次了',
      '运营：这个真很好用回购第三次了',
    )
    expect(bursts(told)).toEqual([])
  })
})

describe('what is remembered of testimonials', () => {
  it('is bounded, and forgotten after two minutes', () => {
    const many = Array.from({ length: 200 }, (_, i): Told => ({
      text: `用了${'一二三四五六七八九'[i % 9]}瓶${'皮肤头发指甲睡眠胃口气色'.slice((i * 2) % 12, ((i * 2) % 12) + 2)}真的好多了${'很'.repeat(80)}`,
      user: `u${i}`,
      at: 10 + i * 0.5,
    }))
    const { state } = tellInRoom(many)
    expect(state.testimonies).toHaveLength(roomBounds.testimonies)
    expect(Math.max(...state.testimonies.map(({ text }) => text.length))).toBe(roomBounds.testimonyUnits)
    const next: Told = { text: '这个真的很好用回购第三次了', user: 'last', at: 500 }
    expect(tellInRoom([...many, next]).state.testimonies).toHaveLength(1)
  })
})
