import { describe, expect, it } from 'vitest'
import { FreshnessGauge } from '../../web/src/lib/freshness.ts'
import { shortCount } from '../../web/src/lib/numbers.ts'
import {
  clockTime,
  dayEdge,
  dayOf,
  dayTime,
  machineTime,
  minuteTime,
  span,
  streamTime,
} from '../../web/src/lib/time.ts'

describe('times', () => {
  it('are Beijing times', () => {
    const at = '2026-11-23T16:03:22.000Z'
    expect(clockTime(at)).toBe('00:03:22')
    expect(dayTime(at)).toBe('11-24 00:03:22')
    expect(minuteTime(at)).toBe('2026-11-24 00:03')
    expect(dayOf(at)).toBe('2026-11-24')
    expect(machineTime(at)).toBe('2026-11-24T00:03:22+08:00')
  })

  it('write spans and places in a broadcast', () => {
    expect([span(38_000), span(725_000), span(3_723_000), span(-61_000)]).toEqual(['0:38', '12:05', '1:02:03', '-1:01'])
    expect(streamTime(4_327_000)).toBe('01:12:07')
  })

  it('turn a day into its edges in Beijing', () => {
    expect(Date.parse(dayEdge('2026-11-23', 'from') ?? '')).toBe(Date.parse('2026-11-22T16:00:00.000Z'))
    expect(Date.parse(dayEdge('2026-11-23', 'to') ?? '')).toBe(Date.parse('2026-11-23T15:59:59.999Z'))
    expect(dayEdge('2026-13-45', 'from')).toBeUndefined()
    expect(dayEdge('heute', 'to')).toBeUndefined()
  })
})

describe('counts', () => {
  it('are short in the manner of the language', () => {
    expect([9_999, 12_400, 1_260_000].map((n) => shortCount(n, 'zh-CN'))).toEqual(['9999', '1.2万', '126万'])
    expect([999, 12_400, 2_000_000].map((n) => shortCount(n, 'en'))).toEqual(['999', '12.4K', '2M'])
  })
})

describe('freshness', () => {
  const skew = 3_600_000

  it('is live while data comes, whatever the clock of the machine says', () => {
    const gauge = new FreshnessGauge()
    gauge.hear(skew + 1_000, 1_000)
    gauge.hear(skew + 3_020, 3_000)
    expect(gauge.read(skew + 3_500)).toEqual({ level: 'live', delayMs: 20, silentMs: 480, frozenAt: 3_000 })
    expect(gauge.serverTime(skew + 5_000)).toBe(5_000)
  })

  it('is late when data is older than two seconds or silent for five', () => {
    const gauge = new FreshnessGauge()
    gauge.hear(1_000, 1_000)
    gauge.hear(6_100, 4_000)
    expect(gauge.read(6_200).level).toBe('late')
    gauge.hear(7_000, 7_000)
    expect(gauge.read(12_000).level).toBe('live')
    expect(gauge.read(12_001).level).toBe('late')
  })

  it('is lost after ten seconds of silence, and says where it stands', () => {
    const gauge = new FreshnessGauge()
    expect(gauge.read(50_000).level).toBe('connecting')
    gauge.hear(1_000, 1_000)
    expect(gauge.read(11_001)).toMatchObject({ level: 'lost', frozenAt: 1_000, silentMs: 10_001 })
  })
})
