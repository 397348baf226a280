import type { AlertSeed } from '../../contracts/alert-seed.ts'
import type { RoomEpisode } from '../../contracts/corpus.ts'
import type { CompiledRulePack } from '../../detectors/pack/compiled-rule-pack.ts'
import { initialRoom } from '../../room/room-state.ts'
import { step } from '../../room/step.ts'
import type { CorpusRoom } from '../corpus/read-corpus.ts'

/** A room with the alerts of the three families that stand at its end. */
export type FoldedRoom = { room: CorpusRoom; alerts: readonly AlertSeed[] }

export type RoomFigures = {
  rooms: number
  episodes: number
  /** Share of violations that an alert of their family points at. */
  recall: number
  honestRooms: number
  honestHours: number
  /** Alerts in rooms without any violation, per hour of stream. */
  falseAlertsPerHour: number
  /** Alerts in the other rooms that point at no violation of their family. */
  strayAlerts: number
  /** Utterances from complete evidence to the alert. */
  delayMedian: number
  delayP95: number
  missed: { room: string; code: string; completeSeq: number; note: string }[]
  falseAlerts: { room: string; code: string; raisedAtSeq: number; quote: string }[]
}

/** Utterances after the evidence is complete within which an alert still counts as pointing at it. */
const grace = 5

/** Folds a recorded room through the live engine. */
export function foldRoom(room: CorpusRoom, pack: CompiledRulePack): FoldedRoom {
  const { category, licences } = room.header
  let state = initialRoom({ sessionId: room.name, category, licences })
  const alerts = new Map<string, AlertSeed>()
  for (const event of room.events) {
    const result = step(state, event, pack)
    state = result.state
    for (const change of result.changes) if ('alert' in change) alerts.set(change.alert.id, change.alert)
  }
  return { room, alerts: [...alerts.values()].filter(({ state, label }) => state === 'open' && label !== 'clean') }
}

/** Figures over folded rooms. */
export function measureRooms(folded: readonly FoldedRoom[]): RoomFigures {
  const delays: number[] = []
  const missed: RoomFigures['missed'] = []
  for (const { room, alerts } of folded) {
    for (const episode of room.episodes) {
      const delay = delayOf(room, episode, alerts)
      if (delay !== undefined) delays.push(delay)
      else {
        const { code, complete_seq: completeSeq, note } = episode
        missed.push({ room: room.name, code, completeSeq, note })
      }
    }
  }
  delays.sort((a, b) => a - b)
  const honest = folded.filter(({ room }) => room.episodes.length === 0)
  const honestHours = honest.reduce((sum, { room }) => sum + (room.events.at(-1)?.atMs ?? 0), 0) / 3_600_000
  const falseAlerts = honest.flatMap(({ room, alerts }) =>
    alerts.map(({ code, raisedAtSeq, quote }) => ({ room: room.name, code, raisedAtSeq, quote })),
  )
  const strayAlerts = folded
    .filter(({ room }) => room.episodes.length > 0)
    .flatMap(({ room, alerts }) => alerts.filter((alert) => !room.episodes.some((one) => pointsAt(alert, room, one))))
  const episodes = delays.length + missed.length
  return {
    rooms: folded.length,
    episodes,
    recall: episodes === 0 ? 0 : delays.length / episodes,
    honestRooms: honest.length,
    honestHours,
    falseAlertsPerHour: honestHours === 0 ? 0 : falseAlerts.length / honestHours,
    strayAlerts: strayAlerts.length,
    delayMedian: delays[Math.floor(delays.length / 2)] ?? 0,
    delayP95: delays[Math.floor(delays.length * 0.95)] ?? 0,
    missed,
    falseAlerts,
  }
}

function pointsAt(alert: AlertSeed, room: CorpusRoom, episode: RoomEpisode): boolean {
  return delayOf(room, episode, [alert]) !== undefined
}

/** Utterances between complete evidence and the first hit of the family; none when no alert points at the episode. */
function delayOf(room: CorpusRoom, episode: RoomEpisode, alerts: readonly AlertSeed[]): number | undefined {
  const talk = room.events.filter(({ channel }) => channel === 'speech' || channel === 'chat')
  const complete = talk.findIndex(({ seq }) => seq >= episode.complete_seq)
  const places = alerts
    .filter(({ label }) => label === episode.label)
    .flatMap(({ hits }) => hits)
    .filter((seq) => seq >= episode.first_seq)
    .map((seq) => talk.findIndex((event) => event.seq >= seq))
    .filter((place) => place <= complete + grace)
  return places.length === 0 ? undefined : Math.max(0, Math.min(...places) - complete)
}
