import { scan, buildLexicon, type Entry } from '../../detectors/lexicon/lexicon.ts'
import { rootState } from '../../detectors/lexicon/double-array.ts'
import type { CompiledRulePack } from '../../detectors/pack/compiled-rule-pack.ts'
import { companyWords } from './company-words.ts'
import type { Said } from './corpus.ts'
import { disguisedWords } from './disguised-words.ts'
import { heardWords } from './heard-words.ts'
import { readLine, type Line } from './lines.ts'
import { rankCandidates, type Candidate } from './rank-candidates.ts'
import type { Sighting } from './sighting.ts'
import { readWordbook } from './wordbook.ts'
import { WordPairs } from './word-pairs.ts'

export type Progress = { begin(stage: string, total: number): void; step(by?: number): void }

/** Mines spellings for the alias tables of a pack. The same utterances and pack always give the same ranking. */
export async function mineAliases(
  said: readonly Said[],
  pack: CompiledRulePack,
  progress: Progress,
): Promise<Candidate[]> {
  const book = readWordbook(pack)
  const pairs = new WordPairs()
  const lines: Line[] = []
  progress.begin('reading utterances', said.length)
  for (const one of said) {
    const line = readLine(one, pack)
    pairs.add(line)
    lines.push(line)
    await breathe(progress, lines.length)
  }

  const sightings: Sighting[] = []
  const miners = [heardWords(book, pairs), disguisedWords(book)]
  progress.begin('looking for spellings', lines.length)
  for (const [done, line] of lines.entries()) {
    for (const look of miners) sightings.push(...look(line))
    await breathe(progress, done)
  }
  sightings.push(...companyWords(lines, book, pack))

  const counts = countTerms(lines, new Set(sightings.map(({ meant }) => meant)))
  progress.begin('weighing candidates', sightings.length)
  let weighed = 0
  return rankCandidates(
    sightings,
    pack,
    (term) => counts.get(term) ?? 0,
    (count) => breathe(progress, ++weighed, count),
  )
}

/** Counts what was done, and lets the progress bar draw now and then. */
async function breathe(progress: Progress, done: number, by = 1): Promise<void> {
  progress.step(by)
  if (done % 500 === 0) await new Promise((resolve) => setImmediate(resolve))
}

/** In how many utterances each term is written as the pack lists it. */
function countTerms(lines: readonly Line[], terms: ReadonlySet<string>): ReadonlyMap<string, number> {
  const patterns = new Map<string, { units: Uint16Array; entries: Entry[] }>()
  for (const term of terms) {
    const units = Uint16Array.from(term, (char) => char.charCodeAt(0))
    patterns.set(term, { units, entries: [{ concept: -1, kind: 'term', meant: term, filler: 0 }] })
  }
  const lexicon = buildLexicon(patterns, 65_536)
  const counts = new Map<string, number>()
  for (const { norm } of lines) {
    const here = new Set<string>()
    scan(lexicon, norm.units, norm.length, rootState, (pattern) => {
      for (const { meant } of lexicon.entries[pattern] ?? []) here.add(meant)
    })
    for (const term of here) counts.set(term, (counts.get(term) ?? 0) + 1)
  }
  return counts
}
