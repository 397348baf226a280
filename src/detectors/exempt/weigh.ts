import type { ExemptionCode } from '../../contracts/taxonomy.ts'
import type { AnalysisContext } from '../analysis-context.ts'
import type { Match } from '../compose/match-rule.ts'
import type { Scene } from '../compose/scene.ts'
import type { ConceptSpan } from '../compose/utterance.ts'
import { debunked } from './debunk.ts'
import { byKnownLicence, bySpokenLicence, certifiedBlindBox } from './licensed.ts'
import { quotedLaw, reported } from './reported.ts'
import { asked } from './question.ts'
import { denied } from './negation.ts'
import { byTopic } from './topic.ts'

/** An exemption that was thought of: `because` says why it did not hold, in plain Chinese for the moderator. */
export type Weighed = { code: ExemptionCode; mark: ConceptSpan; applied: boolean; because?: string }

export type Judge = (match: Match, scene: Scene, context: AnalysisContext) => Weighed | undefined

/** In the order of precedence of DOMAIN H.2: licence, law, teaching, question, negation, other things. */
const judges: readonly Judge[] = [
  byKnownLicence,
  bySpokenLicence,
  certifiedBlindBox,
  quotedLaw,
  debunked,
  reported,
  asked,
  denied,
  byTopic,
]

/** All exemptions considered for a match, up to and including the first that holds. */
export function weighExemptions(match: Match, scene: Scene, context: AnalysisContext): Weighed[] {
  const weighed: Weighed[] = []
  const allowed = match.rule.source.exemptions
  for (const judge of judges) {
    const result = judge(match, scene, context)
    if (result === undefined || (allowed !== 'all' && !allowed.includes(result.code))) continue
    weighed.push(result)
    if (result.applied) break
  }
  return weighed
}
