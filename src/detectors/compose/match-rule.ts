import type { CompiledRule } from '../pack/compiled-rule-pack.ts'
import { clauseAt, ruleWindow } from './scene.ts'
import type { Earlier, Scene } from './scene.ts'
import type { ConceptSpan } from './utterance.ts'

/** One way a rule's slots are filled. */
export type Match = {
  rule: CompiledRule
  /** Spans in joined positions, in text order. */
  spans: readonly ConceptSpan[]
  /** Those of earlier utterances, but for slots that may lie there by the rule's own word. */
  borrowed: readonly ConceptSpan[]
  /** Slots filled from further back in the window. */
  remote: readonly { from: Earlier; span: ConceptSpan }[]
  start: number
  end: number
}

/** Most ways of filling a rule that are tried in one text: the first may be quoted, the next asserted. */
const mostMatches = 6

/**
 * All tight fillings of a rule that touch the present utterance, left to right. One pass over the relevant spans with
 * the latest span per slot: linear, no backtracking. Words of earlier utterances are borrowed only for a claim that the
 * present one does not make by itself, and only when it adds what makes the claim.
 */
export function matchRule(rule: CompiledRule, scene: Scene): Match[] {
  const own = matchOwn(rule, scene)
  return own ?? matchJoined(rule, scene)
}

/** Fillings wholly inside the present utterance; undefined when there are none, were they stopped or not. */
function matchOwn(rule: CompiledRule, scene: Scene): Match[] | undefined {
  if (!rule.slots.every(({ list }) => list.some((concept) => scene.here.has(concept)))) return undefined
  const fillings = fill(rule, scene, { spans: scene.hereByEnd, mask: rule.allMask, from: 0, accepts: () => true })
  return fillings.length === 0 ? undefined : toMatches(rule, scene, fillings, [])
}

function matchJoined(rule: CompiledRule, scene: Scene): Match[] {
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
  if (scene.spans.length === scene.hereByEnd.length && remote.size === 0) return []
  const complete = rule.slots.every((slot, i) => !slot.earlier || remote.has(i) || (mask & (1 << i)) !== 0)
  if (!complete || mask === 0) return []
  const accepts = (filling: readonly Filled[]): boolean => scene.answered !== undefined || adds(filling, rule, scene)
  const fillings = fill(rule, scene, { spans: scene.spansByEnd, mask, from: scene.freshFrom, accepts })
  return toMatches(rule, scene, fillings, [...remote.values()])
}

/** Fillings that an earlier utterance made by itself. */
export function matchesBefore(rule: CompiledRule, scene: Scene): Match[] {
  return scene.earlier
    .filter(({ joined }) => joined)
    .flatMap(({ offset, reading }) => {
      const spans = scene.spansByEnd.filter(({ start, end }) => start >= offset && end <= offset + reading.norm.length)
      const fillings = fill(rule, scene, { spans, mask: rule.allMask, from: -Infinity, accepts: () => true })
      return toMatches(rule, scene, fillings, [])
    })
}

function toMatches(
  rule: CompiledRule,
  scene: Scene,
  fillings: readonly (readonly Filled[])[],
  remote: Match['remote'],
): Match[] {
  return fillings
    .map((filling) => ({ filling, spans: inTextOrder(filling) }))
    .filter(({ spans }) => !isStopped(rule, scene, spans))
    .slice(0, mostMatches)
    .map(({ filling, spans }) => ({
      rule,
      spans,
      borrowed: filling
        .filter(({ slot, span }) => span.end <= 0 && rule.slots[slot]?.earlier !== true)
        .map(({ span }) => span),
      remote,
      start: Math.min(...spans.map((span) => span.start)),
      end: Math.max(...spans.map((span) => span.end)),
    }))
}

function inTextOrder(filling: readonly Filled[]): ConceptSpan[] {
  return filling.map(({ span }) => span).sort((a, b) => a.start - b.start || a.end - b.end)
}

function findRemote(scene: Scene, concepts: ReadonlySet<number>): { from: Earlier; span: ConceptSpan } | undefined {
  for (const from of ruleWindow(scene)) {
    const span = from.reading.spans.find(({ concept }) => concepts.has(concept))
    if (span !== undefined) return { from, span }
  }
  return undefined
}

/** A slot of a rule with the span that fills it. */
type Filled = { slot: number; span: ConceptSpan }

/** What a rule is to be filled from: spans by their end, which slots, past which position something must end. */
type Source = {
  spans: readonly ConceptSpan[]
  mask: number
  from: number
  accepts: (filling: readonly Filled[]) => boolean
}

function fill(rule: CompiledRule, scene: Scene, source: Source): Filled[][] {
  const slots = rule.slots.map((_, i) => i).filter((i) => (source.mask & (1 << i)) !== 0)
  return rule.source.order === 'listed'
    ? listedFillings(rule, scene, source, slots)
    : looseFillings(rule, scene, source, slots)
}

/** Most spans of one slot that are held as candidates, latest first. Keeps the search for an assignment constant. */
const mostHeld = 5

function looseFillings(rule: CompiledRule, scene: Scene, source: Source, slots: readonly number[]): Filled[][] {
  const held: Filled[][] = slots.map(() => [])
  const fillings: Filled[][] = []
  for (const span of source.spans) {
    let fillable = false
    slots.forEach((slot, k) => {
      if (rule.slots[slot]?.concepts.has(span.concept) !== true) return
      const list = held[k] ?? []
      list.unshift({ slot, span })
      if (list.length > mostHeld) list.pop()
      fillable = true
    })
    if (!fillable || span.end <= source.from) continue
    const filling = tightest(rule, scene, source, held, span)
    if (filling !== undefined) fillings.push(filling)
    if (fillings.length >= mostMatches * 3) break
  }
  return fillings
}

/** An assignment of held spans to slots that ends with `last`, without overlaps and near enough; latest spans first. */
function tightest(
  rule: CompiledRule,
  scene: Scene,
  source: Source,
  held: readonly (readonly Filled[])[],
  last: ConceptSpan,
): Filled[] | undefined {
  const chosen: Filled[] = []
  const assign = (slot: number, lastUsed: boolean): Filled[] | undefined => {
    const candidates = held[slot]
    if (candidates === undefined) {
      return lastUsed && isTight(rule, scene, chosen) && source.accepts(chosen) ? [...chosen] : undefined
    }
    for (const filled of candidates) {
      const { span } = filled
      if (chosen.some(({ span: other }) => span.start < other.end && other.start < span.end)) continue
      chosen.push(filled)
      const found = assign(slot + 1, lastUsed || span === last)
      chosen.pop()
      if (found !== undefined) return found
    }
    return undefined
  }
  return assign(0, false)
}

function listedFillings(rule: CompiledRule, scene: Scene, source: Source, slots: readonly number[]): Filled[][] {
  const chains: Filled[][][] = slots.map(() => [])
  const fillings: Filled[][] = []
  for (const span of source.spans) {
    for (let k = slots.length - 1; k >= 0; k--) {
      const slot = slots[k] ?? 0
      if (rule.slots[slot]?.concepts.has(span.concept) !== true) continue
      const before = k === 0 ? [[]] : chains[k - 1]
      const chain = before?.find((links) => k === 0 || follows(rule, scene, links.at(-1)?.span, span))
      if (chain === undefined) continue
      const longer = [...chain, { slot, span }]
      if (k < slots.length - 1) chains[k] = [longer, ...(chains[k] ?? [])].slice(0, mostHeld)
      else if (longer.some((filled) => filled.span.end > source.from) && source.accepts(longer)) fillings.push(longer)
    }
    if (fillings.length >= mostMatches * 3) break
  }
  return fillings
}

function follows(rule: CompiledRule, scene: Scene, before: ConceptSpan | undefined, span: ConceptSpan): boolean {
  if (before === undefined || span.start < before.end || span.start - before.end > rule.source.gap) return false
  return rule.source.scope !== 'clause' || clauseAt(scene, before.start) === clauseAt(scene, span.start)
}

/** Neighbours are near; the caller has seen to overlaps. */
function isTight(rule: CompiledRule, scene: Scene, filling: readonly Filled[]): boolean {
  const spans = inTextOrder(filling)
  return spans.every((span, i) => i === 0 || follows(rule, scene, spans[i - 1], span))
}

/** What may be said around a number that by itself completes a claim: 差不多三天. */
const aroundNumber = 3

/**
 * Whether the present utterance adds what makes the claim, and not only of what. Where it says all but what a rule lets
 * lie earlier, any such word will do; a gap left before is filled by a word that stands out.
 */
function adds(filling: readonly Filled[], rule: CompiledRule, scene: Scene): boolean {
  const fresh = filling.filter(({ span }) => span.end > 0)
  const whole = filling.every(({ span }) => span.start >= 0)
  return fresh.some(({ slot, span }) => {
    if (isContext(span, scene, rule.slots[slot]?.contextual === true)) return isWholeAnswer(span, scene)
    return whole || standsOut(span, scene)
  })
}

/** A word, not a stray character of a sentence about something else, nor a number said in passing. */
function standsOut(span: ConceptSpan, scene: Scene): boolean {
  const { norm } = scene.reading
  const said = span.end - Math.max(0, span.start)
  if (norm.length > 3 && said < 2) return false
  // Many words sound alike; only what the present utterance says besides could tell which was meant.
  if (span.how === 'heard') return false
  return !scene.pack.context.passing.has(span.concept) || isBareAnswer(said, scene)
}

/** 能 standing alone answers what was asked. */
function isWholeAnswer(span: ConceptSpan, scene: Scene): boolean {
  const alone = span.start <= 0 && span.end === scene.reading.norm.length
  return alone && span.concept === scene.pack.context.capable && wasAsked(scene)
}

/** 一个月 answers; in 放心拍七天无理由 and 来三包 the number is about something else. */
function isBareAnswer(said: number, scene: Scene): boolean {
  const { orders } = scene.pack.context
  if (scene.reading.norm.length - said > aroundNumber) return false
  return !scene.reading.spans.some(({ concept }) => orders.has(concept))
}

function isContext(span: ConceptSpan, scene: Scene, contextualSlot: boolean): boolean {
  const { all, circumstances, referring } = scene.pack.context
  if (all.has(span.concept) || (contextualSlot && circumstances.has(span.concept))) return true
  return scene.reading.spans.some(
    ({ concept, start, end }) => referring.has(concept) && start <= span.start && end >= span.end,
  )
}

function wasAsked(scene: Scene): boolean {
  const { QUESTION, QUESTION_END, ASKED } = scene.pack.discourse
  return scene.spans.some(({ concept, end }) => end <= 0 && [QUESTION, QUESTION_END, ASKED].includes(concept))
}

/** Whether a claim put together from several utterances uses words that had already made one before. */
export function repeats(match: Match, before: Match, scene: Scene): boolean {
  const { all, hints } = scene.pack.context
  const claims = before.spans.filter(({ concept }) => !all.has(concept) && !hints.has(concept))
  return match.borrowed.some(({ start, end }) => claims.some((claim) => claim.start < end && start < claim.end))
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
