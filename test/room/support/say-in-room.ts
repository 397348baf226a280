import type { Category } from '../../../src/contracts/category.ts'
import type { Finding } from '../../../src/contracts/finding.ts'
import type { RoomChange } from '../../../src/contracts/room-change.ts'
import type { SpeechEvent } from '../../../src/contracts/room-event.ts'
import { compileUnchecked } from '../../../src/detectors/pack/compile-pack.ts'
import { initialRoom } from '../../../src/room/room-state.ts'
import type { RoomState } from '../../../src/room/room-state.ts'
import { step } from '../../../src/room/step.ts'
import { seedPackFiles } from '../../detectors/support/load-pack.ts'

const compiled = compileUnchecked(seedPackFiles())
if (!compiled.ok) throw new Error(compiled.problems[0]?.problem)
const { pack } = compiled

/** What is said: the host's words, or words with what else the event carries. */
export type Said = string | (Partial<SpeechEvent> & { text: string })

type Heard = { state: RoomState; changes: RoomChange[]; findings: Finding[] }

/** Folds utterances, four seconds apart, under the seed pack; the findings are those of severity 2 or more. */
export function sayInRoom(said: readonly Said[], category: Category = 'food'): Heard {
  let state = initialRoom({ sessionId: 's', category })
  const changes: RoomChange[] = []
  said.forEach((one, i) => {
    const more = typeof one === 'string' ? { text: one } : one
    const at = { seq: i + 1, atMs: (i + 1) * 4_000 }
    const result = step(state, { ...at, channel: 'speech', partial: false, speaker: 'host', ...more }, pack)
    state = result.state
    changes.push(...result.changes)
  })
  const findings = changes.flatMap((change) => ('findings' in change ? change.findings : []))
  return { state, changes, findings: findings.filter(({ severity }) => severity >= 2) }
}
