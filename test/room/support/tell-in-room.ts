import type { Category } from '../../../src/contracts/category.ts'
import type { Finding } from '../../../src/contracts/finding.ts'
import type { RoomChange } from '../../../src/contracts/room-change.ts'
import type { Product, RoomEvent, SpeechEvent } from '../../../src/contracts/room-event.ts'
import { compileUnchecked } from '../../../src/detectors/pack/compile-pack.ts'
import type { CompiledRulePack } from '../../../src/detectors/pack/compiled-rule-pack.ts'
import { initialRoom } from '../../../src/room/room-state.ts'
import type { RoomState } from '../../../src/room/room-state.ts'
import { step } from '../../../src/room/step.ts'
import { seedPackFiles } from '../../detectors/support/load-pack.ts'

const compiled = compileUnchecked(seedPackFiles())
if (!compiled.ok) throw new Error(compiled.problems[0]?.problem)

/** The seed pack, rules alone. */
export const seedPack: CompiledRulePack = compiled.pack

/**
 * One event of a told session: the host's words, or words with who said them and when (seconds into the session; four
 * after the last by default), or the product put on the counter.
 */
export type Told =
  | string
  | ({ text: string; at?: number; user?: string } & Pick<Partial<SpeechEvent>, 'speaker' | 'revises'>)
  | { product: Product; at?: number }

/** The events of a told session, numbered from 1. */
export function toldEvents(told: readonly Told[]): RoomEvent[] {
  let seconds = 0
  return told.map((one, i) => {
    seconds = (typeof one === 'string' ? undefined : one.at) ?? seconds + 4
    const position = { seq: i + 1, atMs: Math.round(seconds * 1_000) }
    if (typeof one === 'string') return speech(position, { text: one })
    if ('product' in one) return { ...position, channel: 'product', product: one.product }
    const { user, text, at: _, ...more } = one
    if (user === undefined) return speech(position, { text, ...more })
    return { ...position, channel: 'chat', text, userId: user, userName: user }
  })
}

function speech(position: { seq: number; atMs: number }, said: Partial<SpeechEvent> & { text: string }): SpeechEvent {
  return { ...position, channel: 'speech', partial: false, speaker: 'host', ...said }
}

export type Folded = {
  state: RoomState
  changes: RoomChange[]
  /** All findings, hints of severity 1 included. */
  findings: Finding[]
}

/** Folds a told session under the seed pack. */
export function tellInRoom(told: readonly Told[], category: Category = 'apparel'): Folded {
  let state = initialRoom({ sessionId: 's', category })
  const changes: RoomChange[] = []
  for (const event of toldEvents(told)) {
    const result = step(state, event, seedPack)
    state = result.state
    changes.push(...result.changes)
  }
  return { state, changes, findings: changes.flatMap((change) => ('findings' in change ? change.findings : [])) }
}
