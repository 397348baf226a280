import type { CorpusItem } from '../../contracts/corpus.ts'
import type { ChatEvent, SpeechEvent } from '../../contracts/room-event.ts'
import type { RuleExample } from '../../contracts/rule-pack.ts'
import { taxonomyOf } from '../../contracts/taxonomy.ts'
import type { Code, Label } from '../../contracts/taxonomy.ts'
import { classifierInputOf, judge, wordsAlone } from '../../detectors/analyse.ts'
import type { ClassifierInput } from '../../detectors/classify/score.ts'
import { detectScene } from '../../detectors/detect.ts'
import { contextOf as contextOfExample } from '../../detectors/example-context.ts'
import type { CompiledRulePack } from '../../detectors/pack/compiled-rule-pack.ts'
import { initialRoom } from '../../room/room-state.ts'
import { contextOf, step } from '../../room/step.ts'
import type { CorpusRoom } from '../corpus/read-corpus.ts'

/** An utterance with the answer it should get. `difficulty` is absent for utterances of recorded rooms. */
export type Example = {
  input: ClassifierInput
  label: Label
  code: Code | undefined
  /** Its first code or exemption, `plain` where it has neither; undefined when nobody said. */
  kind: string | undefined
  difficulty: CorpusItem['difficulty'] | undefined
}

/** A single item as the classifier reads it, after the rules alone. */
export function itemExample(item: CorpusItem, pack: CompiledRulePack): Example {
  const { event, context } = detectScene(item)
  const code = item.codes.find((one): one is Code => !one.startsWith('exempt.'))
  return {
    input: classifierInputOf(event, context, pack),
    label: item.label,
    code: item.label === 'clean' ? undefined : code,
    kind: item.codes[0] ?? 'plain',
    difficulty: item.difficulty,
  }
}

/**
 * The utterances of a recorded room, each in the state the room had then. The event that completes a violation carries
 * its label; other events of a violation are left out, because they do not show it by themselves.
 */
export function roomExamples(room: CorpusRoom, pack: CompiledRulePack): Example[] {
  const { header, events, episodes } = room
  let state = initialRoom({ sessionId: room.name, category: header.category, licences: header.licences })
  const involved = new Set(episodes.flatMap(({ seqs }) => seqs))
  const examples: Example[] = []
  for (const event of events) {
    if (isFinalTalk(event)) {
      const episode = episodes.find(({ complete_seq }) => complete_seq === event.seq)
      if (episode !== undefined || !involved.has(event.seq)) {
        const input = classifierInputOf(event, contextOf(state), pack)
        const code = episode?.code
        examples.push({ input, label: episode?.label ?? 'clean', code, kind: code, difficulty: undefined })
      }
    }
    state = step(state, event, pack).state
  }
  return examples
}

/**
 * The examples of a pack's own rules, read without the rules' outcome. A negative example counts as lawful only when no
 * other rule finds anything in it; what rests on registered facts is left out.
 */
export function ruleExamples(pack: CompiledRulePack): Example[] {
  return pack.rules.flatMap((rule) => {
    const { family } = taxonomyOf(rule.code)
    if (family === 'evasion' || family === 'chat' || rule.severity < 2) return []
    if (rule.source.contradictedBy.length > 0 || rule.source.absurdBelowFen !== undefined) return []
    const read = (source: RuleExample, label: Label): Example[] => {
      const { present, context } = contextOfExample(rule, source)
      if (label === 'clean' && judge(present, context, pack).findings.some(({ severity }) => severity >= 2)) return []
      const code = label === 'clean' ? undefined : rule.code
      return [{ input: wordsAlone(present, context, pack), label, code, kind: code, difficulty: undefined }]
    }
    const { positive, negative } = rule.source.examples
    return [...positive.flatMap((one) => read(one, family)), ...negative.flatMap((one) => read(one, 'clean'))]
  })
}

function isFinalTalk(event: CorpusRoom['events'][number]): event is SpeechEvent | ChatEvent {
  return event.channel === 'chat' || (event.channel === 'speech' && !event.partial)
}
