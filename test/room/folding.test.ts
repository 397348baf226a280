import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { RoomChange } from '../../src/contracts/room-change.ts'
import type { RoomEvent } from '../../src/contracts/room-event.ts'
import { initialRoom, roomBounds } from '../../src/room/room-state.ts'
import type { RoomState } from '../../src/room/room-state.ts'
import { restoreRoom, snapshotRoom } from '../../src/room/snapshot.ts'
import { step } from '../../src/room/step.ts'
import { seedPack } from './support/tell-in-room.ts'

/** What sellers say here: claims, corrections, promises made and broken, sales of blind boxes, cries, lessons. */
const spoken = [
  '助眠的宝宝睡前一条喝完倒头就睡',
  '喝一个月高血压自己就降下来了',
  '你家老人那个血糖',
  '一个月就降下来',
  '刚才说错了',
  '更正一下价格是三十九',
  '原价一千九今天九十九',
  '全场都有运费险七天无理由',
  '没有运费险啊',
  '不支持七天无理由的',
  '拍一单送三包小样',
  '赠品送完了没有了',
  '玩法很简单集齐三张换手机',
  '规则我改一下啊',
  '来看下一款',
  '盲盒上架了',
  '给你拆一包',
  '今天最后三单',
  '福袋口令大家复制一下',
  '外面那些都是骗人的',
  '家人们晚上好',
] as const

const typed = [
  '我妈喝两盒血压就稳了',
  '我婆婆喝了三盒血压稳了',
  '这个真的很好用回购第三次了',
  '这个真很好用回购第五次了',
  '收到是空盒骗子',
  '能治高血压吗',
  '扣1',
  '场控：没有运费险',
] as const

/** One thing that happens, before it has a place in a session. */
const happening = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constantFrom('speech', 'speech', 'assistant', 'partial', 'revises', 'utterance'),
      text: fc.constantFrom(...spoken),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('chat'), text: fc.constantFrom(...typed) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('product', 'audience'), text: fc.constant('酸枣仁膏') }) },
)

/** Milliseconds between two events: mostly of one breath, now and then minutes. */
const pause = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 200, max: 9_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 9_000, max: 200_000 }) },
)

const session = fc.array(fc.tuple(happening, pause, fc.nat(9)), { maxLength: 45, size: 'max' }).map((drawn) => {
  let atMs = 0
  return drawn.map(([{ kind, text }, gap, pick], i): RoomEvent => {
    atMs += gap
    return eventOf(kind, text, pick, { seq: i + 1, atMs })
  })
})

function eventOf(kind: string, text: string, pick: number, position: { seq: number; atMs: number }): RoomEvent {
  const speech = { ...position, channel: 'speech', text, partial: kind === 'partial', speaker: 'host' } as const
  switch (kind) {
    case 'chat':
      return { ...position, channel: 'chat', text, userId: `u${pick}`, userName: `u${pick}` }
    case 'product':
      return { ...position, channel: 'product', product: { id: `p${pick % 2}`, title: text, category: 'food' } }
    case 'audience':
      return { ...position, channel: 'audience', viewers: pick }
    case 'assistant':
      return { ...speech, speaker: 'assistant' }
    case 'revises':
      return position.seq > 1 ? { ...speech, revises: Math.max(1, position.seq - 1 - pick) } : speech
    case 'utterance':
      return { ...speech, utteranceId: `utterance${pick % 3}` }
    default:
      return speech
  }
}

const start = initialRoom({ sessionId: 's', category: 'food', startedAt: '2025-11-01T12:00:00Z' })

type Folded = { state: RoomState; changes: RoomChange[] }

function fold(events: readonly RoomEvent[], from: RoomState = start): Folded {
  let state = from
  const changes: RoomChange[] = []
  for (const event of events) {
    const result = step(state, event, seedPack)
    state = result.state
    changes.push(...result.changes)
  }
  return { state, changes }
}

/** As a new holder gets it: through JSON, and with events that are other objects. */
function handedOver(state: RoomState): RoomState {
  return restoreRoom(JSON.parse(JSON.stringify(snapshotRoom(state))))
}

function copied(events: readonly RoomEvent[]): RoomEvent[] {
  return structuredClone([...events])
}

describe('folding a session', () => {
  it('[RM7] in any chunks, with snapshot and restore between them, gives the same changes and the same room', () => {
    fc.assert(
      fc.property(session, fc.array(fc.nat(45), { maxLength: 6 }), (events, cuts) => {
        const whole = fold(events)
        const bounds = [...cuts.map((cut) => Math.min(cut, events.length)), events.length].sort((a, b) => a - b)
        let state = start
        let from = 0
        const changes: RoomChange[] = []
        for (const to of bounds) {
          const part = fold(copied(events.slice(from, to)), handedOver(state))
          changes.push(...part.changes)
          state = part.state
          from = to
        }
        expect(state).toStrictEqual(whole.state)
        expect(changes).toStrictEqual(whole.changes)
      }),
      { numRuns: 150 },
    )
  })

  it('[RM7] with events delivered again, one by one or in batches, gives the same changes and the same room', () => {
    const repeats = fc.array(fc.tuple(fc.nat(45), fc.nat(8)), { maxLength: 12 })
    fc.assert(
      fc.property(session, repeats, (events, again) => {
        const whole = fold(events)
        const delivered = events.flatMap((event, i) => [
          event,
          ...again
            .filter(([after]) => after === i)
            .flatMap(([, back]) => copied(events.slice(Math.max(0, i - back), i + 1))),
        ])
        expect(fold(delivered)).toStrictEqual(whole)
      }),
      { numRuns: 100 },
    )
  })

  it('leaves every room it has passed as it was', () => {
    fc.assert(
      fc.property(session, (events) => {
        let state = start
        for (const event of events) {
          const before = JSON.stringify(state)
          const { state: next } = step(state, event, seedPack)
          expect(JSON.stringify(state)).toBe(before)
          state = next
        }
      }),
      { numRuns: 40 },
    )
  })

  it('keeps every memory within its bounds, and every finding on events that were heard', () => {
    fc.assert(
      fc.property(session, (events) => {
        const { state, changes } = fold(events)
        expect(state.promises.length).toBeLessThanOrEqual(roomBounds.promises)
        expect(state.testimonies.length).toBeLessThanOrEqual(roomBounds.testimonies)
        for (const change of changes) {
          if ('alert' in change) expect(change.alert.firstSeq).toBeLessThanOrEqual(change.alert.lastSeq)
          for (const finding of 'findings' in change ? change.findings : []) {
            expect(finding.evidenceSeqs.at(-1)).toBe(finding.seq)
            expect(finding.evidenceSeqs).toEqual([...new Set(finding.evidenceSeqs)].sort((a, b) => a - b))
            const said = events[finding.seq - 1]
            const text = said !== undefined && 'text' in said ? said.text : ''
            expect(finding.quote).toBe(text.slice(...finding.span))
          }
        }
      }),
      { numRuns: 100 },
    )
  })
})
