import type { TranscriptLine } from '../../../src/contracts/alert.ts'
import type { CaseDetail } from '../../../src/contracts/case.ts'
import type { Evidence } from '../../../src/contracts/enforcement.ts'
import type { Finding } from '../../../src/contracts/finding.ts'
import type { MarkSpan } from './marked-text.ts'

/** What of a line carries evidence. */
export type LineEvidence = {
  spans: MarkSpan[]
  /** Strongest severity of a finding that rests on this line; 0 where only its words are known. */
  severity: number
  /** Normalised readings that differ from what was said. */
  readings: string[]
}

/** Which lines findings rest on, and which words in them: hits where a finding completes, concepts elsewhere. */
export function evidenceBySeq(findings: readonly Finding[]): Map<number, LineEvidence> {
  const bySeq = new Map<number, LineEvidence>()
  const at = (seq: number, severity: number): LineEvidence => {
    const held = bySeq.get(seq) ?? { spans: [], severity, readings: [] }
    held.severity = Math.max(held.severity, severity)
    bySeq.set(seq, held)
    return held
  }
  for (const finding of findings) {
    for (const seq of finding.evidenceSeqs) at(seq, finding.severity)
    const own = at(finding.seq, finding.severity)
    own.spans.push({ start: finding.span[0], end: finding.span[1], strength: 'hit' })
    if (finding.reading !== undefined && finding.reading !== finding.quote) addOnce(own.readings, finding.reading)
    for (const concept of finding.concepts) {
      const line = at(concept.seq ?? finding.seq, finding.severity)
      line.spans.push({ start: concept.span[0], end: concept.span[1], strength: 'concept' })
      if (concept.reading !== undefined && concept.reading !== concept.quote) addOnce(line.readings, concept.reading)
    }
  }
  return bySeq
}

/**
 * What is marked in a line as it stood when the decision was made: the span kept with it, and everything its case marks
 * there, unless the words of the case are no longer the ones decided on.
 */
export function frozenEvidence(kept: Evidence, detail: CaseDetail | undefined): LineEvidence | undefined {
  const line =
    detail?.case.sessionId === kept.sessionId ? detail.transcript.find(({ seq }) => seq === kept.seq) : undefined
  const marked = line?.text === kept.text ? evidenceBySeq(detail?.findings ?? []).get(kept.seq) : undefined
  if (kept.span === null) return marked
  const own: MarkSpan = { start: kept.span[0], end: kept.span[1], strength: 'hit' }
  return {
    spans: [own, ...(marked?.spans ?? [])],
    severity: marked?.severity ?? 0,
    readings: marked?.readings ?? [],
  }
}

/** Drops a concept's reading that a longer reading of the same line already contains. */
export function tellingReadings(readings: readonly string[]): string[] {
  return readings.filter((reading) => !readings.some((other) => other !== reading && other.includes(reading)))
}

/** The evidence lines of a transcript, in order. */
export function evidenceSeqs(lines: readonly TranscriptLine[], evidence: ReadonlyMap<number, LineEvidence>): number[] {
  return lines.filter((line) => evidence.has(line.seq)).map((line) => line.seq)
}

function addOnce(list: string[], item: string): void {
  if (!list.includes(item)) list.push(item)
}
