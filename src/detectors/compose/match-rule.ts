import type { CompiledRule } from '../pack/compiled-rule-pack.ts'
import { Fillings, inTextOrder } from './fill-slots.ts'
import type { Filled } from './fill-slots.ts'
import { partitionPoint } from './partition-point.ts'
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
 * The tight fillings of a rule that touch the present utterance, left to right, as they are asked for. Words of earlier
 * utterances are borrowed only for a claim that the present one does not make by itself, and only when it adds what
 * makes the claim.
 */
export function matchRule(rule: CompiledRule, scene: Scene): Iterable<Match> {
  if (isStoppedHere(rule, scene)) return []
  const fillings = new Fillings(rule, scene, { mask: rule.allMask, low: 0, high: Infinity, fresh: 0, accepts: any })
  const first = fillings.next()
  return first === undefined ? matchJoined(rule, scene) : matchesOf(rule, scene, first, fillings, [])
}

function any(): boolean {
  return true
}

function matchJoined(rule: CompiledRule, scene: Scene): Iterable<Match> {
  const alone = scene.spans.length === scene.reading.spans.length
  if (alone && rule.presentMask === rule.allMask) return []
  const remote = new Map<number, { from: Earlier; span: ConceptSpan }>()
  let mask = rule.presentMask
  rule.slots.forEach((slot, i) => {
    if (!slot.earlier) return
    if (slot.list.some((concept) => scene.byConcept.has(concept))) mask |= 1 << i
    else {
      const found = findRemote(scene, slot.concepts)
      if (found !== undefined) remote.set(i, found)
    }
  })
  if (alone && remote.size === 0) return []
  const complete = rule.slots.every((slot, i) => !slot.earlier || remote.has(i) || (mask & (1 << i)) !== 0)
  if (!complete || mask === 0) return []
  const accepts = (filling: readonly Filled[]): boolean => scene.answered !== undefined || adds(filling, rule, scene)
  const fillings = new Fillings(rule, scene, {
    mask,
    low: -Infinity,
    high: Infinity,
    fresh: scene.freshFrom,
    accepts,
  })
  return matchesOf(rule, scene, fillings.next(), fillings, [...remote.values()])
}

/** Fillings that an earlier utterance made by itself. */
export function matchesBefore(rule: CompiledRule, scene: Scene): Match[] {
  return scene.earlier
    .filter(({ joined }) => joined)
    .flatMap(({ offset, reading }) => {
      const high = offset + reading.norm.length
      const source = { mask: rule.allMask, low: offset, high, fresh: -Infinity, accepts: any }
      const fillings = new Fillings(rule, scene, source)
      return [...matchesOf(rule, scene, fillings.next(), fillings, [])]
    })
}

/** The fillings, from `first` on, that no word of the rule's `without` stops. */
function* matchesOf(
  rule: CompiledRule,
  scene: Scene,
  first: readonly Filled[] | undefined,
  rest: Fillings,
  remote: Match['remote'],
): Generator<Match, void> {
  let count = 0
  for (let filling = first; filling !== undefined && count < mostMatches; filling = rest.next()) {
    const match = toMatch(rule, scene, filling, remote)
    if (match === undefined) continue
    count++
    yield match
  }
}

/** Undefined for a filling that a word of the rule's `without` stops. */
function toMatch(
  rule: CompiledRule,
  scene: Scene,
  filling: readonly Filled[],
  remote: Match['remote'],
): Match | undefined {
  const spans = inTextOrder(filling)
  if (isStopped(rule, scene, spans)) return undefined
  return {
    rule,
    spans,
    borrowed: filling
      .filter(({ slot, span }) => span.end <= 0 && rule.slots[slot]?.earlier !== true)
      .map(({ span }) => span),
    remote,
    start: Math.min(...spans.map((span) => span.start)),
    end: Math.max(...spans.map((span) => span.end)),
  }
}

function findRemote(scene: Scene, concepts: ReadonlySet<number>): { from: Earlier; span: ConceptSpan } | undefined {
  for (const from of ruleWindow(scene)) {
    const span = from.reading.spans.find(({ concept }) => concepts.has(concept))
    if (span !== undefined) return { from, span }
  }
  return undefined
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
  for (const concept of referring) if (isCovered(span, scene.byConcept.get(concept))) return true
  return false
}

/** Whether a span of the present utterance, of which none overlap, holds another. */
function isCovered(span: ConceptSpan, list: readonly ConceptSpan[] | undefined): boolean {
  if (list === undefined) return false
  const cover = list[partitionPoint(list, ({ start }) => start <= span.start) - 1]
  return cover !== undefined && cover.start >= 0 && cover.end >= span.end
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

/** Whether a word of the present utterance stops whatever the rule could find; one of a clause stops only its clause. */
function isStoppedHere(rule: CompiledRule, scene: Scene): boolean {
  if (rule.source.scope === 'clause') return false
  return rule.without.some((concept) => (scene.byConcept.get(concept)?.at(-1)?.start ?? -1) >= 0)
}

function isStopped(rule: CompiledRule, scene: Scene, spans: readonly ConceptSpan[]): boolean {
  if (rule.without.length === 0) return false
  const first = Math.min(0, ...spans.map(({ start }) => start))
  const clauses = rule.source.scope === 'clause' ? new Set(spans.map(({ start }) => clauseAt(scene, start))) : undefined
  return rule.without.some((concept) => {
    const stops = scene.byConcept.get(concept) ?? []
    if (clauses !== undefined) return stops.some(({ start }) => clauses.has(clauseAt(scene, start)))
    return (stops.at(-1)?.start ?? -Infinity) >= first
  })
}
