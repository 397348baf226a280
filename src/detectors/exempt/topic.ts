import type { Code, ExemptionCode } from '../../contracts/taxonomy.ts'
import type { Match } from '../compose/match-rule.ts'
import type { Scene } from '../compose/scene.ts'
import type { ConceptSpan } from '../compose/utterance.ts'
import type { DiscourseConcept } from './discourse-ids.ts'
import { between, isHere, marksNear } from './marks.ts'
import type { Weighed } from './weigh.ts'

type Topic = {
  code: ExemptionCode
  concept: DiscourseConcept
  /** Furthest the mark may stand from the claim. */
  reach: number
  covers: (code: Code) => boolean
}

const sensory: ReadonlySet<Code> = new Set<Code>([
  'efficacy.cosmetic_special',
  'efficacy.cosmetic_medical',
  'efficacy.food_function',
  'efficacy.special_effect',
  'efficacy.household_health',
  'efficacy.before_after',
  'efficacy.time_bound',
  'efficacy.medical_claim',
])
const afterSales: ReadonlySet<Code> = new Set<Code>([
  'efficacy.guaranteed_result',
  'efficacy.before_after',
  'efficacy.food_cure',
  'efficacy.cosmetic_medical',
  'efficacy.safety_absolute',
  'spec.bait_switch',
  'spec.service_promise',
  'spec.scarcity',
  'spec.price',
  'spec.quantity',
  'spec.material',
  'blindbox.unlabelled_lottery',
  'blindbox.no_refund',
  'blindbox.sham_opening',
  'blindbox.prize_promo',
  'blindbox.gambling_cash',
  'blindbox.minor',
])
const compared: ReadonlySet<Code> = new Set<Code>([
  'efficacy.absolute_term',
  'spec.sales_data',
  'spec.price',
  'spec.scarcity',
])
const anyCode = (): boolean => true
const isSpec = (code: Code): boolean => code.startsWith('spec.')

const topics: readonly Topic[] = [
  { code: 'exempt.honest_disclosure', concept: 'HONEST', reach: 30, covers: isSpec },
  { code: 'exempt.after_sales', concept: 'AFTER_SALES', reach: 20, covers: (code) => afterSales.has(code) },
  { code: 'exempt.sensory', concept: 'SENSORY', reach: 12, covers: (code) => sensory.has(code) },
  { code: 'exempt.self_compare', concept: 'SELF_COMPARE', reach: 8, covers: (code) => compared.has(code) },
  { code: 'exempt.knowledge', concept: 'KNOWLEDGE', reach: 14, covers: anyCode },
  { code: 'exempt.idiom', concept: 'IDIOM', reach: 0, covers: anyCode },
  { code: 'exempt.other_object', concept: 'OTHER_TREATMENT', reach: 24, covers: anyCode },
]

/** Exemptions that rest on what the sentence is about rather than on how it is said. */
export function byTopic(match: Match, scene: Scene): Weighed | undefined {
  let failed: Weighed | undefined
  const registered = match.rule.source.contradictedBy.length > 0
  for (const topic of topics) {
    if (!topic.covers(match.rule.code) || (registered && topic.code !== 'exempt.honest_disclosure')) continue
    const near = marksNear(scene, match.start - topic.reach, match.end + topic.reach, topic.concept)
    const mark = near.find((span) => span.end > 0 && distance(span, match) <= topic.reach)
    if (mark === undefined) continue
    const because = cancelled(topic, mark, match, scene)
    if (because === undefined) return { code: topic.code, mark, applied: true }
    failed ??= { code: topic.code, mark, applied: false, because }
  }
  return failed ?? otherObject(match, scene)
}

function distance(span: ConceptSpan, match: Match): number {
  if (span.end <= match.start) return match.start - span.end
  return span.start >= match.end ? span.start - match.end : 0
}

function cancelled(topic: Topic, mark: ConceptSpan, match: Match, scene: Scene): string | undefined {
  const from = Math.min(mark.end, match.end)
  const to = Math.max(mark.start, match.start)
  if (between(scene, from, to, 'ADVERSATIVE')) {
    return '与这句话之间话锋已转'
  }
  if (topic.concept === 'OTHER_TREATMENT' && isHere(scene, 'OWN', 'PUSH')) {
    return '同一句话里提到了自家商品'
  }
  return undefined
}

/** Talk of the speaker's own life: 我昨天感冒了, with no word of the goods. */
function otherObject(match: Match, scene: Scene): Weighed | undefined {
  const near = marksNear(scene, match.start - 12, match.end, 'OTHER_OBJECT')
  const mark = near.find((span) => span.end > 0 && span.end <= match.end)
  if (mark === undefined) return undefined
  const code = 'exempt.other_object'
  if (isHere(scene, 'OWN', 'PUSH', 'RESULT_PROOF')) {
    return { code, mark, applied: false, because: '同一句话里提到了自家商品' }
  }
  return { code, mark, applied: true }
}
