import { rootState } from '../../detectors/lexicon/double-array.ts'
import { buildLexicon, scan, type Entry } from '../../detectors/lexicon/lexicon.ts'
import { syllableTable } from '../../detectors/normalise/syllables.ts'
import { isDictionaryWord, isKnownBetween, type Line } from './lines.ts'
import type { Sighting } from './sighting.ts'
import type { WordPairs } from './word-pairs.ts'
import type { Wordbook } from './wordbook.ts'

const numerals = new Set('零一二三四五六七八九十百千万亿两')
/** One term in a thousand is longer, and none of those is misheard whole. */
const longestTerm = 8

/** Finds what sounds like a term of the pack (in the view that merges confusable syllables) and is not written like it. */
export function heardWords(book: Wordbook, pairs: WordPairs): (line: Line) => Sighting[] {
  const { heard } = syllableTable()
  const sounding = new Map<string, { units: Uint16Array; entries: Entry[] }>()
  for (const term of book.terms.keys()) {
    const units = Uint16Array.from(term, (char) => heard[char.charCodeAt(0)] ?? 0)
    if (units.length < 2 || units.length > longestTerm || units.includes(0)) continue
    const key = units.join(',')
    const entry: Entry = { concept: -1, kind: 'term', meant: term, filler: 0 }
    const known = sounding.get(key)
    if (known) known.entries.push(entry)
    else sounding.set(key, { units, entries: [entry] })
  }
  const lexicon = buildLexicon(sounding, syllableTable().heardCount + 1)

  return (line) => {
    const { norm } = line
    const found: Sighting[] = []
    const units = norm.units.map((unit) => heard[unit] ?? 0)
    scan(lexicon, units, norm.length, rootState, (pattern, end, length) => {
      const start = end - length
      if (norm.clause[start] !== norm.clause[end - 1]) return
      // A reading by sound gives way to words that are really there, and begins and ends where words do.
      if (!line.isWordEdge(start) || !line.isWordEdge(end) || isKnownBetween(line, start, end)) return
      const said = norm.text.slice(start, end)
      if (book.isListed(said)) return
      const weight = isDictionaryWord(said) ? 0 : Math.min(mostCohesion, pairs.cohesion(line, start, end))
      for (const { meant } of lexicon.entries[pattern] ?? []) {
        if (meant === said) continue
        const nearness = nearnessOf(said, meant)
        found.push({ kind: 'heard', line, start, end, meant, concepts: book.terms.get(meant) ?? [], nearness, weight })
      }
    })
    return found
  }
}

/** Beyond this a stretch is no chance, and how far beyond says nothing. */
const mostCohesion = 60

/** Characters as written count most, syllables as spoken less, confusable ones least. Another number is another number. */
function nearnessOf(said: string, meant: string): number {
  const { exact } = syllableTable()
  let sum = 0
  for (let i = 0; i < meant.length; i++) {
    const [here, there] = [said.charCodeAt(i), meant.charCodeAt(i)]
    if (here === there) sum += 1
    else if (numerals.has(said.charAt(i))) sum -= 0.3
    else sum += exact[here] === exact[there] ? 0.6 : 0.3
  }
  return Math.max(0.02, sum / meant.length)
}
