import { readUtterance } from '../../detectors/compose/read-utterance.ts'
import type { ConceptSpan } from '../../detectors/compose/utterance.ts'
import type { Normalised } from '../../detectors/normalise/normalise.ts'
import type { CompiledRulePack } from '../../detectors/pack/compiled-rule-pack.ts'
import type { Said } from './corpus.ts'

/** An utterance as the miners look at it. Positions are those of the normalised view. */
export type Line = {
  said: Said
  norm: Normalised
  spans: readonly ConceptSpan[]
  /** 1 where a word of the pack is seen that is longer than one character. */
  known: Uint8Array
  /** Where words begin, by the dictionary of the runtime; the end of the text is the last. */
  words: readonly number[]
  isWordEdge(at: number): boolean
}

const segmenter = new Intl.Segmenter('zh', { granularity: 'word' })

/** Reads an utterance with the pack and cuts it into dictionary words. Clauses are cut apart. */
export function readLine(said: Said, pack: CompiledRulePack): Line {
  const { norm, spans } = readUtterance(said.text, pack)
  const known = new Uint8Array(norm.length)
  for (const { start, end } of spans) if (end - start >= 2) known.fill(1, start, end)
  const words: number[] = []
  let from = 0
  for (let at = 1; at <= norm.length; at++) {
    if (at < norm.length && norm.clause[at] === norm.clause[from]) continue
    for (const { index } of segmenter.segment(norm.text.slice(from, at))) words.push(from + index)
    from = at
  }
  words.push(norm.length)
  const edges = new Set(words)
  return { said, norm, spans, known, words, isWordEdge: (at) => edges.has(at) }
}

/** Whether the dictionary knows the text as one word. */
export function isDictionaryWord(text: string): boolean {
  return [...segmenter.segment(text)].length === 1
}

/** Whether the pack sees one of its longer words anywhere between these positions. */
export function isKnownBetween(line: Line, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (line.known[at] === 1) return true
  return false
}
