import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { RoomChange } from '../../src/contracts/room-change.ts'
import type { RoomEvent, SpeechEvent } from '../../src/contracts/room-event.ts'
import { alertId } from '../../src/room/alert-group.ts'
import { initialRoom } from '../../src/room/room-state.ts'
import type { RoomState } from '../../src/room/room-state.ts'
import { restoreRoom, snapshotRoom } from '../../src/room/snapshot.ts'
import { step } from '../../src/room/step.ts'
import { teaPack } from './support/tea-pack.ts'

const pack = teaPack()
const start = initialRoom({ sessionId: 's1', category: 'food', startedAt: '2025-09-01T12:00:00Z' })

function speech(seq: number, text: string, more: Partial<SpeechEvent> = {}): SpeechEvent {
  return { seq, atMs: seq * 4_000, channel: 'speech', text, partial: false, speaker: 'host', ...more }
}

function chat(seq: number, text: string, userId = `u${seq}`): RoomEvent {
  return { seq, atMs: seq * 4_000, channel: 'chat', text, userId, userName: userId }
}

function fold(events: readonly RoomEvent[], from: RoomState = start): { state: RoomState; changes: RoomChange[] } {
  let state = from
  const changes: RoomChange[] = []
  for (const event of events) {
    const result = step(state, event, pack)
    state = result.state
    changes.push(...result.changes)
  }
  return { state, changes }
}

const types = (changes: readonly RoomChange[]): string[] => changes.map(({ type }) => type)
const cure = '喝一个月血糖自己就降下来了'

describe('step', () => {
  it('opens an alert with a derived id and quotes the words', () => {
    const { changes } = fold([speech(1, '早上好'), speech(2, cure)])
    expect(changes).toMatchObject([
      {
        type: 'alert.opened',
        alert: {
          id: alertId('s1', 'efficacy.food_cure', 2),
          code: 'efficacy.food_cure',
          label: 'efficacy',
          anchorSeq: 2,
          raisedAtSeq: 2,
          hits: [2],
          quote: '血糖自己就降下来',
        },
      },
    ])
  })

  it('joins findings of one code to one alert and raises repeated ones', () => {
    const { state, changes } = fold([speech(1, cure), speech(20, cure), speech(40, cure)])
    expect(types(changes)).toEqual(['alert.opened', 'alert.updated', 'alert.updated'])
    expect(state.groups['efficacy.food_cure']?.alert).toMatchObject({
      hits: [1, 20, 40],
      firstSeq: 1,
      lastSeq: 40,
      severity: 5,
    })
  })

  it('opens a new alert after ten minutes without a finding', () => {
    const { changes } = fold([speech(1, cure), speech(2, cure, { atMs: 4_000 + 600_000 })])
    expect(types(changes)).toEqual(['alert.opened', 'alert.opened'])
  })

  it('does nothing for an event that is delivered again', () => {
    const once = fold([speech(1, cure)])
    expect(fold([speech(1, cure)], once.state)).toEqual({ state: once.state, changes: [] })
  })

  it('[DE3] never takes a partial as evidence', () => {
    const partial = fold([speech(1, cure, { partial: true, utteranceId: 'a' })])
    expect(partial.changes).toEqual([])
    const final = fold([speech(2, '血糖高的先去医院', { utteranceId: 'a' })], partial.state)
    expect(final.changes).toEqual([])
  })

  it('finds a claim said in two utterances and names both as evidence', () => {
    const { changes } = fold([speech(1, '你家老人那个血糖'), speech(2, '一个月就降下来')])
    expect(changes[0]).toMatchObject({ type: 'alert.opened', alert: { firstSeq: 1, raisedAtSeq: 2 } })
  })

  it('finds a word that was cut between two utterances', () => {
    const { changes } = fold([speech(1, '这个血糖就倒头'), speech(2, '就睡')])
    expect(changes[0]).toMatchObject({
      type: 'alert.opened',
      alert: { code: 'efficacy.food_function', raisedAtSeq: 2 },
    })
  })

  it('withdraws an alert with a reason when its text is corrected away', () => {
    const { state, changes } = fold([speech(1, cure), speech(2, '血糖高的先去医院', { revises: 1 })])
    expect(types(changes)).toEqual(['alert.opened', 'evidence.replaced', 'alert.withdrawn'])
    expect(state.groups['efficacy.food_cure']?.alert).toMatchObject({ state: 'withdrawn' })
    expect(changes[2]).toHaveProperty('because', expect.stringContaining('更正'))
  })

  it('keeps an alert that still rests on another utterance when one is corrected', () => {
    const { state } = fold([speech(1, cure), speech(9, cure), speech(10, '你好', { revises: 9 })])
    expect(state.groups['efficacy.food_cure']?.alert).toMatchObject({ state: 'open', hits: [1] })
  })

  it('begins with the first utterance that still stands, under the id it was opened with', () => {
    const { state } = fold([speech(1, cure), speech(9, cure), speech(10, '你好', { revises: 1 })])
    expect(state.groups['efficacy.food_cure']?.alert).toMatchObject({ anchorSeq: 1, firstSeq: 9, hits: [9] })
  })

  it('weighs a claim one less when the host takes it back within a minute', () => {
    const { state } = fold([speech(1, '助眠的睡前来一条'), speech(5, '刚才说错了')])
    expect(state.groups['efficacy.food_function']?.alert).toMatchObject({ state: 'open', severity: 2 })
  })

  it('judges by the product on the counter from its event on', () => {
    const product: RoomEvent = {
      seq: 2,
      atMs: 8_000,
      channel: 'product',
      product: { id: 'p', title: '折扇', category: 'handicraft', facts: { 工艺: '机制' } },
    }
    const { changes } = fold([speech(1, '这把纯手工'), product, speech(3, '这把纯手工'), speech(4, cure)])
    expect(changes.map((change) => (change.type === 'alert.opened' ? change.alert.code : change.type))).toEqual([
      'spec.handmade',
    ])
  })

  it('keeps a single complaint as a note and raises one when five viewers complain', () => {
    const { changes } = fold([1, 2, 3, 4, 5].map((seq) => chat(seq, '收到空盒')))
    expect(types(changes)).toEqual([
      'finding.logged',
      'finding.logged',
      'finding.logged',
      'finding.logged',
      'alert.opened',
      'finding.logged',
    ])
  })

  it('cites only law that was in force when it was said', () => {
    const early = initialRoom({ sessionId: 's', category: 'food', startedAt: '2015-09-15T00:00:00Z' })
    const [change] = fold([speech(1, cure)], early).changes
    expect(change?.type === 'alert.opened' ? change.findings[0]?.basis : null).toEqual(['ad-17'])
  })
})

describe('an exposing remark', () => {
  const after = (ms: number): RoomEvent => speech(9, cure, { atMs: 40_000 + ms })
  const remark = (seq: number, atMs: number): RoomEvent => speech(seq, '外面那些都是骗人的', { atMs })

  it('spares the next words, but not the sales talk of half a minute later', () => {
    expect(types(fold([remark(1, 40_000), after(8_000)]).changes)).toEqual([])
    expect(types(fold([remark(1, 40_000), after(31_000)]).changes)).toEqual(['alert.opened'])
  })

  it('said twice is a lesson and spares a minute', () => {
    expect(types(fold([remark(1, 36_000), remark(2, 40_000), after(50_000)]).changes)).toEqual([])
  })
})

describe('a cry that only a few are left', () => {
  const cry = (seq: number, minute: number, text = '最后三单'): RoomEvent =>
    speech(seq, text, { atMs: minute * 60_000 })

  it('is a note, and an alert when the same number is left for the third time', () => {
    const { changes } = fold([cry(1, 40), cry(2, 43, '最后三单真的没了'), cry(3, 47), cry(4, 52)])
    expect(changes).toMatchObject([
      { type: 'finding.logged' },
      { type: 'finding.logged' },
      { type: 'alert.opened', alert: { code: 'spec.scarcity', label: 'spec', severity: 2, firstSeq: 1 } },
      { type: 'alert.updated', alert: { severity: 3, hits: [3, 4] } },
    ])
  })

  it('stays a note when said three times in one breath, when the number falls, or of another product', () => {
    const other: RoomEvent = { seq: 3, atMs: 2_700_000, channel: 'product', product: { id: 'p2', title: '茶饼' } }
    const quiet = [
      [cry(1, 40), cry(2, 40.2), cry(3, 40.4)],
      [cry(1, 40, '最后五单'), cry(2, 43), cry(3, 47, '最后一单')],
      [cry(1, 40), cry(2, 43), other, cry(4, 47)],
    ]
    for (const events of quiet) expect(new Set(types(fold(events).changes))).toEqual(new Set(['finding.logged']))
  })
})

describe('a blind-box sale', () => {
  const draws = (from: number, count: number): RoomEvent[] =>
    Array.from({ length: count }, (_, i) => speech(from + i * 15, '给你拆一包'))

  it('without a word of odds becomes a finding after two minutes and three draws', () => {
    const { changes } = fold([speech(1, '盲盒上架了'), ...draws(2, 4)])
    expect(changes).toMatchObject([
      {
        type: 'alert.opened',
        alert: { code: 'blindbox.hidden_odds', label: 'blindbox', firstSeq: 1, raisedAtSeq: 32, quote: '拆一包' },
      },
    ])
  })

  it('with odds spoken is none', () => {
    expect(fold([speech(1, '盲盒上架了'), speech(2, '概率牌在左边'), ...draws(3, 6)]).changes).toEqual([])
  })
})

const anyEvent = fc.record({
  text: fc.constantFrom(cure, '血糖', '降下来', '助眠的', '刚才说错了', '骗人的', '你好', '收到空盒', '不能'),
  gap: fc.integer({ min: 200, max: 400_000 }),
  kind: fc.constantFrom('speech', 'partial', 'chat', 'revises', 'product'),
})

function eventsOf(drawn: readonly { text: string; gap: number; kind: string }[]): RoomEvent[] {
  let atMs = 0
  return drawn.map(({ text, gap, kind }, i) => {
    atMs += gap
    const seq = i + 1
    if (kind === 'chat') return { ...chat(seq, text, `u${seq % 7}`), atMs }
    if (kind === 'product') return { seq, atMs, channel: 'product', product: { id: `p${seq}`, title: text } }
    const revises = kind === 'revises' && seq > 1 ? { revises: Math.ceil(seq / 2) } : {}
    return speech(seq, text, { atMs, partial: kind === 'partial', ...revises })
  })
}

describe('folding', () => {
  it('gives the same room and changes in whatever batches, through snapshots too', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 40 }), fc.array(fc.nat(40), { maxLength: 5 }), (drawn, cuts) => {
        const events = eventsOf(drawn)
        const whole = fold(events)
        const bounds = [0, ...cuts.map((cut) => Math.min(cut, events.length)).sort((a, b) => a - b), events.length]
        let state = start
        const changes: RoomChange[] = []
        for (let i = 1; i < bounds.length; i++) {
          const part = fold(events.slice(bounds[i - 1], bounds[i]), restoreRoom(snapshotRoom(state)))
          state = part.state
          changes.push(...part.changes)
        }
        expect(state).toEqual(whole.state)
        expect(changes).toEqual(whole.changes)
      }),
    )
  })

  it('restores a snapshot to the very same room', () => {
    const { state } = fold([speech(1, cure), chat(2, '收到空盒'), speech(3, '助眠的')])
    expect(restoreRoom(JSON.parse(JSON.stringify(snapshotRoom(state))))).toEqual(state)
  })

  it('refuses a snapshot of another version', () => {
    expect(() => restoreRoom({ version: 0, room: start })).toThrow('version')
  })

  it('does not grow with the length of a session', () => {
    const events = Array.from({ length: 3_000 }, (_, i) => speech(i + 1, i % 2 === 0 ? cure : '你好'))
    expect(JSON.stringify(snapshotRoom(fold(events).state)).length).toBeLessThan(60_000)
  })
})
