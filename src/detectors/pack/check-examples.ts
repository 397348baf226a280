import type { RuleExample } from '../../contracts/rule-pack.ts'
import { judge } from '../analyse.ts'
import type { AnalysisContext } from '../analysis-context.ts'
import { setScene } from '../compose/scene.ts'
import type { Utterance } from '../compose/utterance.ts'
import { contextOf } from '../example-context.ts'
import type { CompiledRulePack, RuleInfo } from './compiled-rule-pack.ts'

export type ExampleFailure = { rule: string; problem: string; remedy: string }

/** Runs every example of every rule through the whole engine; a rule is judged by itself, not against its neighbours. */
export function checkExamples(pack: CompiledRulePack): ExampleFailure[] {
  return pack.rules.flatMap((rule) => [
    ...rule.source.examples.positive.flatMap((example) => checkOne(rule, example, true, pack)),
    ...rule.source.examples.negative.flatMap((example) => checkOne(rule, example, false, pack)),
  ])
}

function checkOne(rule: RuleInfo, example: RuleExample, wanted: boolean, pack: CompiledRulePack): ExampleFailure[] {
  const { present, context } = contextOf(rule, example)
  const judged = judge(present, context, pack)
  const fired = judged.findings.find(({ ruleId }) => ruleId === rule.id)
  if ((fired !== undefined) === wanted) return []
  if (fired !== undefined) {
    const seen = fired.concepts.map(({ concept, quote }) => `${concept}=${quote}`).join(' ')
    return [
      {
        rule: rule.id,
        problem: `Rule ${rule.id} fires on its negative example “${present.text}” (${seen})`,
        remedy: 'Add an allow phrase, a `without` concept or an exemption word, or move the example',
      },
    ]
  }
  const spared = judged.exemptions.find(({ ruleId }) => ruleId === rule.id)
  return [
    {
      rule: rule.id,
      problem: `Rule ${rule.id} misses its positive example “${present.text}” (${
        spared === undefined
          ? missing(rule, seenConcepts(present, context, pack))
          : `spared by ${spared.code} at “${spared.quote}”`
      })`,
      remedy:
        spared === undefined
          ? 'Add the words to a concept of the slot, widen `gap`, or correct the order or category'
          : 'Narrow the exemption word with an allow phrase, or list `exemptions` of the rule',
    },
  ]
}

type Seen = ReadonlyMap<string, string>

/** Which concepts are in sight, each with the words it was seen in. */
function seenConcepts(present: Utterance, context: AnalysisContext, pack: CompiledRulePack): Seen {
  const scene = setScene(present, context.window, pack)
  const names = [...pack.conceptIds.keys()]
  return new Map(scene.spans.map((span) => [names[span.concept] ?? '?', span.meant]))
}

function missing(rule: RuleInfo, seen: Seen): string {
  const empty = rule.source.need.findIndex((slot) => !slot.any.some((concept) => seen.has(concept)))
  const words = [...seen].map(([concept, quote]) => `${concept}=${quote}`).join(' ') || 'no concept'
  return empty >= 0
    ? `slot ${empty + 1} [${rule.source.need[empty]?.any.join(' ') ?? ''}] is not filled; seen: ${words}`
    : `all slots are filled but not near enough, in another order, stopped or without its facts; seen: ${words}`
}
