import type { Finding } from '../contracts/finding.ts'
import type { RoomChange } from '../contracts/room-change.ts'
import type { ChatEvent, RoomEvent, SpeechEvent } from '../contracts/room-event.ts'
import type { Code } from '../contracts/taxonomy.ts'
import { analyse, toUtterance } from '../detectors/analyse.ts'
import type { EventAnalysis } from '../detectors/analyse.ts'
import type { AnalysisContext } from '../detectors/analysis-context.ts'
import { windowLimits } from '../detectors/compose/scene.ts'
import { isSeller } from '../detectors/compose/utterance.ts'
import type { Utterance } from '../detectors/compose/utterance.ts'
import type { CompiledRulePack } from '../detectors/pack/compiled-rule-pack.ts'
import { isOpen, joinGroup, leaveGroup, openGroup, softenGroup, toEvidence } from './alert-group.ts'
import { followSale } from './box-sale.ts'
import { surgeOf, withComplaint } from './complaint-surge.ts'
import { roomBounds } from './room-state.ts'
import { followLastCalls } from './scarcity-loop.ts'
import type { RoomState } from './room-state.ts'

export type StepResult = { state: RoomState; changes: RoomChange[] }

/**
 * Folds one event into a room. Pure: replaying a session's events gives the same state and the same changes, in whatever
 * batches they arrive; an event delivered again changes nothing.
 */
export function step(state: RoomState, event: RoomEvent, pack: CompiledRulePack): StepResult {
  if (event.seq <= state.seq) return { state, changes: [] }
  const moved = { ...state, seq: event.seq }
  switch (event.channel) {
    case 'product':
      // Words about the product before it must not complete a claim about this one.
      return { state: { ...moved, product: event.product, window: [], box: null }, changes: [] }
    case 'audience':
    case 'end':
      return { state: moved, changes: [] }
    case 'speech':
      return event.partial ? { state: moved, changes: [] } : heard(moved, event, pack)
    case 'chat':
      return said(moved, event, pack)
  }
}

function heard(state: RoomState, event: SpeechEvent, pack: CompiledRulePack): StepResult {
  const replaced = replacedSeq(state, event)
  if (replaced === undefined) return said(state, event, pack)
  const taken = takeBack(state, replaced, event.seq)
  const window = taken.state.window.filter(({ seq }) => seq !== replaced)
  const lastCalls = taken.state.lastCalls.filter(({ seq }) => seq !== replaced)
  const result = said({ ...taken.state, window, lastCalls }, event, pack)
  const gone: RoomChange = { type: 'evidence.replaced', seq: replaced, bySeq: event.seq }
  return { state: result.state, changes: [gone, ...mergeTaken(taken.changes, result.changes)] }
}

/** The earlier final that this one corrects: named by `revises`, or of the same utterance. */
function replacedSeq(state: RoomState, event: SpeechEvent): number | undefined {
  if (event.revises !== undefined && event.revises < event.seq) return event.revises
  if (event.utteranceId === undefined) return undefined
  return state.window.find(({ utteranceId }) => utteranceId === event.utteranceId)?.seq
}

function said(state: RoomState, event: SpeechEvent | ChatEvent, pack: CompiledRulePack): StepResult {
  const utterance = toUtterance(event)
  const context = contextOf(state)
  const { findings, cues } = analyse(event, context, pack)
  const changes: RoomChange[] = []
  let next: RoomState = { ...state, window: slide(state.window, event, utterance) }
  const calls = isSeller(utterance.speaker) ? followLastCalls(next, event, findings) : { state: next }
  next = calls.state
  const heard = calls.finding === undefined ? findings : findings.map((finding) => graver(finding, calls.finding))
  const logged = heard.filter(({ severity }) => severity < 2)
  for (const finding of heard) {
    if (finding.severity >= 2) next = raise(next, finding, event, changes)
  }
  if (
    event.channel === 'chat' &&
    !isSeller(utterance.speaker) &&
    logged.some(({ code }) => code === 'chat.complaint')
  ) {
    next = withComplaint(next, event)
    const surge = surgeOf(next, event, logged)
    if (surge !== undefined) next = raise(next, surge, event, changes)
  }
  if (logged.length > 0) changes.push({ type: 'finding.logged', findings: logged })
  if (isSeller(utterance.speaker)) {
    const sale = followSale(next, event, cues, pack)
    next = sale.state
    if (sale.finding !== undefined) next = raise(next, sale.finding, event, changes)
    if (takesBack(cues)) next = soften(next, event.atMs, changes)
  }
  return { state: next, changes }
}

/** 刚才说错了, or 更正一下 of the words themselves: mending the subtitles takes nothing back. */
function takesBack(cues: EventAnalysis['cues']): boolean {
  return cues.has('CORRECTION') || (cues.has('AMEND') && !cues.has('SUBTITLE'))
}

/** The finding as the room knows it, when that weighs more than the words alone. */
function graver(finding: Finding, known: Finding | undefined): Finding {
  return known !== undefined && known.code === finding.code && known.severity > finding.severity ? known : finding
}

/** What the detectors are told: the product on the counter goes before what the session declared. */
export function contextOf(state: RoomState): AnalysisContext {
  const { product } = state
  const category = product?.category ?? state.category ?? undefined
  const inherits = product?.category === undefined || product.category === state.category
  return {
    category,
    licences: product?.licences ?? (inherits ? state.licences : []),
    facts: product?.facts ?? {},
    priceFen: product?.priceFen,
    window: state.window,
    spokenOn: state.startedAt ?? undefined,
    repeated: new Map(Object.entries(state.counts)),
  }
}

function slide(window: readonly Utterance[], event: SpeechEvent | ChatEvent, utterance: Utterance): Utterance[] {
  const recent = window.filter(({ atMs }) => event.atMs - atMs <= windowLimits.ms)
  const all = [...recent, utterance]
  const sellers = all.filter(({ speaker }) => isSeller(speaker))
  const viewers = all.length - sellers.length
  const oldestSeller = sellers.at(-roomBounds.sellerUtterances)?.seq ?? 0
  let surplus = viewers - roomBounds.viewerMessages
  return all.filter(({ speaker, seq }) => (isSeller(speaker) ? seq >= oldestSeller : surplus-- <= 0))
}

function raise(state: RoomState, finding: Finding, event: SpeechEvent | ChatEvent, changes: RoomChange[]): RoomState {
  const { code } = finding
  const evidence = toEvidence(finding, event.atMs, event.text)
  const known = state.groups[code]
  const joined = isOpen(known, event.atMs)
  const group = joined ? joinGroup(known, evidence) : openGroup(state.sessionId, code, evidence)
  changes.push({ type: joined ? 'alert.updated' : 'alert.opened', alert: group.alert, findings: [finding] })
  return {
    ...state,
    groups: { ...state.groups, [code]: group },
    counts: { ...state.counts, [code]: (state.counts[code] ?? 0) + 1 },
  }
}

/** Removes what rested on a corrected text; alerts left without evidence are withdrawn, others told. */
function takeBack(state: RoomState, seq: number, bySeq: number): StepResult {
  const changes: RoomChange[] = []
  let { groups, counts } = state
  for (const [name, group] of Object.entries(groups)) {
    const code = name as Code
    if (group.alert.state !== 'open' || !group.evidence.some(({ evidenceSeqs }) => evidenceSeqs.includes(seq))) continue
    const left = leaveGroup(group, seq)
    counts = { ...counts, [code]: Math.max(0, (counts[code] ?? 1) - 1) }
    if (left === undefined) {
      const because = `字幕第 ${seq} 条被第 ${bySeq} 条更正，依据不再成立`
      const alert = { ...group.alert, state: 'withdrawn' as const, withdrawnBecause: because }
      groups = { ...groups, [code]: { ...group, alert } }
      changes.push({ type: 'alert.withdrawn', alert, because })
    } else {
      groups = { ...groups, [code]: left }
      changes.push({ type: 'alert.updated', alert: left.alert, findings: [] })
    }
  }
  return { state: { ...state, groups, counts }, changes }
}

/** An update that another update of the same alert follows at once says nothing. */
function mergeTaken(taken: readonly RoomChange[], after: readonly RoomChange[]): RoomChange[] {
  const updated = new Set(after.flatMap((change) => (change.type === 'alert.updated' ? [change.alert.id] : [])))
  return [...taken.filter((change) => change.type !== 'alert.updated' || !updated.has(change.alert.id)), ...after]
}

/** The seller takes the words back: findings of the last minute weigh one less; below 2 the alert is withdrawn. */
function soften(state: RoomState, atMs: number, changes: RoomChange[]): RoomState {
  const since = atMs - windowLimits.ms
  let { groups } = state
  for (const [name, group] of Object.entries(groups)) {
    const fresh = group.evidence.some((item) => item.atMs >= since && item.corrected !== true)
    if (group.alert.state !== 'open' || !fresh || name.startsWith('chat.')) continue
    const softer = softenGroup(group, since)
    if (softer.alert.severity >= 2) {
      groups = { ...groups, [name]: softer }
      changes.push({ type: 'alert.updated', alert: softer.alert, findings: [] })
    } else {
      const because = '主播一分钟内自行更正'
      const alert = { ...softer.alert, state: 'withdrawn' as const, withdrawnBecause: because }
      groups = { ...groups, [name]: { ...softer, alert } }
      changes.push({ type: 'alert.withdrawn', alert, because })
    }
  }
  return { ...state, groups }
}
