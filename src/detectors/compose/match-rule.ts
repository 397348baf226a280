import type { CompiledRule } from '../pack/compiled-rule-pack.ts'
import { clauseAt } from './scene.ts'
import type { Earlier, Scene } from './scene.ts'
import type { ConceptSpan } from './utterance.ts'

/** One way a rule's slots are filled. */
export type Match = {
  rule: CompiledRule
  /** Spans in joined positions, in text order. */
  spans: readonly ConceptSpan[]
  /** Slots filled from further back in the window. */
  remote: readonly { from: Earlier; span: ConceptSpan }[]
  start: number
  end: number
}

/** Most ways of filling a rule that are tried in one text: the first may be quoted, the next asserted. */
const mostMatches = 6

/**
 * All tight fillings of a rule that touch the present utterance, left to right. One pass over the relevant spans with
 * the latest span per slot: linear, no backtracking.
 */
export function matchRule(rule: CompiledRule, scene: Scene): Match[] {
  const remote = new Map<number, { from: Earlier; span: ConceptSpan }>()
  let mask = rule.presentMask
  rule.slots.forEach((slot, i) => {
    if (!slot.earlier) return
    if (scene.spans.some((span) => slot.concepts.has(span.concept))) mask |= 1 << i
    else {
      const found = findRemote(scene, slot.concepts)
      if (found !== undefined) remote.set(i, found)
    }
  })
  const complete = rule.slots.every((slot, i) => !slot.earlier || remote.has(i) || (mask & (1 << i)) !== 0)
  if (!complete || mask === 0) return []
  const fillings = rule.source.order === 'listed' ? listedFillings(rule, scene, mask) : looseFillings(rule, scene, mask)
  return fillings
    .filter((spans) => !isStopped(rule, scene, spans))
    .slice(0, mostMatches)
    .map((spans) => ({
      rule,
      spans,
      remote: [...remote.values()],
      start: Math.min(...spans.map((span) => span.start)),
      end: Math.max(...spans.map((span) => span.end)),
    }))
}

function findRemote(scene: Scene, concepts: ReadonlySet<number>): { from: Earlier; span: ConceptSpan } | undefined {
  for (const from of scene.earlier) {
    const span = from.reading.spans.find(({ concept }) => concepts.has(concept))
    if (span !== undefined) return { from, span }
  }
  return undefined
}

function slotNumbers(rule: CompiledRule, mask: number): number[] {
  return rule.slots.map((_, i) => i).filter((i) => (mask & (1 << i)) !== 0)
}

function looseFillings(rule: CompiledRule, scene: Scene, mask: number): ConceptSpan[][] {
  const slots = slotNumbers(rule, mask)
  const latest = new Map<number, ConceptSpan>()
  const fillings: ConceptSpan[][] = []
  for (const span of scene.spansByEnd) {
    for (const slot of slots) {
      if (rule.slots[slot]?.concepts.has(span.concept) !== true) continue
      const held = latest.get(slot)
      latest.set(slot, span)
      const spans = chosen(slots, latest)
      if (spans === undefined || !fits(rule, scene, spans)) {
        // A span that fits nothing yet must not push out one that another slot still waits for.
        if (held !== undefined && spans !== undefined && overlapsAny(spans)) latest.set(slot, held)
        continue
      }
      if (fillings.length < mostMatches * 4) fillings.push(spans)
    }
  }
  return fillings
}

function chosen(slots: readonly number[], latest: ReadonlyMap<number, ConceptSpan>): ConceptSpan[] | undefined {
  const spans: ConceptSpan[] = []
  for (const slot of slots) {
    const span = latest.get(slot)
    if (span === undefined) return undefined
    spans.push(span)
  }
  return spans.sort((a, b) => a.start - b.start || a.end - b.end)
}

function overlapsAny(spans: readonly ConceptSpan[]): boolean {
  for (let i = 1; i < spans.length; i++) {
    if ((spans[i]?.start ?? 0) < (spans[i - 1]?.end ?? 0)) return true
  }
  return false
}

function listedFillings(rule: CompiledRule, scene: Scene, mask: number): ConceptSpan[][] {
  const slots = slotNumbers(rule, mask)
  const chains: (ConceptSpan[] | undefined)[] = slots.map(() => undefined)
  const fillings: ConceptSpan[][] = []
  for (const span of scene.spansByEnd) {
    for (let k = slots.length - 1; k >= 0; k--) {
      if (rule.slots[slots[k] ?? 0]?.concepts.has(span.concept) !== true) continue
      const before = k === 0 ? [] : chains[k - 1]
      if (before === undefined) continue
      const chain = [...before, span]
      if (k > 0 && !follows(rule, scene, before.at(-1), span)) continue
      chains[k] = chain
      if (k === slots.length - 1 && chain.some(({ end }) => end > 0) && fillings.length < mostMatches * 4) {
        fillings.push(chain)
      }
    }
  }
  return fillings
}

function follows(rule: CompiledRule, scene: Scene, before: ConceptSpan | undefined, span: ConceptSpan): boolean {
  if (before === undefined || span.start < before.end || span.start - before.end > rule.source.gap) return false
  return rule.source.scope !== 'clause' || clauseAt(scene, before.start) === clauseAt(scene, span.start)
}

/** Slots do not overlap, neighbours are near, something is new in the present utterance. */
function fits(rule: CompiledRule, scene: Scene, spans: readonly ConceptSpan[]): boolean {
  if (!spans.some(({ end }) => end > 0)) return false
  for (let i = 1; i < spans.length; i++) {
    const before = spans[i - 1]
    const span = spans[i]
    if (before === undefined || span === undefined || !follows(rule, scene, before, span)) return false
  }
  return true
}

function isStopped(rule: CompiledRule, scene: Scene, spans: readonly ConceptSpan[]): boolean {
  if (rule.without.length === 0) return false
  const clauses = new Set(spans.map(({ start }) => clauseAt(scene, start)))
  const first = Math.min(...spans.map(({ start }) => start))
  return scene.spans.some(
    (span) =>
      rule.without.includes(span.concept) &&
      (rule.source.scope === 'clause' ? clauses.has(clauseAt(scene, span.start)) : span.start >= Math.min(0, first)),
  )
}
