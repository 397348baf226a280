import type { CorpusRoom } from '../../src/cli/corpus/read-corpus.ts'
import type { CompiledRulePack } from '../../src/detectors/pack/compiled-rule-pack.ts'
import { initialRoom } from '../../src/room/room-state.ts'
import { step } from '../../src/room/step.ts'
import { timePasses } from './measure.ts'
import type { Timing } from './measure.ts'

/** Times every utterance of recorded rooms on its way through the live fold: detectors, window and session state. */
export function timeRooms(rooms: readonly CorpusRoom[], pack: CompiledRulePack): Timing {
  const once = (): number[] => rooms.flatMap((room) => foldOnce(room, pack))
  return timePasses(once().length, once)
}

function foldOnce({ name, header, events }: CorpusRoom, pack: CompiledRulePack): number[] {
  const durations: number[] = []
  let state = initialRoom({ sessionId: name, category: header.category, licences: header.licences })
  for (const event of events) {
    // A copy: what was read of an event is remembered with it.
    const fresh = { ...event }
    const before = performance.now()
    state = step(state, fresh, pack).state
    if (event.channel === 'speech' || event.channel === 'chat') durations.push((performance.now() - before) * 1_000)
  }
  return durations
}
