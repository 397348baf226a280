import { describe, expect, it } from 'vitest'
import { measureItems } from '../../src/cli/eval/measure-items.ts'
import { measureRooms } from '../../src/cli/eval/measure-rooms.ts'
import type { FoldedRoom } from '../../src/cli/eval/measure-rooms.ts'
import type { AlertSeed } from '../../src/contracts/alert-seed.ts'
import type { CorpusItem } from '../../src/contracts/corpus.ts'
import type { Label } from '../../src/contracts/taxonomy.ts'

function answer(truth: Label, said: Label, difficulty: CorpusItem['difficulty'] = 'plain') {
  const item: CorpusItem = {
    id: 'x',
    scene: 's',
    channel: 'speech',
    text: '话',
    label: truth,
    codes: ['spec.price'],
    difficulty,
    reason: '测试',
  }
  return { item, label: said, codes: [] }
}

describe('figures of single utterances', () => {
  it('count precision, recall and F1 per family, and honest look-alikes that were hit', () => {
    const figures = measureItems([
      answer('efficacy', 'efficacy'),
      answer('efficacy', 'clean'),
      answer('spec', 'efficacy'),
      answer('clean', 'efficacy', 'hardneg'),
      answer('clean', 'clean', 'hardneg'),
      answer('blindbox', 'blindbox'),
    ])
    expect(figures.families.efficacy).toMatchObject({
      there: 2,
      said: 3,
      hit: 1,
      precision: 1 / 3,
      recall: 1 / 2,
      f1: 0.4,
    })
    expect(figures.families.spec).toMatchObject({ hit: 0, f1: 0 })
    expect(figures.families.blindbox.f1).toBe(1)
    expect(figures.macroF1).toBeCloseTo((0.4 + 0 + 1) / 3)
    expect(figures.hardNegativesFlagged).toBe(0.5)
    expect(figures.byDifficulty['hardneg']).toEqual({ items: 2, right: 1, flagged: 1 })
  })
})

describe('figures of whole rooms', () => {
  const minute = 60_000

  function room(completeSeq: number | undefined, alerts: { label: Label; hits: number[] }[]): FoldedRoom {
    const events = Array.from({ length: 20 }, (_, i) => ({
      seq: i + 1,
      atMs: (i + 1) * minute,
      channel: 'speech' as const,
      text: '话',
      partial: false,
      speaker: 'host' as const,
    }))
    const episodes =
      completeSeq === undefined
        ? []
        : [
            {
              code: 'spec.price' as const,
              label: 'spec' as const,
              first_seq: completeSeq - 1,
              complete_seq: completeSeq,
              seqs: [completeSeq],
              note: '',
            },
          ]
    const seeds = alerts.map(({ label, hits }) => ({
      label,
      hits,
      code: 'spec.price',
      raisedAtSeq: hits[0],
      quote: '话',
    }))
    return {
      room: { name: 'r', header: { room_id: 'r', title: '' }, events, episodes },
      alerts: seeds as unknown as AlertSeed[],
    }
  }

  it('count a violation as found when an alert of its family points at it, and how late', () => {
    expect(measureRooms([room(8, [{ label: 'spec', hits: [8] }])])).toMatchObject({ recall: 1, delayMedian: 0 })
    expect(measureRooms([room(8, [{ label: 'spec', hits: [10] }])])).toMatchObject({ recall: 1, delayMedian: 2 })
    expect(measureRooms([room(8, [{ label: 'spec', hits: [2, 8] }])])).toMatchObject({ recall: 1, strayAlerts: 0 })
  })

  it('count it as missed when the alert is of another family, too early or too late', () => {
    const missed = [
      room(8, [{ label: 'efficacy', hits: [8] }]),
      room(8, [{ label: 'spec', hits: [3] }]),
      room(8, [{ label: 'spec', hits: [14] }]),
    ]
    expect(measureRooms(missed)).toMatchObject({ episodes: 3, recall: 0, strayAlerts: 3 })
  })

  it('count false alerts per hour of honest rooms only', () => {
    const figures = measureRooms([
      room(undefined, [{ label: 'spec', hits: [3] }]),
      room(8, [{ label: 'spec', hits: [8] }]),
    ])
    expect(figures).toMatchObject({ honestRooms: 1, falseAlertsPerHour: 3 })
  })
})
