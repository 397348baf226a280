import type { CompiledRule } from '../pack/compiled-rule-pack.ts'
import { clauseAt, ruleWindow } from './scene.ts'
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
  for (const from of ruleWindow(scene)) {
    const span = from.reading.spans.find(({ concept }) => concepts.has(concept))
    if (span !== undefined) return { from, span }
  }
  return undefined
}

function slotNumbers(rule: CompiledRule, mask: number): number[] {
  return rule.slots.map((_, i) => i).filter((i) => (mask & (1 << i)) !== 0)
}

/** Most spans of one slot that are held as candidates, latest first. Keeps the search for an assignment constant. */
const mostHeld = 5

function looseFillings(rule: CompiledRule, scene: Scene, mask: number): ConceptSpan[][] {
  const slots = slotNumbers(rule, mask)
  const held: ConceptSpan[][] = slots.map(() => [])
  const fillings: ConceptSpan[][] = []
  for (const span of scene.spansByEnd) {
    let fillable = false
    slots.forEach((slot, k) => {
      if (rule.slots[slot]?.concepts.has(span.concept) !== true) return
      const list = held[k] ?? []
      list.unshift(span)
      if (list.length > mostHeld) list.pop()
      fillable = true
    })
    if (!fillable || span.end <= scene.freshFrom) continue
    const filling = tightest(rule, scene, held, span)
    if (filling !== undefined) fillings.push(filling)
    if (fillings.length >= mostMatches * 3) break
  }
  return fillings
}

/** An assignment of held spans to slots that ends with `last`, without overlaps and near enough; latest spans first. */
function tightest(
  rule: CompiledRule,
  scene: Scene,
  held: readonly (readonly ConceptSpan[])[],
  last: ConceptSpan,
): ConceptSpan[] | undefined {
  const chosen: ConceptSpan[] = []
  const assign = (slot: number, lastUsed: boolean): ConceptSpan[] | undefined => {
    const candidates = held[slot]
    if (candidates === undefined) {
      const spans = [...chosen].sort((a, b) => a.start - b.start || a.end - b.end)
      return lastUsed && fits(rule, scene, spans) ? spans : undefined
    }
    for (const span of candidates) {
      if (chosen.some((other) => span.start < other.end && other.start < span.end)) continue
      chosen.push(span)
      const found = assign(slot + 1, lastUsed || span === last)
      chosen.pop()
      if (found !== undefined) return found
    }
    return undefined
  }
  return assign(0, false)
}

function listedFillings(rule: CompiledRule, scene: Scene, mask: number): ConceptSpan[][] {
  const slots = slotNumbers(rule, mask)
  const chains: ConceptSpan[][][] = slots.map(() => [])
  const fillings: ConceptSpan[][] = []
  for (const span of scene.spansByEnd) {
    for (let k = slots.length - 1; k >= 0; k--) {
      if (rule.slots[slots[k] ?? 0]?.concepts.has(span.concept) !== true) continue
      const before = k === 0 ? [[]] : chains[k - 1]
      const chain = before?.find((links) => k === 0 || follows(rule, scene, links.at(-1), span))
      if (chain === undefined) continue
      const longer = [...chain, span]
      if (k < slots.length - 1) chains[k] = [longer, ...(chains[k] ?? [])].slice(0, mostHeld)
      else if (longer.some(({ end }) => end > scene.freshFrom) && addsEnough(scene, longer)) fillings.push(longer)
    }
    if (fillings.length >= mostMatches * 3) break
  }
  return fillings
}

function follows(rule: CompiledRule, scene: Scene, before: ConceptSpan | undefined, span: ConceptSpan): boolean {
  if (before === undefined || span.start < before.end || span.start - before.end > rule.source.gap) return false
  return rule.source.scope !== 'clause' || clauseAt(scene, before.start) === clauseAt(scene, span.start)
}

/** Neighbours are near; the caller has seen to overlaps and to something new in the present utterance. */
function fits(rule: CompiledRule, scene: Scene, spans: readonly ConceptSpan[]): boolean {
  if (!addsEnough(scene, spans)) return false
  for (let i = 1; i < spans.length; i++) {
    const span = spans[i]
    if (span === undefined || !follows(rule, scene, spans[i - 1], span)) return false
  }
  return true
}

/** A claim begun earlier is completed by a word, not by a stray character of a sentence about something else. */
function addsEnough(scene: Scene, spans: readonly ConceptSpan[]): boolean {
  if ((spans[0]?.start ?? 0) >= 0 || scene.answered !== undefined || scene.reading.norm.length <= 3) return true
  return spans.some(({ start, end }) => end > 0 && end - Math.max(0, start) >= 2)
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
