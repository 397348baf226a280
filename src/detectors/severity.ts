import type { Match } from './compose/match-rule.ts'
import { windowLimits } from './compose/scene.ts'
import type { Scene } from './compose/scene.ts'
import type { DiscourseConcept } from './exempt/discourse-ids.ts'
import { notes as words, partsNote, repeatedNote } from './notes.ts'

/** DOMAIN D.0: what raises a finding by one, at most to five. */
const raising: readonly (readonly [DiscourseConcept, string])[] = [
  ['ELDERLY', words.elderly],
  ['PREGNANT', words.pregnant],
  ['CHILDREN', words.children],
]

/** Findings this often in a session count as repeated. */
const repeatedFrom = 3

/** Severity after modifiers, with the reasons in plain words. */
export function weighSeverity(
  match: Match,
  scene: Scene,
  before: number,
): { severity: number; notes: string[]; evasive: boolean } {
  const notes: string[] = []
  let severity = match.rule.info.severity
  const present = (concept: DiscourseConcept): boolean => scene.byConcept.has(scene.pack.discourse[concept])
  const evasive = match.spans.some(({ how }) => how === 'alias' || how === 'disguised')
  if (severity >= 2) {
    const isEfficacy = match.rule.code.startsWith('efficacy.')
    if (isEfficacy) for (const [concept, note] of raising) if (present(concept)) notes.push(note)
    if (isEfficacy && present('SERIOUS_DISEASE')) notes.push(words.seriousDisease)
    if (match.rule.code === 'blindbox.chasing' && present('CHILDREN')) notes.push(words.children)
    if (evasive) notes.push(words.evasive)
    if (before + 1 >= repeatedFrom) notes.push(repeatedNote(before + 1))
    severity = Math.min(5, severity + notes.length)
  }
  if (match.start < 0 || match.remote.length > 0) notes.push(partsNote(windowLimits.ms))
  return { severity, notes, evasive }
}
