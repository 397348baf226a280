import type { ConceptSpan } from './utterance.ts'

/**
 * The spans of a scene by where they end, and per concept their places in that order, so that a rule goes through the
 * spans it needs and through no others.
 */
export class EndOrder {
  readonly spans: readonly ConceptSpan[]
  /** Units of the longest span. */
  readonly longest: number
  private readonly places = new Map<number, number[]>()

  /** Takes spans in text order. */
  constructor(inTextOrder: readonly ConceptSpan[]) {
    const spans = sortedByEnd(inTextOrder)
    let longest = 0
    spans.forEach(({ concept, start, end }, place) => {
      longest = Math.max(longest, end - start)
      const list = this.places.get(concept)
      if (list === undefined) this.places.set(concept, [place])
      else list.push(place)
    })
    this.spans = spans
    this.longest = longest
  }

  /** Places in `spans` of a concept, ascending. */
  placesOf(concept: number): readonly number[] | undefined {
    return this.places.get(concept)
  }
}

/** By insertion: a span moves past those alone that overlap it, so the time stays linear. */
function sortedByEnd(inTextOrder: readonly ConceptSpan[]): ConceptSpan[] {
  const sorted: ConceptSpan[] = []
  for (const span of inTextOrder) {
    let at = sorted.length
    while (at > 0 && endsAfter(sorted[at - 1], span)) {
      sorted[at] = sorted[at - 1] ?? span
      at--
    }
    sorted[at] = span
  }
  return sorted
}

function endsAfter(span: ConceptSpan | undefined, other: ConceptSpan): boolean {
  return span !== undefined && (span.end > other.end || (span.end === other.end && span.start > other.start))
}
