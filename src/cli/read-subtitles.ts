import type { RoomEventInput } from '../contracts/room-event.ts'

/** What a script says at one place, before it has a `seq`; `line` is where a person finds it in the file. */
export type ScriptLine = { line: number; event: Omit<RoomEventInput, 'seq'> & Record<string, unknown> }
export type ScriptProblem = { line: number; field: string; reason: string }
export type ReadLines = { lines: ScriptLine[]; problems: ScriptProblem[] }

type Cue = { line: number; timing: string; text: string[] }
type Speech = { speaker: 'host' | 'assistant'; text: string }

const timingPattern = /^\s*((?:\d+:)?\d{1,2}:\d{2}[.,]\d{1,3})\s*-->\s*((?:\d+:)?\d{1,2}:\d{2}[.,]\d{1,3})(?:\s.*)?$/u
const assistantName = /^(?:助播|助理|assistant\b|co-?host\b)/iu
const assistantPrefix = /^(?:助播|助理)\s*[:：]\s*/u

/**
 * SubRip and WebVTT: every cue becomes final speech at the cue's start. `<v 助播>` (or 助理, assistant, co-host) and a
 * line that begins with `助播：` are the assistant, everybody else is the host. Other tags and entities are resolved.
 */
export function readSubtitles(text: string): ReadLines {
  const result: ReadLines = { lines: [], problems: [] }
  for (const cue of cuesOf(text)) {
    const times = timingPattern.exec(cue.timing)
    const start = millisOf(times?.[1])
    const end = millisOf(times?.[2])
    if (start === null || end === null) {
      result.problems.push({
        line: cue.line,
        field: 'time',
        reason: `cannot read the times of ${JSON.stringify(cue.timing)}`,
      })
    } else if (end < start) {
      result.problems.push({ line: cue.line, field: 'time', reason: 'the cue ends before it begins' })
    } else {
      for (const { speaker, text: said } of speechesOf(cue.text)) {
        result.lines.push({ line: cue.line, event: { channel: 'speech', atMs: start, text: said, speaker } })
      }
    }
  }
  return result
}

/** Blocks that hold a timing line; headers, notes, styles and cue numbers are left out. */
function cuesOf(text: string): Cue[] {
  const cues: Cue[] = []
  let cue: Cue | null = null
  const all = text.split(/\r\n|\n|\r/u)
  for (const [index, raw] of all.entries()) {
    if (raw.includes('-->')) {
      cue = { line: index + 1, timing: raw, text: [] }
      cues.push(cue)
    } else if (raw.trim() === '') cue = null
    else cue?.text.push(raw)
  }
  return cues
}

/** Milliseconds of `hh:mm:ss,mmm` or `mm:ss.mmm`; null when it is neither. */
function millisOf(time: string | undefined): number | null {
  if (time === undefined) return null
  const parts = time.replace(',', '.').split(':').map(Number)
  const [seconds = 0, minutes = 0, hours = 0] = parts.reverse()
  if (seconds >= 60 || minutes >= 60) return null
  return Math.round(((hours * 60 + minutes) * 60 + seconds) * 1_000)
}

/** What was said in one cue; a cue in which both speak is two. */
function speechesOf(lines: readonly string[]): Speech[] {
  const speeches: Speech[] = []
  let voice: Speech['speaker'] = 'host'
  for (const line of lines) {
    for (const part of line.split(/(?=<v[.\s>])/iu)) {
      const tag = /^<v(?:\.[^\s>]*)?\s*([^>]*)>/iu.exec(part)
      if (tag) voice = assistantName.test(tag[1]?.trim() ?? '') ? 'assistant' : 'host'
      const plain = plainText(part)
      const named = assistantPrefix.test(plain)
      add(speeches, named ? 'assistant' : voice, plain.replace(assistantPrefix, ''))
      if (/<\/v>/iu.test(part)) voice = 'host'
    }
  }
  return speeches
}

function add(speeches: Speech[], speaker: Speech['speaker'], text: string): void {
  if (text === '') return
  const last = speeches.at(-1)
  if (last?.speaker === speaker) last.text += needsSpace(last.text, text) ? ` ${text}` : text
  else speeches.push({ speaker, text })
}

/** Lines of Chinese are joined as they are; between Latin words a line break was a space. */
function needsSpace(before: string, after: string): boolean {
  return /[\p{ASCII}]$/u.test(before) && /^[\p{ASCII}]/u.test(after)
}

function plainText(text: string): string {
  return text
    .replace(/\{\\[^}]*\}/gu, '')
    .replace(/<[^<>]*>/gu, '')
    .replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(\w{1,8}));/giu, entity)
    .trim()
}

function entity(whole: string, decimal?: string, hex?: string, name?: string): string {
  const code = decimal !== undefined ? Number(decimal) : hex !== undefined ? Number.parseInt(hex, 16) : null
  if (code !== null) return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : ''
  const named: Record<string, string> = {
    amp: '&',
    lt: '<',
    gt: '>',
    quot: '"',
    apos: "'",
    nbsp: ' ',
    lrm: '',
    rlm: '',
  }
  return named[name?.toLowerCase() ?? ''] ?? whole
}
