/** A stretch of a text and how strongly it is marked. */
export type MarkSpan = { start: number; end: number; strength: 'hit' | 'concept' }
export type MarkedPiece = { text: string; strength: 'hit' | 'concept' | null }

/**
 * Cuts a text into plain and marked pieces. Spans are UTF-16 offsets, end exclusive; they may overlap, lie outside the
 * text or cut a surrogate pair, and a hit wins over a concept where both apply.
 */
export function markPieces(text: string, spans: readonly MarkSpan[]): MarkedPiece[] {
  const strengths = new Array<'hit' | 'concept' | null>(text.length).fill(null)
  for (const span of spans) {
    const start = outward(text, Math.max(0, span.start), -1)
    const end = outward(text, Math.min(text.length, span.end), 1)
    for (let index = start; index < end; index += 1) {
      if (span.strength === 'hit' || strengths[index] === null) strengths[index] = span.strength
    }
  }
  const pieces: MarkedPiece[] = []
  let from = 0
  for (let index = 1; index <= text.length; index += 1) {
    if (index < text.length && strengths[index] === strengths[from]) continue
    if (index > from) pieces.push({ text: text.slice(from, index), strength: strengths[from] ?? null })
    from = index
  }
  return pieces
}

function outward(text: string, offset: number, direction: 1 | -1): number {
  const code = text.charCodeAt(offset)
  const insidePair = offset > 0 && offset < text.length && code >= 0xdc00 && code <= 0xdfff
  return insidePair ? offset + direction : offset
}

/**
 * The part of a long text that shows its hit: at most `budget` units before and after it, with an ellipsis where
 * something was left out, and the span moved along.
 */
export function excerpt(
  text: string,
  span: readonly [number, number],
  budget: number,
): { text: string; span: [number, number] } {
  const start = Math.max(0, Math.min(span[0], text.length))
  const end = Math.max(start, Math.min(span[1], text.length))
  const from = outward(text, Math.max(0, start - budget), -1)
  const to = outward(text, Math.min(text.length, end + budget * 2), 1)
  const head = from > 0 ? '…' : ''
  const tail = to < text.length ? '…' : ''
  return {
    text: `${head}${text.slice(from, to)}${tail}`,
    span: [start - from + head.length, end - from + head.length],
  }
}
