import type { AnalysisContext } from './analysis-context.ts'
import type { Match } from './compose/match-rule.ts'
import type { Scene } from './compose/scene.ts'
import { absurdPriceNote, contradictionNote } from './notes.ts'
import { computedConcepts } from './pack/computed-concepts.ts'

const money = computedConcepts.indexOf('#MONEY')

/**
 * Whether the facts that a rule asks for are there: a registered fact that says otherwise, or a price at which the claim
 * is absurd. The price on the counter counts before one that is spoken.
 */
export function grounds(match: Match, scene: Scene, context: AnalysisContext): { holds: boolean; notes: string[] } {
  const { contradictedBy, absurdBelowFen } = match.rule.source
  if (contradictedBy.length === 0 && absurdBelowFen === undefined) return { holds: true, notes: [] }
  const notes: string[] = []
  for (const contradiction of contradictedBy) notes.push(...contradictions(contradiction, context.facts))
  if (absurdBelowFen !== undefined) {
    const price = context.priceFen ?? spokenPrice(match, scene)
    if (price !== undefined && price > 0 && price < absurdBelowFen) notes.push(absurdPriceNote(price))
  }
  return { holds: notes.length > 0, notes }
}

type Contradiction = Match['rule']['source']['contradictedBy'][number]

/** One note per registered fact that says otherwise; none when a fact of these names confirms the claim. */
function contradictions({ fact, says, unless }: Contradiction, facts: AnalysisContext['facts']): string[] {
  const named = Object.entries(facts).filter(([name]) => fact.some((wanted) => name.includes(wanted)))
  const refutes = ([, text]: readonly [string, string]): boolean => says.some((word) => states(text, word))
  if (named.some((entry) => !refutes(entry) && unless.some((word) => states(entry[1], word)))) return []
  return named.filter(refutes).map(([name, text]) => contradictionNote(name, text))
}

/** 无 by itself denies; inside 七天无理由 it does not: a word of one character must be all that is registered. */
function states(text: string, word: string): boolean {
  return word.length === 1 ? text.trim() === word : text.includes(word)
}

/** A price named in the present utterance; what was complete before it did not rest on it. */
function spokenPrice(match: Match, scene: Scene): number | undefined {
  if (match.end <= 0) return undefined
  const prices = scene.spans.filter((span) => span.concept === money && span.end > 0).map((span) => span.value ?? 0)
  const asked = prices.filter((fen) => fen >= 100)
  return asked.length > 0 ? Math.min(...asked) : undefined
}
