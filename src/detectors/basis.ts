import { taxonomyOf } from '../contracts/taxonomy.ts'
import type { Code } from '../contracts/taxonomy.ts'
import { legalBasis } from './legal-basis.ts'

/** An article as it must be cited for a day, which version that is, and what it says in a sentence. */
export type Citation = { citation: string; version: string; summary: string }

/**
 * The citation of an article in the version in force on a day (ISO date or date-time, read as the date in China). A day
 * before the first known version gives that version. Throws for an id that `legal-basis.ts` does not list.
 */
export function citationInForce(basisId: string, dateIso: string): Citation {
  const basis = legalBasis[basisId]
  const first = basis?.versions[0]
  if (basis === undefined || first === undefined) {
    throw new Error(`Legal basis "${basisId}" is not listed in detectors/legal-basis.ts`)
  }
  const day = dayInChina(dateIso)
  const inForce = basis.versions.findLast(({ from }) => from <= day) ?? first
  return { citation: inForce.citation, version: inForce.from, summary: inForce.summary }
}

/** As `citationInForce`, but null for an id that is not listed: the edge takes ids from strangers. */
export function findCitation(basisId: string, dateIso: string): Citation | null {
  return Object.hasOwn(legalBasis, basisId) ? citationInForce(basisId, dateIso) : null
}

/** True when some version of the article was in force on that day. */
export function isInForce(basisId: string, dateIso: string): boolean {
  const first = legalBasis[basisId]?.versions[0]
  return first === undefined || first.from <= dayInChina(dateIso)
}

function dayInChina(iso: string): string {
  if (!iso.includes('T')) return iso.slice(0, 10)
  const at = new Date(iso)
  return Number.isNaN(at.getTime())
    ? iso.slice(0, 10)
    : new Date(at.getTime() + 8 * 3_600_000).toISOString().slice(0, 10)
}

/** Articles behind a code that were in force when it was said; all of them when the day is not known. */
export function basisOf(code: Code, spokenOn: string | undefined): string[] {
  const { basis } = taxonomyOf(code)
  return basis.filter((id) => spokenOn === undefined || isInForce(id, spokenOn))
}
