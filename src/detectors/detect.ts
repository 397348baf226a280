import type { DetectInput, DetectOutput } from '../contracts/detect.ts'
import type { ChatEvent, SpeechEvent } from '../contracts/room-event.ts'
import type { AnalysisContext } from './analysis-context.ts'
import { analyse } from './analyse.ts'
import { contextUtterances } from './context-lines.ts'
import type { CompiledRulePack } from './pack/compiled-rule-pack.ts'

/** One line of `livewarden detect`: an utterance with what is known about the room, judged by itself. */
export function detect(input: DetectInput, pack: CompiledRulePack): DetectOutput {
  const { event, context } = detectScene(input)
  const { findings, exemptions, verdict, label } = analyse(event, context, pack)
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

/** A line of `livewarden detect` as an event after its context lines. */
export function detectScene(input: Omit<DetectInput, 'id'>): {
  event: SpeechEvent | ChatEvent
  context: AnalysisContext
} {
  const window = contextUtterances(input.context ?? [])
  const seq = window.length + 1
  const atMs = window.length * 4_000
  const context = { category: input.category, licences: input.licences ?? [], facts: {}, window }
  const event =
    input.channel === 'speech'
      ? { seq, atMs, channel: 'speech' as const, text: input.text, partial: false, speaker: 'host' as const }
      : { seq, atMs, channel: 'chat' as const, text: input.text, userId: 'detect', userName: '' }
  return { event, context }
}
