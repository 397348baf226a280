import type { DetectInput, DetectOutput } from '../contracts/detect.ts'
import type { RoomEvent } from '../contracts/room-event.ts'
import { analyse } from './analyse.ts'
import { contextUtterances } from './context-lines.ts'
import type { CompiledRulePack } from './pack/compiled-rule-pack.ts'

/** One line of `livewarden detect`: an utterance with what is known about the room, judged by itself. */
export function detect(input: DetectInput, pack: CompiledRulePack): DetectOutput {
  const window = contextUtterances(input.context ?? [])
  const position = { seq: window.length + 1, atMs: window.length * 4_000 }
  const event: RoomEvent =
    input.channel === 'speech'
      ? { ...position, channel: 'speech', text: input.text, partial: false, speaker: 'host' }
      : { ...position, channel: 'chat', text: input.text, userId: 'detect', userName: '' }
  const { findings, exemptions, verdict, label } = analyse(
    event,
    { category: input.category, licences: input.licences ?? [], facts: {}, window },
    pack,
  )
  return {
    id: input.id,
    verdict,
    label,
    findings: findings.map(({ code, label: of, severity, score, span, quote, ruleId }) => ({
      code,
      label: of,
      severity,
      score,
      span,
      quote,
      ruleId,
    })),
    exemptions: exemptions.map(({ code, exempts, span, quote, ruleId }) => ({ code, exempts, span, quote, ruleId })),
  }
}
