import { describe, expect, it } from 'vitest'
import { sayInRoom } from './support/say-in-room.ts'

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
