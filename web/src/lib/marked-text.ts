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

/** Marked words between the words around them. */
export type Excerpt = { lead: string; mark: string; tail: string }

/**
 * The part of a long text around its hit: the words of the span whole, and at most `budget` UTF-16 units before and after
 * them, with an ellipsis where something was left out.
 */
export function excerpt(text: string, span: readonly [number, number], budget: number): Excerpt {
  const start = outward(text, Math.max(0, Math.min(span[0], text.length)), -1)
  const end = outward(text, Math.max(start, Math.min(span[1], text.length)), 1)
  const from = outward(text, Math.max(0, start - budget), -1)
  const to = outward(text, Math.min(text.length, end + budget), 1)
  return {
    lead: `${from > 0 ? '…' : ''}${text.slice(from, start)}`,
    mark: text.slice(start, end),
    tail: `${text.slice(end, to)}${to < text.length ? '…' : ''}`,
  }
}
