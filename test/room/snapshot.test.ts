import { describe, expect, it } from 'vitest'
import type { RoomState } from '../../src/room/room-state.ts'
import { readableSnapshots, restoreRoom, snapshotRoom, snapshotVersion } from '../../src/room/snapshot.ts'
import { step } from '../../src/room/step.ts'
import { seedPack, tellInRoom, toldEvents } from './support/tell-in-room.ts'
import type { Told } from './support/tell-in-room.ts'

const told: Told[] = [
  { product: { id: 'p1', title: '酸枣仁膏', category: 'food' } },
  '助眠的宝宝睡前一条喝完倒头就睡',
  '刚才说错了',
  '全场都有运费险',
  { text: '用了一罐斑真的淡了', user: 'u1' },
]

/** The same room as version 2 kept it: no promises, no testimonials, no products of findings. */
function asSecond(room: RoomState): unknown {
  const { promises: _, testimonies: _t, calledAtMs: _c, course: _o, groups, ...rest } = room
  const older = Object.entries(groups).map(([code, { alert, evidence }]) => [
    code,
    {
      alert,
      evidence: evidence.map(({ product: _p, correctedAtMs, ...item }) =>
        correctedAtMs === undefined ? item : { ...item, corrected: true },
      ),
    },
  ])
  return { version: 2, room: { ...rest, groups: Object.fromEntries(older) } }
}

describe('a snapshot', () => {
  const { state } = tellInRoom(told, 'food')

  it('keeps promises, testimonials and corrections', () => {
    expect(state.promises).not.toEqual([])
    expect(state.testimonies).not.toEqual([])
    expect(restoreRoom(JSON.parse(JSON.stringify(snapshotRoom(state))))).toStrictEqual(state)
    expect(snapshotRoom(state).version).toBe(snapshotVersion)
  })

  it('[RM8] of version 2 is read: its alerts go on, corrections stay', () => {
    const restored = restoreRoom(JSON.parse(JSON.stringify(asSecond(state))))
    const evidence = restored.groups['efficacy.food_function']?.evidence
    expect(evidence).toMatchObject([{ product: 'p1', correctedAtMs: 8_000, severity: 2 }])
    expect(restored).toMatchObject({ promises: [], testimonies: [], calledAtMs: null, product: { id: 'p1' } })
    const again = toldEvents([...told, { text: '喝完倒头就睡助眠的', at: 300 }]).at(-1)
    if (again === undefined) throw new Error('nothing was told')
    expect(step(restored, again, seedPack).changes).toMatchObject([{ type: 'alert.updated', alert: { anchorSeq: 2 } }])
  })

  it('of version 3 is read: it has not followed what the talk is about', () => {
    const { course, ...rest } = state
    expect(course.heard).toBeGreaterThan(0)
    expect(restoreRoom({ version: 3, room: rest })).toEqual({ ...state, course: { heard: 0, seen: {} } })
  })

  it('of a version that is not readable is refused by name', () => {
    for (const version of [1, snapshotVersion + 1]) {
      expect(readableSnapshots).not.toContain(version)
      expect(() => restoreRoom({ version, room: state })).toThrow('version 2 or 3 or 4')
    }
    for (const broken of [null, 3, {}, { version: 3 }, { version: 3, room: null }, { version: '3', room: state }]) {
      expect(() => restoreRoom(broken)).toThrow('version')
    }
  })
})
