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
  for (const { fact, says } of contradictedBy) {
    for (const [name, text] of Object.entries(context.facts)) {
      if (!fact.some((wanted) => name.includes(wanted))) continue
      const word = says.find((wanted) => text.includes(wanted))
      if (word !== undefined) notes.push(contradictionNote(name, text))
    }
  }
  if (absurdBelowFen !== undefined) {
    const price = context.priceFen ?? spokenPrice(scene)
    if (price !== undefined && price > 0 && price < absurdBelowFen) notes.push(absurdPriceNote(price))
  }
  return { holds: notes.length > 0, notes }
}

function spokenPrice(scene: Scene): number | undefined {
  const prices = scene.spans.filter((span) => span.concept === money && span.end > 0).map((span) => span.value ?? 0)
  const asked = prices.filter((fen) => fen >= 100)
  return asked.length > 0 ? Math.min(...asked) : undefined
}
