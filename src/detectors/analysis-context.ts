import type { Category } from '../contracts/category.ts'
import type { Utterance } from './compose/utterance.ts'

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
}

/** A context in which nothing is known. */
export const emptyContext: AnalysisContext = { licences: [], facts: {}, window: [] }
