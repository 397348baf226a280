import { clauseAt } from '../compose/scene.ts'
import type { Scene } from '../compose/scene.ts'
import type { ConceptSpan } from '../compose/utterance.ts'
import type { DiscourseConcept } from './discourse-ids.ts'

/** Spans of a discourse concept in the present and the joined utterances, by position. */
export function marks(scene: Scene, ...names: readonly DiscourseConcept[]): readonly ConceptSpan[] {
  let only: readonly ConceptSpan[] | undefined
  let merged: ConceptSpan[] | undefined
  for (const name of names) {
    const list = scene.byConcept.get(scene.pack.discourse[name])
    if (list === undefined) continue
    if (only === undefined) only = list
    else merged = (merged ?? [...only]).concat(list)
  }
  return merged?.sort((a, b) => a.start - b.start || b.end - a.end) ?? only ?? none
}

const none: readonly ConceptSpan[] = []

/** The same, in the present utterance only. */
export function marksHere(scene: Scene, ...names: readonly DiscourseConcept[]): ConceptSpan[] {
  return marks(scene, ...names).filter(({ end }) => end > 0)
}

/** True when a span of the concept begins in [from, to). */
export function between(scene: Scene, from: number, to: number, ...names: readonly DiscourseConcept[]): boolean {
  return marks(scene, ...names).some((span) => span.start >= from && span.end <= to)
}

/** The last span of the concept that ends at or before a position and at most `reach` units from it. */
export function lastBefore(
  scene: Scene,
  position: number,
  reach: number,
  ...names: readonly DiscourseConcept[]
): ConceptSpan | undefined {
  return marks(scene, ...names).findLast((span) => span.end <= position && position - span.end <= reach)
}

/** The first span of the concept that begins at or after a position and at most `reach` units from it. */
export function firstAfter(
  scene: Scene,
  position: number,
  reach: number,
  ...names: readonly DiscourseConcept[]
): ConceptSpan | undefined {
  return marks(scene, ...names).find((span) => span.start >= position && span.start - position <= reach)
}

/** True when both positions lie in one clause. */
export function sameClause(scene: Scene, a: number, b: number): boolean {
  return clauseAt(scene, a) === clauseAt(scene, Math.max(a, b))
}
