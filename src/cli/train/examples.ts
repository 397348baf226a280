import type { CorpusItem } from '../../contracts/corpus.ts'
import type { ChatEvent, SpeechEvent } from '../../contracts/room-event.ts'
import type { Code, Label } from '../../contracts/taxonomy.ts'
import { classifierInputOf } from '../../detectors/analyse.ts'
import type { ClassifierInput } from '../../detectors/classify/score.ts'
import { detectScene } from '../../detectors/detect.ts'
import type { CompiledRulePack } from '../../detectors/pack/compiled-rule-pack.ts'
import { initialRoom } from '../../room/room-state.ts'
import { contextOf, step } from '../../room/step.ts'
import type { CorpusRoom } from '../corpus/read-corpus.ts'

/** An utterance with the answer it should get. `difficulty` is absent for utterances of recorded rooms. */
export type Example = {
  input: ClassifierInput
  label: Label
  code: Code | undefined
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
        examples.push({ input, label: episode?.label ?? 'clean', code: episode?.code, difficulty: undefined })
      }
    }
    state = step(state, event, pack).state
  }
  return examples
}

function isFinalTalk(event: CorpusRoom['events'][number]): event is SpeechEvent | ChatEvent {
  return event.channel === 'chat' || (event.channel === 'speech' && !event.partial)
}
