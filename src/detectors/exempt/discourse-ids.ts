/**
 * Concepts the engine itself reads, to tell an assertion from a denial, a lesson, a question or a quotation. A pack
 * fills them with words (`discourse.yaml`); one that is absent is simply never seen.
 */
export const discourseConcepts = [
  'NEGATION',
  'NEGATION_NEAR',
  'NEGATION_AFTER',
  'DEBUNK',
  'TEACH',
  'OTHERS',
  'OWN',
  'PUSH',
  'QUESTION',
  'QUESTION_END',
  'ASKED',
  'ANSWER_NO',
  'AFFIRM',
  'NOD',
  'LAW',
  'REPORTED',
  'VIEWER_SAYS',
  'DISTANCE',
  'ADVERSATIVE',
  'AFTER_SALES',
  'LICENCE_SPOKEN',
  'DISEASE_CLAIM',
  'TEST_REPORT',
  'BB_FACTORY',
  'BB_ODDS',
  'BB_TOOL',
  'BB_OFFER',
  'BB_DRAW',
  'HONEST',
  'SENSORY',
  'KNOWLEDGE',
  'SELF_COMPARE',
  'OTHER_OBJECT',
  'OTHER_TREATMENT',
  'IDIOM',
  'RESULT_PROOF',
  'ELDERLY',
  'PREGNANT',
  'CHILDREN',
  'SERIOUS_DISEASE',
  'CORRECTION',
  'AMEND',
  'SUBTITLE',
] as const

export type DiscourseConcept = (typeof discourseConcepts)[number]

/** Concept number per name; -1 when the pack does not list it. */
export type DiscourseIds = Readonly<Record<DiscourseConcept, number>>

/** Looks the names up once, when a pack is compiled. */
export function discourseIds(conceptIds: ReadonlyMap<string, number>): DiscourseIds {
  return Object.fromEntries(discourseConcepts.map((name) => [name, conceptIds.get(name) ?? -1])) as DiscourseIds
}

/** The names by concept number, for those the pack lists. */
export function discourseNames(ids: DiscourseIds): ReadonlyMap<number, DiscourseConcept> {
  return new Map(discourseConcepts.flatMap((name) => (ids[name] < 0 ? [] : [[ids[name], name] as const])))
}
