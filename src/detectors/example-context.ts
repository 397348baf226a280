import type { RuleExample } from '../contracts/rule-pack.ts'
import type { AnalysisContext } from './analysis-context.ts'
import type { Utterance } from './compose/utterance.ts'
import { contextUtterances, speakerOfChat } from './context-lines.ts'
import type { RuleInfo } from './pack/compiled-rule-pack.ts'

/** The utterance and the context a rule's example stands for; a bare string is the host's, in the first category. */
export function contextOf(rule: RuleInfo, example: RuleExample): { present: Utterance; context: AnalysisContext } {
  const full = typeof example === 'string' ? { text: example, channel: channelOf(rule) } : example
  const window = contextUtterances(full.context ?? [])
  const speaker = full.channel === 'speech' ? 'host' : speakerOfChat(full.text)
  const category = full.category ?? rule.source.categories[0]
  return {
    present: { seq: window.length + 1, atMs: window.length * 4_000, speaker, text: full.text },
    context: {
      category,
      licences: full.licences ?? [],
      facts: full.facts ?? {},
      priceFen: full.priceFen,
      window,
    },
  }
}

function channelOf(rule: RuleInfo): 'speech' | 'chat' {
  return rule.source.speaker === 'viewer' ? 'chat' : 'speech'
}
