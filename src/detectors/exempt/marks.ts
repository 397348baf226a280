import { partitionPoint } from '../compose/partition-point.ts'
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

/** The same, but only those that touch [from, to]: what is said far off costs nothing. */
export function marksNear(
  scene: Scene,
  from: number,
  to: number,
  ...names: readonly DiscourseConcept[]
): readonly ConceptSpan[] {
  let near: ConceptSpan[] | undefined
  for (const name of names) {
    const list = scene.byConcept.get(scene.pack.discourse[name])
    if (list === undefined) continue
    const first = from - scene.endOrder.longest
    for (let i = partitionPoint(list, ({ start }) => start < first); i < list.length; i++) {
      const span = list[i]
      if (span === undefined || span.start > to) break
      if (span.end >= from) (near ??= []).push(span)
    }
  }
  if (near === undefined) return none
  return names.length === 1 ? near : near.sort((a, b) => a.start - b.start || b.end - a.end)
}

/** True when one of the concepts is seen in the present utterance. */
export function isHere(scene: Scene, ...names: readonly DiscourseConcept[]): boolean {
  return names.some((name) => scene.byConcept.get(scene.pack.discourse[name])?.some(({ end }) => end > 0) === true)
}

/** True when a span of the concept begins in [from, to). */
export function between(scene: Scene, from: number, to: number, ...names: readonly DiscourseConcept[]): boolean {
  return marksNear(scene, from, to, ...names).some((span) => span.start >= from && span.end <= to)
}

/** The last span of the concept that ends at or before a position and at most `reach` units from it. */
export function lastBefore(
  scene: Scene,
  position: number,
  reach: number,
  ...names: readonly DiscourseConcept[]
): ConceptSpan | undefined {
  return marksNear(scene, position - reach, position, ...names).findLast(({ end }) => end <= position)
}

/** The first span of the concept that begins at or after a position and at most `reach` units from it. */
export function firstAfter(
  scene: Scene,
  position: number,
  reach: number,
  ...names: readonly DiscourseConcept[]
): ConceptSpan | undefined {
  return marksNear(scene, position, position + reach, ...names).find(({ start }) => start >= position)
}

/** True when both positions lie in one clause. */
export function sameClause(scene: Scene, a: number, b: number): boolean {
  return clauseAt(scene, a) === clauseAt(scene, Math.max(a, b))
}
