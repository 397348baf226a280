import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { toEvent } from '../../../src/cli/replay.ts'
import type { AlertSeed } from '../../../src/contracts/alert-seed.ts'
import type { Finding } from '../../../src/contracts/finding.ts'
import { replayHeaderSchema, replayLineSchema } from '../../../src/contracts/replay.ts'
import type { CompiledRulePack } from '../../../src/detectors/pack/compiled-rule-pack.ts'
import { initialRoom } from '../../../src/room/room-state.ts'
import { step } from '../../../src/room/step.ts'

/** A recorded demo room folded from its first event: its alerts as they stand at the end, and every finding. */
export function foldDemoRoom(name: string, pack: CompiledRulePack): { alerts: AlertSeed[]; findings: Finding[] } {
  const path = fileURLToPath(new URL(`../../../demo/rooms/${name}.ndjson`, import.meta.url))
  const [head, ...lines] = readFileSync(path, 'utf8').trim().split('\n')
  const { room_id, category, licences } = replayHeaderSchema.parse(JSON.parse(head ?? ''))
  const alerts = new Map<string, AlertSeed>()
  const findings: Finding[] = []
  let state = initialRoom({ sessionId: room_id, category, licences })
  for (const line of lines) {
    const event = toEvent(replayLineSchema.parse(JSON.parse(line)))
    if (typeof event === 'string') throw new Error(event)
    const result = step(state, event, pack)
    state = result.state
    for (const change of result.changes) {
      if ('alert' in change) alerts.set(change.alert.id, change.alert)
      if ('findings' in change) findings.push(...change.findings)
    }
  }
  return { alerts: [...alerts.values()], findings }
}
