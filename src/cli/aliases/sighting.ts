import type { Line } from './lines.ts'

/** How a candidate was found: by its sound, in disguise, or in the company that the term keeps. */
export type Kind = 'heard' | 'latin' | 'inserted' | 'split' | 'company'

/** One place where something was said that may mean a term of the pack. */
export type Sighting = {
  kind: Kind
  line: Line
  /** Positions of the normalised view. */
  start: number
  end: number
  meant: string
  concepts: readonly string[]
  /** How near what was said is to what is meant, 0 to 1. */
  nearness: number
  /** What speaks for it besides the sentence it stands in, as a log-likelihood. */
  weight: number
}
