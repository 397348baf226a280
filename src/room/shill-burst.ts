import type { Finding } from '../contracts/finding.ts'
import type { ChatEvent, SpeechEvent } from '../contracts/room-event.ts'
import { judge, toUtterance } from '../detectors/analyse.ts'
import type { EventAnalysis } from '../detectors/analyse.ts'
import type { AnalysisContext } from '../detectors/analysis-context.ts'
import { readOnce } from '../detectors/compose/scene.ts'
import { isSeller } from '../detectors/compose/utterance.ts'
import type { Utterance } from '../detectors/compose/utterance.ts'
import type { CompiledRulePack } from '../detectors/pack/compiled-rule-pack.ts'
import { strongest } from '../detectors/verdict.ts'
import { comparable, isNearDuplicate } from './near-duplicate.ts'
import { toRoomFinding } from './room-finding.ts'
import { roomBounds } from './room-state.ts'
import type { RoomState, Testimony } from './room-state.ts'

/**
 * DOMAIN F5, D.8 S10: bought testimonials come as edits of one text from several accounts at once. Praise without any
 * claim must be longer than what people say by themselves (真好吃, 很好用).
 */
const burst = { users: 3, ms: 120_000, praiseUnits: 8 } as const

/** For this long after 口令打在公屏 the same line from many is an answer to it, not a script. */
const calledMs = 180_000

/** Remembers that the seller asked the audience to type something. */
export function followCalls(state: RoomState, event: SpeechEvent | ChatEvent, cues: EventAnalysis['cues']): RoomState {
  return cues.has('CHAT_CALL') || cues.has('BB_TOOL') ? { ...state, calledAtMs: event.atMs } : state
}

/** Follows viewers' testimonials and finds bursts of near-duplicates. Orders, questions, greetings and passwords are none. */
export function followTestimonies(
  state: RoomState,
  event: ChatEvent,
  { findings, cues }: Pick<EventAnalysis, 'findings' | 'cues'>,
  context: AnalysisContext,
  pack: CompiledRulePack,
): { state: RoomState; finding?: Finding } {
  if (!isTestimony(findings, cues)) return { state }
  const utterance = toUtterance(event)
  const recent = state.testimonies.filter(({ atMs }) => event.atMs - atMs <= burst.ms)
  const now = testimonyOf(event, utterance, findings, context, pack)
  if (isTooShort(now) || wasDictated(now, state, pack)) return { state }
  const told = filed(now, recent)
  const next = { ...state, testimonies: told.slice(-roomBounds.testimonies) }
  const script = told.filter((one) => one.script === told.at(-1)?.script)
  const users = new Set(script.map(({ userId }) => userId))
  if (users.size < burst.users || isAnswer(script, state, event)) return { state: next }
  return { state: next, finding: planted(script, users.size, event, state, pack) }
}

/** The testimonials with one more, filed under the scripts it is an edit of; those are one script from here on. */
function filed(now: Testimony, recent: readonly Testimony[]): Testimony[] {
  const near = new Set(recent.filter((other) => isNearDuplicate(now, other)).map(({ script }) => script))
  const script = Math.min(now.seq, ...near)
  return [...recent.map((one) => (near.has(one.script) ? { ...one, script } : one)), { ...now, script }]
}

function isTestimony(findings: readonly Finding[], cues: EventAnalysis['cues']): boolean {
  if (findings.some(({ code }) => code === 'chat.complaint')) return false
  if (findings.some(({ code, severity }) => code === 'chat.shill' && severity >= 2)) return true
  return cues.has('TESTIMONY') && !cues.has('TESTIMONY_ASIDE')
}

function testimonyOf(
  event: ChatEvent,
  utterance: Utterance,
  findings: readonly Finding[],
  context: AnalysisContext,
  pack: CompiledRulePack,
): Testimony {
  const { seq, atMs, userId } = event
  const said = findings.some(({ code, label }) => code === 'chat.shill' && label === 'efficacy')
  const claims = said || claimsEffect(utterance, context, pack)
  return { seq, atMs, userId, ...comparable(utterance, pack, roomBounds.testimonyUnits), claims, script: seq }
}

/** Whether it would be an efficacy claim in the seller's mouth. */
function claimsEffect(utterance: Utterance, context: AnalysisContext, pack: CompiledRulePack): boolean {
  const { findings } = judge({ ...utterance, speaker: 'staff' }, { ...context, window: [] }, pack)
  return strongest(findings)?.label === 'efficacy'
}

function isTooShort({ text, claims }: Testimony): boolean {
  return !claims && text.length < burst.praiseUnits
}

/** The seller has just said the very words to be typed. */
function wasDictated({ text }: Testimony, state: RoomState, pack: CompiledRulePack): boolean {
  return state.window.some(
    (utterance) => isSeller(utterance.speaker) && readOnce(utterance, pack).norm.text.includes(text),
  )
}

function isAnswer(script: readonly Testimony[], state: RoomState, event: ChatEvent): boolean {
  const called = state.calledAtMs !== null && event.atMs - state.calledAtMs <= calledMs
  return called && script.every(({ text }) => text === script[0]?.text)
}

function planted(
  script: readonly Testimony[],
  users: number,
  event: ChatEvent,
  state: RoomState,
  pack: CompiledRulePack,
): Finding {
  return toRoomFinding(
    {
      code: 'chat.shill',
      label: script.some(({ claims }) => claims) ? 'efficacy' : 'clean',
      ruleId: 'room.shill-burst',
      ruleZh: '多个账号发近似的好评',
      span: [0, event.text.length],
      earlier: script.map(({ seq }) => seq),
      notes: [`${burst.ms / 1_000} 秒内 ${users} 个账号发了近似的好评`],
    },
    event,
    state,
    pack,
  )
}
