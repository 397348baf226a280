import { describe, expect, it } from 'vitest'
import { tellInRoom } from './support/tell-in-room.ts'
import type { Told } from './support/tell-in-room.ts'

const claim = '助眠的宝宝睡前一条喝完倒头就睡'
const code = 'efficacy.food_function'

/** Severities of one code's findings, in the order they were found. */
function severities(told: readonly Told[], of: string = code): number[] {
  return tellInRoom(told, 'food').findings.flatMap((one) => (one.code === of ? [one.severity] : []))
}

describe('a claim that is made again and again', () => {
  it('[RM5] weighs one more from the third time in the session on, and says so', () => {
    expect(severities([claim, claim, claim, claim])).toEqual([3, 3, 4, 4])
    const third = tellInRoom([claim, claim, claim], 'food').findings.filter((finding) => finding.code === code)[2]
    expect(third?.notes).toContain('本场第 3 次 +1')
  })

  it('is counted over the whole session, though its alerts are several', () => {
    const hourly = [10, 3_610, 7_210].map((at): Told => ({ text: claim, at }))
    expect(severities(hourly)).toEqual([3, 3, 4])
    const { changes } = tellInRoom(hourly, 'food')
    expect(changes.filter(({ type }) => type === 'alert.opened').length).toBeGreaterThanOrEqual(3)
  })

  it('[RM5] never weighs more than five', () => {
    const cure = '喝一个月高血压自己就降下来了'
    expect(Math.max(...severities([cure, cure, cure, cure, cure], 'efficacy.food_cure'))).toBe(5)
  })

  it('is counted by code: other claims do not add to it', () => {
    expect(severities(['原价一千九今天九十九', '喝它高血压就治好了', { text: claim, at: 100 }])).toEqual([3])
  })

  it('is not counted where the transcript was corrected', () => {
    const told: Told[] = [claim, claim, { text: '睡前可以听听歌', revises: 2 }, claim]
    expect(severities(told)).toEqual([3, 3, 3])
  })

  it('is counted for every finding that a corrected text had completed', () => {
    const told: Told[] = [claim, claim, claim, { text: '大家好', revises: 1 }, { text: '大家好', revises: 2 }, claim]
    expect(severities(told)).toEqual([3, 3, 4, 3])
  })

  it('is the seller’s: what viewers say neither adds nor grows graver', () => {
    const viewers = ['我妈喝了两盒血压就稳了', '喝了三天便秘好了', '我老公吃了半个月呼噜没了', '医生让我来买的'].map(
      (text, i): Told => ({ text, user: `u${i}` }),
    )
    expect(severities(viewers, 'chat.shill')).toEqual([3, 3, 3, 3])
  })

  it('as a hint is not counted', () => {
    const { counts } = tellInRoom(['今天最后三单', { text: '今天最后三单', at: 300 }]).state
    expect(counts).toEqual({})
  })
})
