import type { CompiledRule } from '../pack/compiled-rule-pack.ts'
import type { EndOrder } from './end-order.ts'
import { partitionPoint } from './partition-point.ts'
import { clauseAt } from './scene.ts'
import type { Scene } from './scene.ts'
import type { ConceptSpan } from './utterance.ts'

/** A slot of a rule with the span that fills it. */
export type Filled = { slot: number; span: ConceptSpan }

/** What a rule is filled from: which slots, between which positions, past which position something must end. */
export type Source = {
  mask: number
  low: number
  high: number
  fresh: number
  accepts: (filling: readonly Filled[]) => boolean
}

/** Most fillings of a rule that are looked at in one text. */
const mostFillings = 18

/** Most spans of one slot that are held as candidates, latest first. Keeps the search for an assignment constant. */
const mostHeld = 5

/** With no more spans than this there is nothing to gain by looking at stretches of the text. */
const fewSpans = 24

/** Where one concept of a slot is seen, as places of the end order, and how far they have been gone through. */
type Stream = { slot: number; places: readonly number[]; at: number }

/**
 * The tight fillings of a rule, by where they end, found as they are asked for. Only stretches of the text around the
 * slot that is seen least are gone through, with the latest spans per slot at hand: linear, no backtracking.
 */
export class Fillings {
  private readonly scene: Scene
  private readonly source: Source
  private readonly search: Search
  private readonly streams: readonly Stream[]
  /** Furthest that anything in a filling lies from any other span of it. */
  private readonly reach: number
  /** Places of the rarest slot that no stretch has been made for; undefined while the text is one stretch. */
  private anchors: readonly number[] | undefined
  private nextAnchor = 0
  private stretchEnd = Infinity
  private left = mostFillings

  constructor(rule: CompiledRule, scene: Scene, source: Source) {
    const { endOrder } = scene
    this.scene = scene
    this.source = source
    this.streams = streamsOf(rule, source.mask, endOrder)
    this.reach = (rule.slots.length - 1) * (rule.source.gap + endOrder.longest)
    if (this.streams.length === 0) {
      this.search = noSearch
      this.left = 0
      return
    }
    this.search =
      rule.source.order === 'listed'
        ? new ListedSearch(rule, scene, source)
        : new LooseSearch(rule, scene, source, this.reach)
    if (endOrder.spans.length > fewSpans) {
      this.anchors = rarest(this.streams, rule.slots.length)
      this.stretchEnd = -Infinity
    }
  }

  next(): Filled[] | undefined {
    if (this.left === 0) return undefined
    const { low, high } = this.source
    const { spans } = this.scene.endOrder
    for (;;) {
      const place = nearestPlace(this.streams)
      const span = spans[place]
      if (span === undefined || span.end > this.stretchEnd) {
        if (this.nextStretch()) continue
        return undefined
      }
      const filled = advance(this.streams, place)
      if (span.start < low || span.end > high) continue
      const filling = this.search.take(span, filled)
      if (filling === undefined) continue
      this.left--
      return filling
    }
  }

  /** Moves the streams to the next stretch in which every slot has something. */
  private nextStretch(): boolean {
    const { anchors, reach } = this
    const { spans } = this.scene.endOrder
    while (anchors !== undefined && this.nextAnchor < anchors.length) {
      const first = spans[anchors[this.nextAnchor++] ?? 0]
      if (first === undefined) continue
      let to = first.end + reach
      for (; this.nextAnchor < anchors.length; this.nextAnchor++) {
        const anchor = spans[anchors[this.nextAnchor] ?? 0]
        if (anchor === undefined || anchor.start - reach > to) break
        to = Math.max(to, anchor.end + reach)
      }
      if (this.isFillable(first.start - reach, to)) {
        this.stretchEnd = to
        return true
      }
    }
    return false
  }

  private isFillable(from: number, to: number): boolean {
    const { spans, longest } = this.scene.endOrder
    let filled = 0
    for (const stream of this.streams) {
      stream.at = partitionPoint(stream.places, (place) => (spans[place]?.end ?? 0) < from)
      const place = stream.places[stream.at]
      if (place !== undefined && (spans[place]?.end ?? 0) <= to + longest) filled |= 1 << stream.slot
    }
    return filled === this.source.mask
  }
}

/** Empty when nothing fills one of the slots. */
function streamsOf(rule: CompiledRule, mask: number, endOrder: EndOrder): readonly Stream[] {
  const streams: Stream[] = []
  let filled = 0
  for (let slot = 0; slot < rule.slots.length; slot++) {
    if ((mask & (1 << slot)) === 0) continue
    for (const concept of rule.slots[slot]?.list ?? []) {
      const places = endOrder.placesOf(concept)
      if (places === undefined) continue
      streams.push({ slot, places, at: 0 })
      filled |= 1 << slot
    }
  }
  return filled === mask ? streams : []
}

/** Places of the slot with the fewest. */
function rarest(streams: readonly Stream[], slots: number): readonly number[] {
  const counts = new Array<number>(slots).fill(0)
  for (const { slot, places } of streams) counts[slot] = (counts[slot] ?? 0) + places.length
  const rare = counts.indexOf(Math.min(...counts.filter((count) => count > 0)))
  const lists = streams.flatMap(({ slot, places }) => (slot === rare ? [places] : []))
  return lists.length === 1 ? (lists[0] ?? []) : lists.flat().sort((a, b) => a - b)
}

/** The place all streams come to next; Infinity at their end. */
function nearestPlace(streams: readonly Stream[]): number {
  let nearest = Infinity
  for (const { places, at } of streams) {
    const place = places[at]
    if (place !== undefined && place < nearest) nearest = place
  }
  return nearest
}

/** Moves the streams past a place; a bit per slot that the span there may fill. */
function advance(streams: readonly Stream[], place: number): number {
  let filled = 0
  for (const stream of streams) {
    if (stream.places[stream.at] !== place) continue
    stream.at++
    filled |= 1 << stream.slot
  }
  return filled
}

/** Takes spans by their end, with a bit per slot each may fill, and answers with the filling that the last completes. */
type Search = { take: (span: ConceptSpan, slots: number) => Filled[] | undefined }

const noSearch: Search = { take: () => undefined }

/** Slots in any order: an assignment of held spans without overlaps and near enough; latest spans first. */
class LooseSearch implements Search {
  /** Per slot of the mask. */
  private readonly held: Filled[][] = []
  private readonly slots: number[] = []
  private readonly chosen: Filled[] = []
  private readonly rule: CompiledRule
  private readonly scene: Scene
  private readonly source: Source
  private readonly reach: number

  constructor(rule: CompiledRule, scene: Scene, source: Source, reach: number) {
    this.rule = rule
    this.scene = scene
    this.source = source
    this.reach = reach
    for (let slot = 0; slot < rule.slots.length; slot++) {
      if ((source.mask & (1 << slot)) === 0) continue
      this.slots.push(slot)
      this.held.push([])
    }
  }

  take(span: ConceptSpan, slots: number): Filled[] | undefined {
    let near = true
    for (let k = 0; k < this.slots.length; k++) {
      const slot = this.slots[k] ?? 0
      const list = this.held[k]
      if ((slots & (1 << slot)) !== 0) list?.push({ slot, span })
      near &&= this.isNear(list?.at(-1), span)
    }
    return near && span.end > this.source.fresh ? this.assign(0, false, span) : undefined
  }

  private isNear(filled: Filled | undefined, last: ConceptSpan): filled is Filled {
    return filled !== undefined && last.start - filled.span.end <= this.reach
  }

  private assign(k: number, lastUsed: boolean, last: ConceptSpan): Filled[] | undefined {
    const { chosen } = this
    const list = this.held[k]
    if (list === undefined) {
      const holds = lastUsed && isTight(this.rule, this.scene, chosen) && this.source.accepts(chosen)
      return holds ? [...chosen] : undefined
    }
    for (let i = list.length - 1; i >= 0 && i >= list.length - mostHeld; i--) {
      const filled = list[i]
      if (!this.isNear(filled, last)) return undefined
      if (overlapsAny(filled.span, chosen)) continue
      chosen.push(filled)
      const found = this.assign(k + 1, lastUsed || filled.span === last, last)
      chosen.pop()
      if (found !== undefined) return found
    }
    return undefined
  }
}

function overlapsAny(span: ConceptSpan, chosen: readonly Filled[]): boolean {
  for (const { span: other } of chosen) if (span.start < other.end && other.start < span.end) return true
  return false
}

/** Slots in the order in which the rule lists them: per slot, the latest chains that fill it and all before it. */
class ListedSearch implements Search {
  private readonly chains: Filled[][][] = []
  private readonly slots: number[] = []
  private readonly rule: CompiledRule
  private readonly scene: Scene
  private readonly source: Source

  constructor(rule: CompiledRule, scene: Scene, source: Source) {
    this.rule = rule
    this.scene = scene
    this.source = source
    for (let slot = 0; slot < rule.slots.length; slot++) if ((source.mask & (1 << slot)) !== 0) this.slots.push(slot)
  }

  take(span: ConceptSpan, filled: number): Filled[] | undefined {
    const { rule, scene, source, slots, chains } = this
    let complete: Filled[] | undefined
    for (let k = slots.length - 1; k >= 0; k--) {
      const slot = slots[k] ?? 0
      if ((filled & (1 << slot)) === 0) continue
      const chain = k === 0 ? [] : chains[k - 1]?.find((links) => follows(rule, scene, links.at(-1)?.span, span))
      if (chain === undefined) continue
      const longer = [...chain, { slot, span }]
      if (k < slots.length - 1) chains[k] = [longer, ...(chains[k] ?? [])].slice(0, mostHeld)
      else if (longer.some((link) => link.span.end > source.fresh) && source.accepts(longer)) complete = longer
    }
    return complete
  }
}

function follows(rule: CompiledRule, scene: Scene, before: ConceptSpan | undefined, span: ConceptSpan): boolean {
  if (before === undefined || span.start < before.end || span.start - before.end > rule.source.gap) return false
  return rule.source.scope !== 'clause' || clauseAt(scene, before.start) === clauseAt(scene, span.start)
}

/** Neighbours are near; the caller has seen to overlaps. */
function isTight(rule: CompiledRule, scene: Scene, filling: readonly Filled[]): boolean {
  if (filling.length === 1) return true
  const spans = inTextOrder(filling)
  for (let i = 1; i < spans.length; i++) {
    const span = spans[i]
    if (span === undefined || !follows(rule, scene, spans[i - 1], span)) return false
  }
  return true
}

/** The spans of a filling by where they begin. */
export function inTextOrder(filling: readonly Filled[]): ConceptSpan[] {
  const spans: ConceptSpan[] = []
  for (const { span } of filling) {
    let at = spans.length
    while (at > 0 && beginsAfter(spans[at - 1], span)) {
      spans[at] = spans[at - 1] ?? span
      at--
    }
    spans[at] = span
  }
  return spans
}

function beginsAfter(span: ConceptSpan | undefined, other: ConceptSpan): boolean {
  return span !== undefined && (span.start > other.start || (span.start === other.start && span.end > other.end))
}
