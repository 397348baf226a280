import { describe, expect, it } from 'vitest'
import { sayInRoom } from './support/say-in-room.ts'
import { tellInRoom } from './support/tell-in-room.ts'
import type { Folded, Told } from './support/tell-in-room.ts'

const claim = '助眠的宝宝睡前一条喝完倒头就睡'

function severityAfter(...said: string[]): number | undefined {
  return sayInRoom([claim, ...said]).state.groups['efficacy.food_function']?.alert.severity
}

describe('the seller takes words back', () => {
  it.each(['刚才说错了这就是普通饮料', '更正一下它没有这个功能', '口误啊口误'])(
    '%s makes the finding milder',
    (text) => {
      expect(severityAfter(text)).toBe((severityAfter() ?? 0) - 1)
    },
  )

  it.each([
    '更正一下字幕',
    '字幕更正一下',
    '刚才字幕打错了更正一下',
    '纠正一下刚才那条字幕',
    '语音识别错了我更正一下',
    '有错别字纠正一下',
    '字幕说错了',
  ])('%s is about the subtitles and changes nothing', (text) => {
    expect(severityAfter(text)).toBe(severityAfter())
  })
})

describe('what a correction is about', () => {
  it.each([
    ['the price', '更正一下价格是三十九'],
    ['a sum', '刚才说错了是三十九块不是二十九块'],
    ['the size', '更正一下这个是大码'],
    ['the link', '刚才说错了是三号链接'],
    ['shipping', '更正一下是后天发货'],
    ['a name', '口误口误叫错名字了'],
    ['the time', '更正一下是明天晚上八点开播'],
    ['the draw', '刚才说错了概率是十二分之一'],
  ])('%s has nothing to do with an effect: %s', (_what, text) => {
    expect(severityAfter(text)).toBe(severityAfter())
  })

  it.each([
    ['the words of the claim', '更正一下没有说助眠'],
    ['effects', '刚才说错了它没有什么功效'],
    ['effects, among other things', '刚才说错了就是普通食品三十九块钱'],
    ['nothing in particular', '不好意思刚才说错了啊'],
  ])('%s: %s', (_what, text) => {
    expect(severityAfter(text)).toBe((severityAfter() ?? 0) - 1)
  })

  it.each([
    ['words', '更正一下不是治好高血压', ['efficacy.food_cure']],
    ['topic', '刚才说错了没有什么功效', ['efficacy.food_function', 'efficacy.food_cure']],
    ['the price', '更正一下原价说错了', ['spec.price']],
    ['nothing', '口误啊口误', ['efficacy.food_function', 'efficacy.food_cure', 'spec.price']],
    ['a topic of none', '更正一下是三号链接', []],
  ])('[RM6] softens of several findings those it names, by %s', (_how, said, codes) => {
    const { groups } = sayInRoom([claim, '喝它高血压就治好了', '原价一千九今天九十九', said]).state
    const softened = Object.entries(groups).filter(([, { evidence }]) =>
      evidence.some(({ correctedAtMs }) => correctedAtMs !== undefined),
    )
    expect(Object.keys(groups)).toEqual(['efficacy.food_function', 'efficacy.food_cure', 'spec.price'])
    expect(softened.map(([code]) => code)).toEqual(codes)
  })

  it('[RM6] is the product on the counter', () => {
    const counter = (id: string): Told => ({ product: { id, title: '饮料', category: 'food' } })
    const severity = (told: readonly Told[]): number | undefined =>
      tellInRoom(told, 'food').state.groups['efficacy.food_function']?.alert.severity
    expect(severity([counter('p1'), claim, counter('p2'), '刚才说错了'])).toBe(3)
    expect(severity([counter('p1'), claim, counter('p2'), counter('p1'), '刚才说错了'])).toBe(2)
  })
})

describe('when a correction counts', () => {
  const severityAt = (...told: Told[]): number | undefined =>
    tellInRoom([{ text: claim, at: 10 }, ...told], 'food').state.groups['efficacy.food_function']?.alert.severity

  it('[RM6] is within a minute of the words', () => {
    expect(severityAt({ text: '刚才说错了', at: 70 })).toBe(2)
    expect(severityAt({ text: '刚才说错了', at: 71 })).toBe(3)
  })

  it('is once: said twice it makes nothing milder still', () => {
    expect(severityAt('刚才说错了', '口误啊口误')).toBe(2)
  })

  it('is when the seller says it, not a viewer', () => {
    expect(severityAt({ text: '主播刚才说错了', user: 'u1' })).toBe(3)
    expect(severityAt({ text: '刚才说错了', speaker: 'assistant' })).toBe(2)
  })

  it('[RM6] is when no further claim follows: said again within a minute the words stand as they stood', () => {
    const again = '它就是助眠的'
    expect(severityAt('刚才说错了', again)).toBe(3)
    const { evidence } = told(claim, '刚才说错了', again).state.groups['efficacy.food_function'] ?? { evidence: [] }
    expect(evidence.map(({ severity, correctedAtMs }) => [severity, correctedAtMs])).toEqual([
      [3, undefined],
      [3, undefined],
    ])
  })

  it('is not when the same breath claims it again', () => {
    expect(severityAt('刚才说错了它是助眠的喝完倒头就睡')).toBe(3)
  })

  it('is when the words and their correction are one utterance', () => {
    const { changes } = told('这个助眠喝完倒头就睡啊不对口误口误')
    expect(changes.map(({ type }) => type)).toEqual(['alert.opened', 'alert.updated'])
    expect(changes[1]).toMatchObject({ alert: { severity: 2 } })
  })

  it('withdraws the alert, with the reason, when nothing grave enough is left', () => {
    const { changes, state } = told(
      '拍一号链接全场都有运费险',
      { text: '没有运费险啊', at: 300 },
      '口误口误运费险是有的',
    )
    expect(changes.at(-1)).toMatchObject({ type: 'alert.withdrawn', because: '主播一分钟内自行更正' })
    expect(state.groups['spec.service_promise']?.alert.state).toBe('withdrawn')
  })

  it('opens a new alert when the withdrawn claim is made again', () => {
    const { changes } = told(
      '全场都有运费险',
      { text: '没有运费险啊', at: 300 },
      '口误口误运费险是有的',
      '哎没有运费险啊',
    )
    expect(changes.map(({ type }) => type)).toEqual(['alert.opened', 'alert.withdrawn', 'alert.opened'])
  })
})

function told(...all: Told[]): Folded {
  return tellInRoom(all, 'food')
}
