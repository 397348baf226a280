import { normalise } from '../../detectors/normalise/normalise.ts'
import type { CompiledRulePack } from '../../detectors/pack/compiled-rule-pack.ts'

/** The words of a pack, as a miner asks for them. Texts are in the normalised view. */
export type Wordbook = {
  /** Terms that can fill a slot of a rule, with the concepts that list them. */
  terms: ReadonlyMap<string, readonly string[]>
  /** Whether a pack lists these words already, as a term, an alias or a harmless phrase. */
  isListed(text: string): boolean
}

export function readWordbook(pack: CompiledRulePack): Wordbook {
  const inSlots = new Set(pack.rules.flatMap(({ source }) => source.need.flatMap(({ any }) => any)))
  const listed = new Set<string>()
  const terms = new Map<string, string[]>()
  for (const { id, terms: own, allow, aliases } of pack.concepts) {
    for (const text of [...own, ...allow, ...Object.keys(aliases)]) listed.add(normalise(text).text)
    if (!inSlots.has(id)) continue
    for (const term of own) {
      const { text } = normalise(term)
      terms.set(text, [...(terms.get(text) ?? []), id])
    }
  }
  return { terms, isListed: (text) => listed.has(text) }
}
