import { describe, expect, it } from 'vitest'
import type { CaseDetail } from '../../src/contracts/case.ts'
import type { Evidence } from '../../src/contracts/enforcement.ts'
import { frozenEvidence } from '../../web/src/lib/evidence.ts'
import { markPieces } from '../../web/src/lib/marked-text.ts'

const text = '喝了三天根治高血压药也不用吃了'
const kept: Evidence = { sessionId: 's1', seq: 4, atMs: 0, channel: 'speech', text, span: [2, 6], alertId: 'a1' }
const finding = { seq: 4, evidenceSeqs: [4], severity: 5, quote: '', concepts: [] }

function caseWith(words: string, sessionId = 's1'): CaseDetail {
  return {
    case: { sessionId },
    transcript: [{ seq: 4, atMs: 0, channel: 'speech', text: words, receivedAt: '2026-11-23T06:00:00.000Z' }],
    findings: [
      { ...finding, span: [2, 6] },
      { ...finding, span: [9, 14] },
    ],
  } as unknown as CaseDetail
}
const markedIn = (detail: CaseDetail | undefined) =>
  markPieces(text, frozenEvidence(kept, detail)?.spans ?? [])
    .filter((piece) => piece.strength !== null)
    .map((piece) => piece.text)

describe('evidence of a decision', () => {
  it('is marked as its case marks it, all findings of the line', () => {
    expect(markedIn(caseWith(text))).toEqual(['三天根治', '药也不用吃'])
  })

  it('keeps its own mark where the case is not at hand, is another, or has other words by now', () => {
    expect(markedIn(undefined)).toEqual(['三天根治'])
    expect(markedIn(caseWith(text, 's2'))).toEqual(['三天根治'])
    expect(markedIn(caseWith('喝了三天感觉不错别的就不知道了'))).toEqual(['三天根治'])
  })

  it('without a mark of its own or of its case is plain words', () => {
    expect(frozenEvidence({ ...kept, span: null }, undefined)).toBe(undefined)
  })
})
