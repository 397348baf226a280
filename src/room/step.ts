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
import { isOpen, joinGroup, leaveGroup, openGroup, toEvidence } from './alert-group.ts'
import { followSale } from './box-sale.ts'
import { courseShares, followCourse } from './course.ts'
import { surgeOf, withComplaint } from './complaint-surge.ts'
import { followPromises, forgetPromisesOf } from './promise-ledger.ts'
import { weighRepetition, withRoomFinding } from './room-finding.ts'
import { roomBounds } from './room-state.ts'
import type { RoomState } from './room-state.ts'
import { followLastCalls } from './scarcity-loop.ts'
import { soften, takesBack } from './self-correction.ts'
import { followCalls, followTestimonies } from './shill-burst.ts'

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
  const result = said(forgotten(taken.state, replaced), event, pack)
  const gone: RoomChange = { type: 'evidence.replaced', seq: replaced, bySeq: event.seq }
  return { state: result.state, changes: [gone, ...mergeTaken(taken.changes, result.changes)] }
}

/** The room as if an utterance had not been heard, as far as the room remembers it by its number. */
function forgotten(state: RoomState, seq: number): RoomState {
  const { window, lastCalls, box } = state
  return {
    ...forgetPromisesOf(state, seq),
    window: window.filter((utterance) => utterance.seq !== seq),
    lastCalls: lastCalls.filter((call) => call.seq !== seq),
    box: box?.offerSeq === seq ? null : box,
  }
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
  const analysis = analyse(event, context, pack)
  const changes: RoomChange[] = []
  const before = { ...state, window: slide(state.window, event, utterance) }
  const viewer = event.channel === 'chat' && !isSeller(utterance.speaker) ? event : undefined
  const known =
    viewer === undefined
      ? knownOfSeller(before, event, analysis, context, pack)
      : knownOfViewer(before, viewer, analysis, context, pack)
  let next = known.state
  const logged = known.findings.filter(({ severity }) => severity < 2)
  for (const finding of known.findings) {
    if (finding.severity >= 2) next = raise(next, finding, event, changes)
  }
  const surge = viewer && surgeOf(next, viewer, logged)
  if (surge !== undefined) next = raise(next, surge, event, changes)
  if (logged.length > 0) changes.push({ type: 'finding.logged', findings: logged })
  if (viewer === undefined && takesBack(analysis.cues)) {
    const softened = soften(next, event, analysis.cues, pack)
    next = softened.state
    changes.push(...softened.changes)
  }
  return { state: next, changes }
}

type Known = { state: RoomState; findings: Finding[] }

/** What the seller said, with what the room remembers of the session: last calls, box sales, promises. */
function knownOfSeller(
  state: RoomState,
  event: SpeechEvent | ChatEvent,
  { findings, cues }: EventAnalysis,
  context: AnalysisContext,
  pack: CompiledRulePack,
): Known {
  const called = followLastCalls(followCalls(state, event, cues), event, findings)
  const sold = followSale(called.state, event, cues, pack)
  const promised = followPromises(sold.state, event, cues, context, pack)
  const found = [sold.finding, ...promised.findings].map((one) => one && weighRepetition(one, state.counts))
  const course = followCourse(promised.state.course, cues)
  return {
    state: { ...promised.state, course },
    findings: [called.finding, ...found].reduce(withRoomFinding, findings),
  }
}

/** What a viewer said, with what other viewers said lately: complaints and testimonials. */
function knownOfViewer(
  state: RoomState,
  event: ChatEvent,
  analysis: EventAnalysis,
  context: AnalysisContext,
  pack: CompiledRulePack,
): Known {
  const { findings } = analysis
  const complains = findings.some(({ code, severity }) => code === 'chat.complaint' && severity < 2)
  const heard = complains ? withComplaint(state, event) : state
  const told = followTestimonies(heard, event, analysis, context, pack)
  return { state: told.state, findings: withRoomFinding(findings, told.finding) }
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
    course: courseShares(state.course),
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
  const evidence = toEvidence(finding, event.atMs, event.text, state.product?.id ?? null)
  const known = state.groups[code]
  const joined = isOpen(known, event.atMs)
  const group = joined ? joinGroup(known, evidence) : openGroup(state.sessionId, code, evidence)
  changes.push({ type: joined ? 'alert.updated' : 'alert.opened', alert: group.alert, findings: [finding] })
  return {
    ...state,
    groups: { ...state.groups, [code]: group },
    counts: code.startsWith('chat.') ? state.counts : { ...state.counts, [code]: (state.counts[code] ?? 0) + 1 },
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
    const gone = group.evidence.length - (left?.evidence.length ?? 0)
    counts = { ...counts, [code]: Math.max(0, (counts[code] ?? 0) - gone) }
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
