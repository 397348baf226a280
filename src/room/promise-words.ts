import type { RuleSource } from '../contracts/rule-pack.ts'
import type { ExemptionCode } from '../contracts/taxonomy.ts'
import type { EventAnalysis } from '../detectors/analyse.ts'
import type { AnalysisContext } from '../detectors/analysis-context.ts'
import { matchRule } from '../detectors/compose/match-rule.ts'
import type { Match } from '../detectors/compose/match-rule.ts'
import type { Scene } from '../detectors/compose/scene.ts'
import type { DiscourseConcept } from '../detectors/exempt/discourse-ids.ts'
import { between, lastBefore } from '../detectors/exempt/marks.ts'
import { weighExemptions } from '../detectors/exempt/weigh.ts'
import type { CompiledRule, CompiledRulePack } from '../detectors/pack/compiled-rule-pack.ts'
import { promisePatterns } from './promise-patterns.ts'
import type { PromisePattern } from './promise-patterns.ts'

type Cues = EventAnalysis['cues']

/** Words in one utterance by which the seller makes or breaks a promise. */
export type PromiseWords = { pattern: PromisePattern; match: Match }

/** True when an utterance may hold words of a promise: cheap, asked of everything the seller says. */
export function mayPromise(cues: Cues): boolean {
  for (const cue of cues.keys()) if (words.has(cue)) return promisePatterns.some((pattern) => isThere(pattern, cues))
  return false
}

const words: ReadonlySet<DiscourseConcept> = new Set(promisePatterns.flatMap(({ need }) => need.flat()))

function isThere({ need }: PromisePattern, cues: Cues): boolean {
  return need.every((slot) => slot.some((concept) => cues.has(concept)))
}

/**
 * The words of the present utterance that make or break promises and that the seller means: weighed by the same
 * exemptions as any finding (DOMAIN H.1), 学骗子说 假一赔十 and 能不能退 among them.
 */
export function promiseWords(
  does: 'make' | 'break',
  scene: Scene,
  cues: Cues,
  context: AnalysisContext,
): PromiseWords[] {
  return patternRules(scene.pack).flatMap(({ pattern, rule }) => {
    if (pattern.does !== does || !isThere(pattern, cues)) return []
    for (const match of matchRule(rule, scene)) {
      if (match.start >= 0 && isMeant(match, does, scene, context)) return [{ pattern, match }]
    }
    return []
  })
}

function isMeant(match: Match, does: 'make' | 'break', scene: Scene, context: AnalysisContext): boolean {
  return (
    !isTurned(match, does, scene) &&
    !isQuoted(match, scene) &&
    !weighExemptions(match, scene, context).some(({ applied }) => applied)
  )
}

/** 坏果包赔，人为的不管: the refusal after another answer is about something else. */
function isTurned({ spans }: Match, does: 'make' | 'break', scene: Scene): boolean {
  const [first, last] = [spans[0], spans.at(-1)]
  if (first === undefined || last === undefined || first === last) return false
  return between(scene, first.end, last.start, does === 'make' ? 'REFUSE' : 'GIVE_BACK')
}

/** How far the words of another govern what is said, and how near to them 我们 is still theirs: 有人说我们不退. */
const quote = { reach: 10, own: 2 } as const

/** 有人说没有运费险, with no word of the speaker's own between. */
function isQuoted({ spans, start }: Match, scene: Scene): boolean {
  const answer = spans.at(-1)?.start ?? start
  const mark = lastBefore(scene, answer, quote.reach, 'REPORTED', 'VIEWER_SAYS')
  return mark !== undefined && !between(scene, mark.end + quote.own, answer, 'SPEAKER_SELF', 'ADVERSATIVE')
}

/** What makes a promise or a refusal somebody else's, a question, a quotation or no assertion at all. */
const notOwn: readonly ExemptionCode[] = [
  'exempt.law_quote',
  'exempt.debunk',
  'exempt.question',
  'exempt.other_object',
  'exempt.idiom',
]

type PatternRule = { pattern: PromisePattern; rule: CompiledRule }

const compiled = new WeakMap<CompiledRulePack, readonly PatternRule[]>()

/** The patterns as rules of a pack; one whose words the pack does not list is never matched. */
function patternRules(pack: CompiledRulePack): readonly PatternRule[] {
  const known = compiled.get(pack)
  if (known !== undefined) return known
  const rules = promisePatterns.map((pattern) => ({ pattern, rule: toRule(pattern, pack) }))
  compiled.set(pack, rules)
  return rules
}

/** A refusal is made of negations, so none denies it. */
function isRefusal(need: PromisePattern['need']): boolean {
  return need.flat().some((name) => name.startsWith('BREACH_') || refusals.has(name))
}

const refusals: ReadonlySet<DiscourseConcept> = new Set<DiscourseConcept>([
  'REFUSE',
  'NOT_IN',
  'VOID',
  'CANNOT_SHIP',
  'GONE',
])

function toRule({ does, need, listed, gap }: PromisePattern, pack: CompiledRulePack): CompiledRule {
  const code = 'spec.service_promise'
  const source: RuleSource = {
    id: `room.promise-${does}`,
    code,
    zh: '承诺',
    need: need.map((any) => ({ any: [...any], earlier: false })),
    order: listed === true ? 'listed' : 'any',
    gap: gap ?? 0,
    scope: 'utterance',
    without: [],
    window: [],
    speaker: 'seller',
    categories: [],
    notCategories: [],
    unknownCategory: 'apply',
    licences: [],
    licenceFunctions: [],
    contradictedBy: [],
    score: 0.7,
    exemptions: isRefusal(need) ? [...notOwn] : [...notOwn, 'exempt.negation'],
    examples: { positive: [], negative: [] },
  }
  const slots = need.map((any) => {
    const list = any.map((name: DiscourseConcept) => pack.discourse[name]).filter((concept) => concept >= 0)
    return { concepts: new Set(list), list, earlier: false, contextual: false }
  })
  const mask = (1 << slots.length) - 1
  const { id, zh, score } = source
  return {
    index: -1,
    info: { id, code, zh, file: '', line: 0, severity: 2, score, source },
    code,
    slots,
    presentMask: mask,
    allMask: mask,
    without: [],
    window: [],
    source,
  }
}
