import type { Finding } from '../contracts/finding.ts'
import type { ChatEvent, SpeechEvent } from '../contracts/room-event.ts'
import { roomBounds } from './room-state.ts'
import type { RoomState } from './room-state.ts'

/** DOMAIN F9: the same 最后三单 this often within this time; cries nearer than `pauseMs` are one. */
const loop = { cries: 3, ms: 1_800_000, pauseMs: 60_000 } as const

/**
 * Follows 最后三单 over the session. Said once it may be true; said again a few minutes later with the same number left,
 * of the same product, the stock never fell. Honest counting down (五件, 三件, 一件) never repeats itself.
 */
export function followLastCalls(
  state: RoomState,
  event: SpeechEvent | ChatEvent,
  findings: readonly Finding[],
): { state: RoomState; finding?: Finding } {
  const call = findings.find(({ code }) => code === 'spec.scarcity')
  if (call === undefined) return { state }
  const product = state.product?.id ?? null
  const recent = state.lastCalls.filter(({ atMs }) => event.atMs - atMs <= loop.ms)
  const same = recent.filter((earlier) => earlier.quote === call.quote && earlier.product === product)
  const latest = same.at(-1)
  if (latest !== undefined && event.atMs - latest.atMs < loop.pauseMs) return { state }
  const now = { seq: event.seq, atMs: event.atMs, quote: call.quote, product }
  const lastCalls = [...recent, now].slice(-roomBounds.lastCalls)
  const cries = [...same, now]
  const next = { ...state, lastCalls }
  return cries.length < loop.cries ? { state: next } : { state: next, finding: looped(call, cries) }
}

function looped(call: Finding, cries: readonly { seq: number; atMs: number }[]): Finding {
  const minutes = Math.round(((cries.at(-1)?.atMs ?? 0) - (cries[0]?.atMs ?? 0)) / 60_000)
  return {
    ...call,
    label: 'spec',
    evidenceSeqs: cries.map(({ seq }) => seq),
    severity: cries.length > loop.cries ? 3 : 2,
    score: Math.max(call.score, 0.7),
    notes: [...call.notes, `${minutes} 分钟内第 ${cries.length} 次喊「${call.quote}」`],
  }
}
