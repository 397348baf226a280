import { createReadStream } from 'node:fs'
import { replayHeaderSchema, replayLineSchema } from '../contracts/replay.ts'
import type { ReplayAlert, ReplayHeader, ReplayLine } from '../contracts/replay.ts'
import type { AlertSeed } from '../contracts/alert-seed.ts'
import type { RoomEvent } from '../contracts/room-event.ts'
import type { CompiledRulePack } from '../detectors/pack/compiled-rule-pack.ts'
import { initialRoom } from '../room/room-state.ts'
import type { RoomState } from '../room/room-state.ts'
import { step } from '../room/step.ts'
import { readJsonLines, writeJsonLine } from './json-lines.ts'
import { defaultPackFolder, loadPack } from './pack-folder.ts'

export type ReplayIo = {
  stdout: NodeJS.WritableStream
  stderr: NodeJS.WritableStream
  packDir?: string
}
export type ReplayOptions = {
  /** Also other families, and alerts that were withdrawn. */
  all?: boolean
}

const families: readonly string[] = ['efficacy', 'spec', 'blindbox']

/**
 * `livewarden replay FILE`: folds a recorded session through the live engine and prints the alerts that stand at its
 * end, by `raised_at_seq`. Bad lines are named on stderr and left out. Exit code: 0 all read, 2 some line bad or the
 * file unreadable, 1 internal.
 */
export async function runReplay(file: string, options: ReplayOptions, io: ReplayIo): Promise<number> {
  try {
    const pack = loadPack(io.packDir ?? defaultPackFolder())
    const folded = await foldFile(file, pack, io)
    for (const alert of chosen(folded.alerts, options)) await writeJsonLine(io.stdout, toLine(alert))
    return folded.bad > 0 ? 2 : 0
  } catch (error) {
    const unreadable = isFileError(error)
    io.stderr.write(`replay: ${error instanceof Error ? error.message : String(error)}\n`)
    return unreadable ? 2 : 1
  }
}

type Folded = { alerts: Map<string, AlertSeed>; bad: number }

async function foldFile(file: string, pack: CompiledRulePack, io: ReplayIo): Promise<Folded> {
  const alerts = new Map<string, AlertSeed>()
  let state: RoomState | undefined
  let bad = 0
  const complain = (line: number, reason: string): void => {
    bad++
    io.stderr.write(`line ${line}: ${reason}\n`)
  }
  const input = createReadStream(file, { encoding: 'utf8' })
  for await (const read of readJsonLines<ReplayHeader | ReplayLine>(input, (line) =>
    line === 1 ? replayHeaderSchema : replayLineSchema,
  )) {
    if (!read.ok) complain(read.line, read.reason)
    else if ('room_id' in read.value) state = startOf(read.value)
    else {
      const event = toEvent(read.value)
      if (typeof event === 'string') complain(read.line, event)
      else {
        const result = step(state ?? startOf({ room_id: file, title: '' }), event, pack)
        state = result.state
        for (const change of result.changes) if ('alert' in change) alerts.set(change.alert.id, change.alert)
      }
    }
  }
  return { alerts, bad }
}

function startOf(header: ReplayHeader): RoomState {
  return initialRoom({ sessionId: header.room_id, category: header.category, licences: header.licences })
}

/** A line as the engine's event, or what it lacks as `field: reason`. */
export function toEvent(line: ReplayLine): RoomEvent | string {
  const position = { seq: line.seq, atMs: Math.round(line.t) }
  switch (line.channel) {
    case 'speech':
      if (line.text === undefined || line.text === '') return 'text: missing'
      return {
        ...position,
        channel: 'speech',
        text: line.text,
        partial: line.partial ?? false,
        speaker: line.speaker ?? 'host',
        ...(line.utterance_id === undefined ? {} : { utteranceId: line.utterance_id }),
        ...(line.revises === undefined ? {} : { revises: line.revises }),
        ...(line.confidence === undefined ? {} : { confidence: line.confidence }),
      }
    case 'chat': {
      if (line.text === undefined || line.text === '') return 'text: missing'
      const user = line.user ?? 'viewer'
      const staff = line.staff === undefined ? {} : { staff: line.staff }
      return { ...position, channel: 'chat', text: line.text, userId: user, userName: user, ...staff }
    }
    case 'product':
      return line.product === undefined
        ? 'product: missing'
        : { ...position, channel: 'product', product: line.product }
    case 'audience':
      return { ...position, channel: 'audience', viewers: line.viewers ?? 0 }
    case 'end':
      return { ...position, channel: 'end' }
  }
}

function chosen(alerts: ReadonlyMap<string, AlertSeed>, options: ReplayOptions): AlertSeed[] {
  const wanted = (alert: AlertSeed): boolean =>
    options.all === true || (alert.state === 'open' && families.includes(alert.label))
  return [...alerts.values()].filter(wanted).sort((a, b) => a.raisedAtSeq - b.raisedAtSeq || (a.code < b.code ? -1 : 1))
}

function toLine(alert: AlertSeed): ReplayAlert {
  return {
    code: alert.code,
    label: alert.label,
    severity: alert.severity,
    score: alert.score,
    first_seq: alert.firstSeq,
    last_seq: alert.lastSeq,
    raised_at_seq: alert.raisedAtSeq,
    hits: [...alert.hits],
    quote: alert.quote,
  }
}

function isFileError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && ['ENOENT', 'EACCES', 'EISDIR'].includes(String(error.code))
}
