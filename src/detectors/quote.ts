import type { Span } from '../contracts/finding.ts'
import type { Reading } from './compose/read-utterance.ts'

/** The original words behind normalised positions [start, end) of one text. */
export function quoteBetween(reading: Reading, start: number, end: number): { span: Span; quote: string } {
  const { norm } = reading
  const first = Math.min(Math.max(0, start), Math.max(0, norm.length - 1))
  const last = Math.min(Math.max(first, end - 1), Math.max(0, norm.length - 1))
  const from = norm.from[first] ?? 0
  const to = Math.max(from + 1, norm.to[last] ?? from + 1)
  return { span: [from, to], quote: norm.original.slice(from, to) }
}
