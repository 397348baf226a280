import { rootState } from '../lexicon/double-array.ts'
import { scan } from '../lexicon/lexicon.ts'
import type { CompiledRulePack } from '../pack/compiled-rule-pack.ts'
import { EndOrder } from './end-order.ts'
import { readUtterance } from './read-utterance.ts'
import type { Reading } from './read-utterance.ts'
import { isSeller } from './utterance.ts'
import type { ConceptSpan, Utterance } from './utterance.ts'

/** How far back the window of a rule reaches. */
export const windowLimits = {
  utterances: 8,
  ms: 60_000,
  joinMs: 15_000,
  joined: 2,
  joinUnits: 12,
  answerUnits: 16,
  lesson: 20,
} as const

/** Units between two utterances in joined positions: a pause, not a word. */
const pause = 3

/** An earlier utterance of the window, read; `offset` moves its positions before those of the present one. */
export type Earlier = { utterance: Utterance; reading: Reading; offset: number; joined: boolean }

/**
 * What a rule looks at: the present utterance at positions 0 and up, and the seller's last few at negative ones, so
 * that a claim said in two breaths or by two people is measured like one.
 */
export class Scene {
  readonly present: Utterance
  readonly reading: Reading
  /** Seller's utterances of the last minute, latest first; rules look at the first eight. */
  readonly earlier: readonly Earlier[]
  /** A viewer's question that the present utterance answers with a nod: read as if the seller had said it. */
  readonly answered: Earlier | undefined
  /** Spans that end after this position are new with the present utterance. */
  readonly freshFrom: number
  /** Concepts of the present and the joined utterances, by joined position. */
  readonly spans: readonly ConceptSpan[]
  readonly pack: CompiledRulePack
  private grouped: ReadonlyMap<number, readonly ConceptSpan[]> | undefined
  private ends: EndOrder | undefined

  constructor(parts: Pick<Scene, 'present' | 'reading' | 'earlier' | 'answered' | 'spans' | 'pack'>) {
    this.present = parts.present
    this.reading = parts.reading
    this.earlier = parts.earlier
    this.answered = parts.answered
    this.freshFrom = parts.answered?.offset ?? 0
    this.spans = parts.spans
    this.pack = parts.pack
  }

  /** The spans by concept; grouped when first asked for, since most utterances wake no rule. */
  get byConcept(): ReadonlyMap<number, readonly ConceptSpan[]> {
    return (this.grouped ??= groupByConcept(this.spans))
  }

  /** The spans by their end. */
  get endOrder(): EndOrder {
    return (this.ends ??= new EndOrder(this.spans))
  }
}

/** Prepares the window for the rules. Earlier texts are read once per pack, however often they are looked at. */
export function setScene(present: Utterance, window: readonly Utterance[], pack: CompiledRulePack): Scene {
  const near = withinWindow(present, window)
  const sellers = isSeller(present.speaker) ? near.filter((utterance) => isSeller(utterance.speaker)) : []
  const answered = isSeller(present.speaker) ? questionNodded(present, near, pack) : undefined
  const earlier = answered === undefined ? joinBackwards(present, sellers, pack) : [answered]
  const last = answered === undefined ? earlier.find(({ joined }) => joined) : undefined
  const reading = readOnce(present, pack)
  const spans = joinedSpans(earlier, last, reading, pack)
  return new Scene({ present, reading, earlier, answered, spans, pack })
}

/** Spans of the joined utterances, of the border and of the present one, in text order. */
function joinedSpans(
  earlier: readonly Earlier[],
  last: Earlier | undefined,
  reading: Reading,
  pack: CompiledRulePack,
): readonly ConceptSpan[] {
  const before: ConceptSpan[] = []
  for (let i = earlier.length - 1; i >= 0; i--) {
    const one = earlier[i]
    if (one?.joined === true) for (const span of one.reading.spans) before.push(shifted(span, one.offset))
  }
  if (last !== undefined) before.push(...crossing(last, reading, pack))
  if (before.length === 0) return reading.spans
  // Whatever lies before or across the border begins before all of the present utterance.
  return before.sort((a, b) => a.start - b.start || b.end - a.end).concat(reading.spans)
}

function groupByConcept(spans: readonly ConceptSpan[]): Map<number, ConceptSpan[]> {
  const map = new Map<number, ConceptSpan[]>()
  for (const span of spans) {
    const list = map.get(span.concept)
    if (list === undefined) map.set(span.concept, [span])
    else list.push(span)
  }
  return map
}

/** Utterances of the window that are not too old to be looked at, oldest first. */
export function withinWindow(present: Utterance, window: readonly Utterance[]): Utterance[] {
  return window
    .filter((utterance) => utterance.seq < present.seq && present.atMs - utterance.atMs <= windowLimits.ms)
    .slice(-windowLimits.lesson * 2)
}

function joinBackwards(present: Utterance, sellers: readonly Utterance[], pack: CompiledRulePack): Earlier[] {
  const earlier: Earlier[] = []
  let offset = 0
  let open = true
  for (const utterance of sellers.slice(-windowLimits.lesson).reverse()) {
    const reading = readOnce(utterance, pack)
    offset -= reading.norm.length + pause
    open &&= earlier.length < windowLimits.joined && joins(present, utterance)
    earlier.push({ utterance, reading, offset, joined: open })
  }
  return earlier
}

/**
 * Two utterances are read as one when another voice puts in a few words, or one is too short to be a sentence by itself.
 * Two full sentences of one speaker are only looked at together by rules that say so (`earlier`).
 */
function joins(present: Utterance, before: Utterance): boolean {
  if (present.atMs - before.atMs > windowLimits.joinMs) return false
  const [now, then] = [present.text.length, before.text.length]
  if (present.speaker === before.speaker) return Math.min(now, then) <= windowLimits.joinUnits
  return now <= windowLimits.answerUnits || then <= windowLimits.joinUnits / 2
}

/** How long a viewer's question may wait for its nod, and how far into the answer the nod may stand. */
const nodLimits = { ms: 20_000, units: 6, questions: 6 } as const

/** 弹幕：能降血糖吗 — 主播：能的放心喝. The viewer's words become the seller's. */
function questionNodded(present: Utterance, near: readonly Utterance[], pack: CompiledRulePack): Earlier | undefined {
  const { NOD, QUESTION, QUESTION_END } = pack.discourse
  if (NOD < 0 || near.every(({ speaker }) => isSeller(speaker))) return undefined
  const nods = readOnce(present, pack).spans.some(({ concept, start }) => concept === NOD && start <= nodLimits.units)
  if (!nods) return undefined
  const asked = near
    .filter(({ speaker, atMs }) => !isSeller(speaker) && present.atMs - atMs <= nodLimits.ms)
    .slice(-nodLimits.questions)
    .findLast((utterance) =>
      readOnce(utterance, pack).spans.some(({ concept }) => concept === QUESTION || concept === QUESTION_END),
    )
  if (asked === undefined) return undefined
  const reading = readOnce(asked, pack)
  return { utterance: asked, reading, offset: -reading.norm.length - pause, joined: true }
}

/** Longest part of a term that may lie on either side of the border between two utterances, in units. */
const borderUnits = 16

/**
 * Terms that the recogniser cut between two finals: the automaton goes on in the present text with the state that the
 * end of the last one left. Words of discourse are short and meet by chance (…是不 + 是纯手工), so only claims may cross.
 */
function crossing(last: Earlier, reading: Reading, pack: CompiledRulePack): ConceptSpan[] {
  const { literal } = pack
  const before = last.reading.norm.units.slice(-borderUnits)
  const state = scan(literal, before, before.length, rootState, () => undefined)
  if (state === rootState) return []
  const spans: ConceptSpan[] = []
  const count = Math.min(borderUnits, reading.norm.length)
  scan(literal, reading.norm.units, count, state, (pattern, end, length) => {
    // Two characters meet by chance at a border.
    if (end >= length || length < 3) return
    for (const entry of literal.entries[pattern] ?? []) {
      if (entry.kind === 'allow' || pack.discourseNames.has(entry.concept)) continue
      const start = end - length - pause
      spans.push({
        concept: entry.concept,
        start,
        end,
        meant: entry.meant,
        how: entry.kind === 'alias' ? 'alias' : 'plain',
      })
    }
  })
  return spans
}

function shifted(span: ConceptSpan, offset: number): ConceptSpan {
  return { ...span, start: span.start + offset, end: span.end + offset }
}

const memo = new WeakMap<Utterance, { pack: CompiledRulePack; reading: Reading }>()

/** Reading is a pure function of text and pack, so its result may be kept with the utterance. */
export function readOnce(utterance: Utterance, pack: CompiledRulePack): Reading {
  const known = memo.get(utterance)
  if (known?.pack === pack) return known.reading
  const reading = readUtterance(utterance.text, pack)
  memo.set(utterance, { pack, reading })
  return reading
}

/** The earlier utterances that rules may look at. */
export function ruleWindow(scene: Scene): readonly Earlier[] {
  return scene.earlier.slice(0, windowLimits.utterances)
}

/** Clause of a joined position; every earlier utterance is a clause of its own. */
export function clauseAt(scene: Scene, position: number): number {
  if (position >= 0) return scene.reading.norm.clause[position] ?? 0
  for (let i = 0; i < scene.earlier.length; i++) {
    const before = scene.earlier[i]
    if (before !== undefined && position >= before.offset) {
      const local = Math.min(position - before.offset, before.reading.norm.length - 1)
      return -1_000 * (i + 1) + (before.reading.norm.clause[local] ?? 0)
    }
  }
  return -1_000_000
}

/** The utterance a joined position lies in, and the position inside it. */
export function locate(scene: Scene, position: number): { utterance: Utterance; reading: Reading; at: number } {
  if (position < 0) {
    for (const before of scene.earlier) {
      if (position >= before.offset) {
        const at = Math.min(position - before.offset, Math.max(0, before.reading.norm.length - 1))
        return { utterance: before.utterance, reading: before.reading, at }
      }
    }
  }
  return { utterance: scene.present, reading: scene.reading, at: Math.max(0, position) }
}
