import { readFile, stat } from 'node:fs/promises'
import type { Category } from '../contracts/category.ts'
import { replayHeaderSchema, replayLineSchema, type ReplayHeader } from '../contracts/replay.ts'
import { roomEventSchema, type RoomEvent } from '../contracts/room-event.ts'
import type { SessionStartInput } from '../contracts/session.ts'
import { readSubtitles, type ReadLines, type ScriptLine, type ScriptProblem } from './read-subtitles.ts'
import { toEvent } from './replay.ts'

export type ScriptFormat = 'ndjson' | 'srt' | 'vtt'

/** A broadcast that can be played: its events in order, `seq` from 1 without gaps, and no `end`. */
export type Script = {
  format: ScriptFormat
  /** What the file says of the room; subtitles say nothing. */
  header: ReplayHeader | null
  events: RoomEvent[]
  /** Lines left out, or taken with a correction. */
  problems: ScriptProblem[]
  durationMs: number
}

/** Largest file read, in bytes. */
export const scriptBytes = 50 * 1_024 * 1_024

/** A file that cannot be used at all; the message says what to do. */
export class ScriptError extends Error {
  override readonly name = 'ScriptError'
}

/** Reads a script from a file. Throws ScriptError when it is missing, too large, or not text. */
export async function readScriptFile(path: string): Promise<Script> {
  try {
    const { size } = await stat(path)
    if (size > scriptBytes) throw tooLarge(path, size)
    return readScript(decodeText(await readFile(path)))
  } catch (error) {
    if (error instanceof ScriptError) throw error
    throw new ScriptError(`Cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    })
  }
}

/** Reads a script from a stream to its end. Throws ScriptError like `readScriptFile`. */
export async function readScriptStream(input: NodeJS.ReadableStream): Promise<Script> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of input) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    size += bytes.length
    if (size > scriptBytes) throw tooLarge('The input', size)
    chunks.push(bytes)
  }
  return readScript(decodeText(Buffer.concat(chunks)))
}

/** UTF-8, UTF-16 with its mark, or GB 18030, in which many Chinese subtitles still come. */
function decodeText(bytes: Uint8Array): string {
  const marked =
    bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : null
  for (const encoding of marked ? [marked] : ['utf-8', 'gb18030']) {
    try {
      return new TextDecoder(encoding, { fatal: true }).decode(bytes)
    } catch {
      // Not in this encoding; the next one decides.
    }
  }
  throw new ScriptError('The file is not text in UTF-8, UTF-16 or GB 18030; convert it to UTF-8')
}

function tooLarge(what: string, size: number): ScriptError {
  return new ScriptError(`${what} has ${size} bytes; at most ${scriptBytes} are read. Split it.`)
}

/** Reads a script from text; the format shows from its beginning. Throws ScriptError when it is none of the three. */
export function readScript(text: string): Script {
  const format = formatOf(text)
  const { header, lines, problems } = format === 'ndjson' ? readNdjson(text) : { header: null, ...readSubtitles(text) }
  const { events, problems: unfit } = number(lines)
  return {
    format,
    header,
    events,
    problems: [...problems, ...unfit].sort((a, b) => a.line - b.line),
    durationMs: events.reduce((latest, { atMs }) => Math.max(latest, atMs), 0),
  }
}

function formatOf(text: string): ScriptFormat {
  const start = text.replace(/^\uFEFF/u, '').trimStart()
  if (start.startsWith('{')) return 'ndjson'
  if (/^WEBVTT(?:\s|$)/u.test(start)) return 'vtt'
  if (start.includes('-->')) return 'srt'
  throw new ScriptError('This is no script: expected NDJSON (first line {"room_id": …}), SubRip or WebVTT')
}

function readNdjson(text: string): ReadLines & { header: ReplayHeader | null } {
  const result: ReadLines & { header: ReplayHeader | null } = { header: null, lines: [], problems: [] }
  let first = true
  for (const [index, raw] of text
    .replace(/^\uFEFF/u, '')
    .split(/\r?\n/u)
    .entries()) {
    if (raw.trim() === '') continue
    const line = index + 1
    const value = parseJson(raw)
    if (value instanceof Error) result.problems.push({ line, field: 'json', reason: value.message })
    else if (first && !hasChannel(value)) readHeader(value, line, result)
    else readEvent(value, line, result)
    first = false
  }
  return result
}

function parseJson(raw: string): unknown {
  try {
    return JSON.parse(raw)
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

function hasChannel(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'channel' in value
}

function readHeader(value: unknown, line: number, result: ReadLines & { header: ReplayHeader | null }): void {
  const header = replayHeaderSchema.safeParse(value)
  if (header.success) result.header = header.data
  else result.problems.push(...problemsOf(line, header.error.issues))
}

function readEvent(value: unknown, line: number, result: ReadLines): void {
  const parsed = replayLineSchema.safeParse(value)
  if (!parsed.success) {
    result.problems.push(...problemsOf(line, parsed.error.issues))
    return
  }
  const event = toEvent(parsed.data)
  if (typeof event !== 'string') {
    result.lines.push({ line, event })
    return
  }
  const [field = 'line', reason = event] = event.split(': ', 2)
  result.problems.push({ line, field, reason })
}

type Issue = { path: readonly PropertyKey[]; message: string }

function problemsOf(line: number, issues: readonly Issue[]): ScriptProblem[] {
  return issues.map(({ path, message }) => ({ line, field: path.map(String).join('.') || 'line', reason: message }))
}

/** Gives every event its place, moves corrections to the new numbers, and names utterances that had no name. */
function number(lines: readonly ScriptLine[]): { events: RoomEvent[]; problems: ScriptProblem[] } {
  const events: RoomEvent[] = []
  const problems: ScriptProblem[] = []
  const places = new Map<number, number>()
  const names = new UtteranceNames()
  for (const { line, event } of lines) {
    if (event.channel === 'end') break
    const seq = events.length + 1
    const oldSeq = typeof event['seq'] === 'number' ? event['seq'] : null
    if (oldSeq !== null && places.has(oldSeq)) {
      problems.push({ line, field: 'seq', reason: `${oldSeq} stands on an earlier line already` })
      continue
    }
    const parsed = roomEventSchema.safeParse({ ...event, seq })
    if (!parsed.success) {
      problems.push(...problemsOf(line, parsed.error.issues))
      continue
    }
    const placed = names.named(withMovedReference(parsed.data, places, line, problems))
    if (oldSeq !== null) places.set(oldSeq, seq)
    events.push(placed)
  }
  return { events, problems }
}

function withMovedReference(
  event: RoomEvent,
  places: ReadonlyMap<number, number>,
  line: number,
  problems: ScriptProblem[],
): RoomEvent {
  if (event.channel !== 'speech' || event.revises === undefined) return event
  const { revises, ...rest } = event
  const moved = places.get(revises)
  if (moved !== undefined) return { ...rest, revises: moved }
  problems.push({ line, field: 'revises', reason: `there is no earlier line with seq ${revises}; taken as new speech` })
  return rest
}

/** Without a name, a final replaces the partials just before it: they get a common one. */
class UtteranceNames {
  #count = 0
  #open = false

  named(event: RoomEvent): RoomEvent {
    if (event.channel !== 'speech') return event
    if (event.utteranceId !== undefined) {
      this.#open = false
      return event
    }
    if (!event.partial && !this.#open) return event
    if (!this.#open) this.#count += 1
    this.#open = event.partial
    return { ...event, utteranceId: `auto-${this.#count}` }
  }
}

/** What a caller knows better than the file, or instead of it. */
export type StartOverrides = {
  roomId?: string
  title?: string
  hostName?: string
  category?: Category
  licences?: string[]
  sessionRef?: string
}

/** How the broadcast of a script is announced. Throws ScriptError when nobody says which room it is. */
export function sessionStartOf(header: ReplayHeader | null, overrides: StartOverrides = {}): SessionStartInput {
  const roomId = overrides.roomId ?? header?.room_id
  if (roomId === undefined) throw new ScriptError('The file does not say which room it is; name it with --room ID')
  const category = overrides.category ?? header?.category
  return {
    roomId,
    title: overrides.title ?? (header?.title || roomId),
    host: hostOf(header?.host, overrides.hostName, roomId),
    licences: overrides.licences ?? header?.licences ?? [],
    ...(category === undefined ? {} : { category }),
    ...(overrides.sessionRef === undefined ? {} : { sessionRef: overrides.sessionRef }),
    ...(header?.live_url === undefined ? {} : { liveUrl: header.live_url }),
  }
}

function hostOf(host: ReplayHeader['host'], name: string | undefined, roomId: string): SessionStartInput['host'] {
  if (name !== undefined) return { id: name, name }
  if (typeof host === 'string') return { id: host, name: host }
  return host ?? { id: roomId, name: roomId }
}
