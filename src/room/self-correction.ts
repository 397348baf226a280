import type { RoomChange } from '../contracts/room-change.ts'
import type { ChatEvent, SpeechEvent } from '../contracts/room-event.ts'
import type { Code } from '../contracts/taxonomy.ts'
import { toUtterance } from '../detectors/analyse.ts'
import type { EventAnalysis } from '../detectors/analyse.ts'
import { readUtterance } from '../detectors/compose/read-utterance.ts'
import type { Reading } from '../detectors/compose/read-utterance.ts'
import { readOnce, windowLimits } from '../detectors/compose/scene.ts'
import type { DiscourseConcept } from '../detectors/exempt/discourse-ids.ts'
import type { CompiledRulePack } from '../detectors/pack/compiled-rule-pack.ts'
import { computedConcepts } from '../detectors/pack/computed-concepts.ts'
import { softenGroup } from './alert-group.ts'
import type { Evidence, RoomState } from './room-state.ts'

const isAboutPrice = among('spec.price', 'blindbox.value_exaggeration', 'spec.antique_investment')

type Covers = (code: string, item: Evidence) => boolean

/** What a correction can be about, and the findings that are about the same. */
const subjects: readonly (readonly [DiscourseConcept, Covers])[] = [
  ['TOPIC_PRICE', isAboutPrice],
  ['TOPIC_STOCK', among('spec.scarcity', 'spec.sales_data')],
  ['TOPIC_SIZE', among('spec.quantity', 'spec.grade_variety', 'spec.material')],
  ['TOPIC_LOGISTICS', among('spec.service_promise', 'spec.origin')],
  ['TOPIC_LINK', among('spec.bait_switch')],
  ['TOPIC_TIME', among('spec.grade_variety')],
  ['TOPIC_NAME', () => false],
  ['TOPIC_EFFECT', (_code, { label }) => label === 'efficacy'],
  [
    'TOPIC_CRAFT',
    among(
      'spec.handmade',
      'spec.material',
      'spec.origin',
      'spec.certificate',
      'spec.grade_variety',
      'spec.brand_passing_off',
      'spec.antique_investment',
      'spec.staged_story',
    ),
  ],
  ['TOPIC_DRAW', (_code, { label }) => label === 'blindbox'],
  [
    'TOPIC_SERVICE',
    among('spec.service_promise', 'spec.bait_switch', 'blindbox.no_refund', 'efficacy.guaranteed_result'),
  ],
]

/** A sum by itself, as in 更正一下是三十九块不是二十九块, is a price. */
const money = computedConcepts.indexOf('#MONEY')

function among(...codes: readonly Code[]): Covers {
  return (code) => codes.some((one) => one === code)
}

/** 刚才说错了, or 更正一下 of the words themselves: mending the subtitles takes nothing back. */
export function takesBack(cues: EventAnalysis['cues']): boolean {
  return cues.has('CORRECTION') || (cues.has('AMEND') && !cues.has('SUBTITLE'))
}

/**
 * The seller takes words back: what was said of the product on the counter in the last minute, and is what the
 * correction names, weighs one less (DOMAIN D.0, F17); below 2 the alert is withdrawn. A correction that names nothing
 * is of all of it, and one that goes on claiming is none.
 */
export function soften(
  state: RoomState,
  event: SpeechEvent | ChatEvent,
  cues: EventAnalysis['cues'],
  pack: CompiledRulePack,
): { state: RoomState; changes: RoomChange[] } {
  const since = event.atMs - windowLimits.ms
  const product = state.product?.id ?? null
  const turn = Math.max(cues.get('CORRECTION')?.[0] ?? 0, cues.get('AMEND')?.[0] ?? 0)
  const isFurther = (item: Evidence): boolean => item.seq === event.seq && item.span[0] >= turn
  const isFresh = (item: Evidence): boolean =>
    item.atMs >= since && item.product === product && item.correctedAtMs === undefined
  const open = Object.entries(state.groups).filter(
    ([code, { alert, evidence }]) => alert.state === 'open' && !code.startsWith('chat.') && !evidence.some(isFurther),
  )
  const concern = subjectOf(readOnce(toUtterance(event), pack), pack)
  const told = open.flatMap(([code, { evidence }]) => evidence.filter(isFresh).map((item) => concern(code, item)))
  const named = concerns.find((one) => told.includes(one))
  const changes: RoomChange[] = []
  let { groups } = state
  for (const [code, group] of open) {
    const isMeant = (item: Evidence): boolean => isFresh(item) && concern(code, item) === named && named !== 'other'
    if (!group.evidence.some(isMeant)) continue
    const softer = softenGroup(group, isMeant, event.atMs)
    if (softer.alert.severity >= 2) {
      groups = { ...groups, [code]: softer }
      changes.push({ type: 'alert.updated', alert: softer.alert, findings: [] })
    } else {
      const because = '主播一分钟内自行更正'
      const alert = { ...softer.alert, state: 'withdrawn' as const, withdrawnBecause: because }
      groups = { ...groups, [code]: { ...softer, alert } }
      changes.push({ type: 'alert.withdrawn', alert, because })
    }
  }
  return { state: { ...state, groups }, changes }
}

/**
 * How a correction concerns a finding: it says its words, what it is about, something else, or nothing that can be told.
 * The nearest that holds of any finding is what was meant.
 */
const concerns = ['words', 'topic', 'other', 'unsaid'] as const
type Concern = (typeof concerns)[number]

function subjectOf(correction: Reading, pack: CompiledRulePack): (code: string, item: Evidence) => Concern {
  const here = new Set(correction.spans.map(({ concept }) => concept))
  const topics = subjects.filter(([topic]) => here.has(pack.discourse[topic])).map(([, covers]) => covers)
  if (topics.length === 0 && here.has(money)) topics.push(isAboutPrice)
  const words = claimWords(correction, pack)
  return (code, item) => {
    const shares = [...claimWords(readUtterance(item.quote, pack), pack)].some((word) => words.has(word))
    if (shares) return 'words'
    if (topics.some((covers) => covers(code, item))) return 'topic'
    return topics.length > 0 ? 'other' : 'unsaid'
  }
}

/** The words of a text that rules are made of: not those of discourse, not numbers, not single characters. */
function claimWords({ spans }: Reading, pack: CompiledRulePack): Set<string> {
  const claims = spans.filter(
    ({ concept, meant }) =>
      meant.length >= 2 &&
      concept >= computedConcepts.length &&
      !pack.discourseNames.has(concept) &&
      !pack.context.all.has(concept) &&
      (pack.uses[concept]?.length ?? 0) > 0,
  )
  return new Set(claims.map(({ meant }) => meant))
}
