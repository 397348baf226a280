import type { Code } from '../../contracts/taxonomy.ts'
import type { AnalysisContext } from '../analysis-context.ts'
import type { Match } from '../compose/match-rule.ts'
import type { Scene } from '../compose/scene.ts'
import { marks, marksNear } from './marks.ts'
import type { Weighed } from './weigh.ts'

/** Claims a licence named in the room can cover; cures, guarantees and deadlines never are. */
const coveredByLicence: ReadonlySet<Code> = new Set<Code>([
  'efficacy.food_function',
  'efficacy.food_cure',
  'efficacy.health_food_overclaim',
  'efficacy.cosmetic_special',
  'efficacy.cosmetic_medical',
  'efficacy.medical_claim',
  'efficacy.special_effect',
  'efficacy.household_health',
  'efficacy.device_drug',
])
const coveredByReport: ReadonlySet<Code> = new Set<Code>([
  'efficacy.household_health',
  'efficacy.disinfectant_cure',
  'efficacy.fake_data',
  'efficacy.fake_authority',
  'efficacy.time_bound',
  'efficacy.safety_absolute',
  'efficacy.guaranteed_result',
  'spec.handmade',
  'spec.origin',
  'spec.material',
  'spec.grade_variety',
  'spec.certificate',
  'spec.quantity',
])

/** The session's or the product's licence covers the claim, by the rule's own list. */
export function byKnownLicence(match: Match, _scene: Scene, context: AnalysisContext): Weighed | undefined {
  const { licences, licenceFunctions } = match.rule.source
  const held = context.licences.find((licence) => licences.some((prefix) => licence.startsWith(prefix)))
  const mark = match.spans[0]
  if (held === undefined || mark === undefined) return undefined
  const base = { code: 'exempt.licensed', mark } as const
  const approved = held.split(/[:：]/u)[1]
  if (
    licenceFunctions.length > 0 &&
    approved !== undefined &&
    !licenceFunctions.some((word) => approved.includes(word))
  ) {
    return { ...base, applied: false, because: `证照 ${held} 没有批准这项功能` }
  }
  return { ...base, applied: true }
}

/** The seller shows the licence or the report while speaking. */
export function bySpokenLicence(match: Match, scene: Scene): Weighed | undefined {
  const { code } = match.rule
  if (match.rule.source.contradictedBy.length > 0) return undefined // What is registered counts more than what is shown.
  const licence = coveredByLicence.has(code) ? marks(scene, 'LICENCE_SPOKEN')[0] : undefined
  const report = coveredByReport.has(code) ? marks(scene, 'TEST_REPORT')[0] : undefined
  const mark = licence ?? report
  if (mark === undefined) return undefined
  const proof = marks(scene, 'RESULT_PROOF')[0]
  if (proof !== undefined && proof.end > 0) {
    return { code: 'exempt.licensed', mark, applied: false, because: '还宣称了证照之外的效果' }
  }
  const cure = marksNear(scene, match.start, match.end + 1, 'DISEASE_CLAIM').find(({ end }) => end > match.start)
  if (cure !== undefined && match.rule.code !== 'efficacy.device_drug') {
    return { code: 'exempt.licensed', mark, applied: false, because: '这类证照不允许宣称治病' }
  }
  return { code: 'exempt.licensed', mark, applied: true }
}

/** A factory blind box of a toy shop with odds or notices spoken or licensed, or the platform's own free lottery. */
export function certifiedBlindBox(match: Match, scene: Scene, context: AnalysisContext): Weighed | undefined {
  if (!match.rule.code.startsWith('blindbox.')) return undefined
  const code = 'exempt.certified_blindbox'
  const tool = marks(scene, 'BB_TOOL')[0]
  if (tool !== undefined) return { code, mark: tool, applied: true }
  const factory = marks(scene, 'BB_FACTORY')[0]
  const odds = marks(scene, 'BB_ODDS')[0] ?? earlierOdds(scene)
  const licensed = context.licences.some((licence) => licence.startsWith('潮玩盲盒'))
  const mark = factory ?? odds
  if (mark === undefined) return undefined
  const toy = context.category === undefined || context.category === 'toy'
  if (!toy) return { code, mark, applied: false, because: '只有潮玩类商品可以按盲盒销售' }
  if (licensed || (factory !== undefined && odds !== undefined)) return { code, mark, applied: true }
  return { code, mark, applied: false, because: '出厂封装和公示概率没有同时具备' }
}

function earlierOdds(scene: Scene): ReturnType<typeof marks>[number] | undefined {
  for (const { reading } of scene.earlier) {
    const odds = reading.spans.find(({ concept }) => concept === scene.pack.discourse.BB_ODDS)
    if (odds !== undefined) return odds
  }
  return undefined
}
