import { describe, expect, it } from 'vitest'
import type { TranscriptLine } from '../../src/contracts/alert.ts'
import { foldContext, foldLines, laneRows, mergeLines } from '../../web/src/lib/transcript-fold.ts'

function line(seq: number, text: string, change: Partial<TranscriptLine> = {}): TranscriptLine {
  return { seq, atMs: seq * 1_000, channel: 'speech', text, receivedAt: '2026-11-23T06:00:00.000Z', ...change }
}
const texts = (lines: readonly TranscriptLine[]) => foldLines(lines).map(({ line: { text } }) => text)

describe('reading order', () => {
  it('replaces partials by the final of their utterance', () => {
    const lines = [
      line(1, '屋里', { partial: true, utteranceId: 'u' }),
      line(2, '屋里有糖高的', { partial: true, utteranceId: 'u' }),
      line(3, '屋里有糖高的老人家', { utteranceId: 'u' }),
    ]
    expect(texts(lines.slice(0, 1))).toEqual(['屋里'])
    expect(texts(lines.slice(0, 2))).toEqual(['屋里有糖高的'])
    expect(texts(lines)).toEqual(['屋里有糖高的老人家'])
  })

  it('replaces unnamed partials by the next final', () => {
    const lines = [line(1, '这个', { partial: true }), line(2, '来了', { channel: 'chat' }), line(3, '这个茶')]
    expect(texts(lines)).toEqual(['来了', '这个茶'])
  })

  it('keeps what a correction replaced, in its place', () => {
    const folded = foldLines([line(1, '三天根治'), line(2, '大家好'), line(3, '三天根制', { revises: 1 })])
    expect(folded.map((item) => [item.line.text, item.original?.text])).toEqual([
      ['三天根制', '三天根治'],
      ['大家好', undefined],
    ])
  })

  it('shows a line once when it arrives twice and out of order', () => {
    expect(texts([line(2, '二'), line(1, '一'), line(2, '二')])).toEqual(['一', '二'])
  })

  it('keeps the newest lines when there are too many', () => {
    expect(mergeLines([line(1, 'a'), line(2, 'b')], [line(3, 'c')], 2).map(({ seq }) => seq)).toEqual([2, 3])
  })
})

describe('lanes', () => {
  it('put chat beside the words it followed, and apart from words long past', () => {
    const rows = laneRows(
      foldLines([
        line(1, '家人们好'),
        line(2, '来了', { channel: 'chat' }),
        line(20, '在吗', { channel: 'chat' }),
        line(21, '在的'),
      ]),
      new Set(),
    )
    expect(rows.map((row) => [row.speech.length, row.chat.length])).toEqual([
      [1, 1],
      [0, 1],
      [1, 0],
    ])
  })

  it('fold equal messages, but never one that carries a hit', () => {
    const lines = foldLines([
      line(1, '说'),
      line(2, '加V', { channel: 'chat' }),
      line(3, '加V', { channel: 'chat' }),
      line(4, '加V', { channel: 'chat' }),
    ])
    expect(laneRows(lines, new Set([3]))[0]?.chat.map(({ line: { seq }, count }) => [seq, count])).toEqual([
      [2, 2],
      [3, 1],
    ])
  })

  it('keep context around evidence and fold the rest', () => {
    const lines = foldLines(Array.from({ length: 10 }, (_, index) => line(index + 1, String(index + 1))))
    const parts = foldContext(lines, ({ line: { seq } }) => seq === 5, 1)
    expect(parts.map((part) => (part.kind === 'line' ? part.item.line.seq : `+${part.count}`))).toEqual([
      '+3',
      4,
      5,
      6,
      '+4',
    ])
  })
})
