import type { ConceptSource } from '../../contracts/rule-pack.ts'
import { buildLexicon } from '../lexicon/lexicon.ts'
import type { Entry, Lexicon } from '../lexicon/lexicon.ts'
import { normalise } from '../normalise/normalise.ts'
import { syllableTable } from '../normalise/syllables.ts'

type Terms = Map<string, { units: readonly number[]; entries: Entry[] }>

/** Reads all terms of a pack into the two automata: as written, and as heard. */
export function buildLexicons(
  concepts: readonly ConceptSource[],
  conceptIds: ReadonlyMap<string, number>,
): { literal: Lexicon; phonetic: Lexicon } {
  const literal: Terms = new Map()
  const phonetic: Terms = new Map()
  for (const source of concepts) {
    const concept = conceptIds.get(source.id) ?? -1
    const entry = (kind: Entry['kind'], meant: string): Entry => ({ concept, kind, meant, filler: source.filler })
    for (const term of source.terms) {
      const units = normalise(term).units
      add(literal, units, entry('term', term))
      if (source.phonetic) addPhonetic(phonetic, units, entry('term', term))
    }
    for (const phrase of source.allow) add(literal, normalise(phrase).units, entry('allow', phrase))
    for (const [said, meant] of Object.entries(source.aliases)) {
      add(literal, normalise(said).units, entry('alias', meant))
    }
  }
  return {
    literal: buildLexicon(literal, 65_536),
    phonetic: buildLexicon(phonetic, syllableTable().heardCount + 1),
  }
}

function add(terms: Terms, units: readonly number[], entry: Entry): void {
  if (units.length === 0) return
  const key = String.fromCharCode(...units)
  const known = terms.get(key)
  if (known === undefined) terms.set(key, { units, entries: [entry] })
  else if (!known.entries.some((other) => other.concept === entry.concept && other.kind === entry.kind)) {
    known.entries.push(entry)
  }
}

/** Only terms of Han alone are heard; one-character terms never are. */
function addPhonetic(terms: Terms, units: readonly number[], entry: Entry): void {
  const { heard } = syllableTable()
  const syllables = units.map((unit) => heard[unit] ?? 0)
  if (units.length < 2 || syllables.some((syllable) => syllable === 0)) return
  add(terms, syllables, { ...entry, meant: String.fromCharCode(...units) })
}
