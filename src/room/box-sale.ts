import type { Finding, Span } from '../contracts/finding.ts'
import type { ChatEvent, SpeechEvent } from '../contracts/room-event.ts'
import type { DiscourseConcept } from '../detectors/exempt/discourse-ids.ts'
import type { CompiledRulePack } from '../detectors/pack/compiled-rule-pack.ts'
import { toRoomFinding } from './room-finding.ts'
import type { BoxSale, RoomState } from './room-state.ts'

/** DOMAIN F12: this long after the offer, with this many draws and no word of odds or notices, the absence is a finding. */
const patience = { ms: 120_000, draws: 3 } as const

type Cues = ReadonlyMap<DiscourseConcept, Span>

/**
 * Follows a blind-box sale from offer over draws to odds. The duty to show odds is broken by silence, so no single
 * sentence can prove it; the draw that exhausts the patience is quoted.
 */
export function followSale(
  state: RoomState,
  event: SpeechEvent | ChatEvent,
  cues: Cues,
  pack: CompiledRulePack,
): { state: RoomState; finding?: Finding } {
  const box = updated(state.box, event, cues)
  if (box === state.box) return { state }
  const draw = cues.get('BB_DRAW')
  const due = box !== null && !box.reported && !box.oddsHeard && box.draws >= patience.draws
  if (!due || draw === undefined || event.atMs - box.offerAtMs < patience.ms) return { state: { ...state, box } }
  return { state: { ...state, box: { ...box, reported: true } }, finding: silence(box, event, draw, state, pack) }
}

function updated(box: BoxSale | null, event: SpeechEvent | ChatEvent, cues: Cues): BoxSale | null {
  if (box === null) {
    const offers = cues.has('BB_OFFER') && !talksAbout(cues)
    if (!offers) return null
    const oddsHeard = cues.has('BB_ODDS')
    return { offerSeq: event.seq, offerAtMs: event.atMs, draws: 0, oddsHeard, reported: false }
  }
  if (cues.has('BB_ODDS')) return box.oddsHeard ? box : { ...box, oddsHeard: true }
  if (cues.has('BB_DRAW') && !talksAbout(cues)) return { ...box, draws: box.draws + 1 }
  return box
}

/** Denials, lessons and questions about blind boxes offer none. */
function talksAbout(cues: Cues): boolean {
  return (['NEGATION', 'DEBUNK', 'TEACH', 'OTHERS', 'QUESTION', 'ASKED', 'LAW', 'BB_TOOL'] as const).some((cue) =>
    cues.has(cue),
  )
}

function silence(
  box: BoxSale,
  event: SpeechEvent | ChatEvent,
  span: Span,
  state: RoomState,
  pack: CompiledRulePack,
): Finding {
  return toRoomFinding(
    {
      code: 'blindbox.hidden_odds',
      label: 'blindbox',
      ruleId: 'room.odds-absent',
      ruleZh: '拆了多次没说过概率',
      span,
      earlier: [box.offerSeq],
      notes: [`${Math.round((event.atMs - box.offerAtMs) / 1_000)} 秒内拆了 ${box.draws} 次，没有说过概率和提示`],
    },
    event,
    state,
    pack,
  )
}
