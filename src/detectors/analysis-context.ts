import type { Category } from '../contracts/category.ts'
import type { Utterance } from './compose/utterance.ts'
import type { DiscourseConcept } from './exempt/discourse-ids.ts'

/** What a seller's talk may be about: lessons, own goods, honest disclosure, the law, box sales. */
export const courses = [
  'DEBUNK',
  'TEACH',
  'OWN',
  'PUSH',
  'HONEST',
  'LAW',
  'BB_OFFER',
  'BB_ODDS',
] as const satisfies readonly DiscourseConcept[]
export type Course = (typeof courses)[number]

/** Share of the seller's utterances, 0 to 1, per course. */
export type CourseShares = ReadonlyMap<Course, number>

/** What the detectors know besides the event itself. */
export type AnalysisContext = {
  category?: Category | undefined
  licences: readonly string[]
  /** Registered facts of the product on the counter, such as `工艺: 机制`. */
  facts: Readonly<Record<string, string>>
  priceFen?: number | undefined
  /** Earlier utterances, oldest first; the engine takes what its window allows. */
  window: readonly Utterance[]
  /** ISO date (or date-time) of speech: the law in force then is cited. Absent: the newest version. */
  spokenOn?: string | undefined
  /** How often the seller has committed a code in this session before this event. */
  repeated?: ReadonlyMap<string, number> | undefined
  /** What the whole session has been about; absent for a line by itself and while little was heard. */
  course?: CourseShares | undefined
}

/** A context in which nothing is known. */
export const emptyContext: AnalysisContext = { licences: [], facts: {}, window: [] }
