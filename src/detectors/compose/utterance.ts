/** Who spoke. Host, assistant and staff are the seller; a viewer's words are a signal. */
export type Speaker = 'host' | 'assistant' | 'staff' | 'viewer'

/** One thing said or typed, as the window keeps it. */
export type Utterance = {
  readonly seq: number
  readonly atMs: number
  readonly speaker: Speaker
  readonly text: string
  /** The recogniser's name for it: a later final of the same name replaces it. */
  readonly utteranceId?: string
}

/** A concept seen in a text, in normalised positions; `quote` positions follow from the text's map. */
export type ConceptSpan = {
  concept: number
  start: number
  end: number
  /** The term as the pack writes it. */
  meant: string
  /** As written; with fillers inside; through an alias; through inserted marks or picture characters; by sound. */
  how: 'plain' | 'filler' | 'alias' | 'disguised' | 'heard'
  /** Spoken amount, for #MONEY in fen. */
  value?: number
}

/** True for host, assistant and staff. */
export function isSeller(speaker: Speaker): boolean {
  return speaker !== 'viewer'
}
