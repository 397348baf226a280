import type { TranscriptLine } from '../../../src/contracts/alert.ts'

/** A line as the lanes draw it. */
export type LaneLine = {
  line: TranscriptLine
  /** The wording that a later correction replaced; the original stays readable. */
  original: TranscriptLine | null
}
/** One step of the common time axis: what was said, and what the chat wrote until the next words. */
export type LaneRow = { key: string; atMs: number; seq: number; speech: LaneLine[]; chat: ChatFold[] }
/** A chat message and how often it came in a row, word for word. */
export type ChatFold = { line: TranscriptLine; count: number }

/** Silence after which chat gets a row of its own, milliseconds. */
const chatRowMs = 8_000

/**
 * Brings raw lines into reading order: sorted by `seq`, each once; partials give way to the final of their utterance
 * (or, without a name, to the next final of the channel), corrections stand where the corrected line stood and keep it.
 */
export function foldLines(lines: readonly TranscriptLine[]): LaneLine[] {
  const bySeq = new Map<number, TranscriptLine>()
  for (const line of lines) bySeq.set(line.seq, line)
  const sorted = [...bySeq.values()].sort((a, b) => a.seq - b.seq)
  const finals = new Set<string>()
  for (const line of sorted) if (line.partial !== true && line.utteranceId !== undefined) finals.add(line.utteranceId)

  const result: LaneLine[] = []
  for (const line of sorted) {
    if (line.channel !== 'speech') {
      result.push({ line, original: null })
      continue
    }
    if (line.partial === true) {
      if (line.utteranceId !== undefined && finals.has(line.utteranceId)) continue
      dropPartials(result, line)
      result.push({ line, original: null })
      continue
    }
    dropPartials(result, line)
    const corrected =
      line.revises === undefined ? -1 : result.findIndex(({ line: earlier }) => earlier.seq === line.revises)
    const earlier = result[corrected]
    if (earlier !== undefined) result[corrected] = { line, original: earlier.original ?? earlier.line }
    else result.push({ line, original: null })
  }
  return result
}

/** Removes partials that `line` replaces: those of its utterance, or the unnamed ones just before it. */
function dropPartials(result: LaneLine[], line: TranscriptLine): void {
  for (let index = result.length - 1; index >= 0; index -= 1) {
    const held = result[index]?.line
    if (held === undefined || held.channel !== 'speech') continue
    if (held.partial !== true) break
    if (held.utteranceId === line.utteranceId) result.splice(index, 1)
  }
}

/**
 * Lays speech and chat side by side on one time axis. Identical chat messages of one row are folded with a count;
 * a message named in `keep` (it carries a hit) never is.
 */
export function laneRows(lines: readonly LaneLine[], keep: ReadonlySet<number>): LaneRow[] {
  const rows: LaneRow[] = []
  for (const item of lines) {
    const { line } = item
    if (line.channel === 'speech') {
      rows.push({ key: `s${line.seq}`, atMs: line.atMs, seq: line.seq, speech: [item], chat: [] })
      continue
    }
    if (line.channel !== 'chat') continue
    let row = rows.at(-1)
    if (row === undefined || line.atMs - row.atMs > chatRowMs) {
      row = { key: `c${line.seq}`, atMs: line.atMs, seq: line.seq, speech: [], chat: [] }
      rows.push(row)
    }
    const twin = keep.has(line.seq)
      ? undefined
      : row.chat.find((fold) => fold.line.text === line.text && !keep.has(fold.line.seq))
    if (twin === undefined) row.chat.push({ line, count: 1 })
    else twin.count += 1
  }
  return rows
}

/** A line to draw, or a run of lines that is folded away. */
export type ContextPart = { kind: 'line'; item: LaneLine } | { kind: 'fold'; seq: number; count: number }

/** Keeps the lines that `bears` names and `around` lines on both sides; longer runs between them become folds. */
export function foldContext(
  lines: readonly LaneLine[],
  bears: (item: LaneLine) => boolean,
  around: number,
): ContextPart[] {
  const named = lines.flatMap((item, index) => (bears(item) ? [index] : []))
  const near = (index: number) => named.length === 0 || named.some((at) => Math.abs(at - index) <= around)
  const parts: ContextPart[] = []
  for (const [index, item] of lines.entries()) {
    const last = parts.at(-1)
    if (near(index)) parts.push({ kind: 'line', item })
    else if (last?.kind === 'fold') last.count += 1
    else parts.push({ kind: 'fold', seq: item.line.seq, count: 1 })
  }
  return parts
}

/** Merges newly received lines into held ones, newest kept when more than `most`. */
export function mergeLines(
  held: readonly TranscriptLine[],
  added: readonly TranscriptLine[],
  most: number,
): TranscriptLine[] {
  const bySeq = new Map<number, TranscriptLine>()
  for (const line of held) bySeq.set(line.seq, line)
  for (const line of added) bySeq.set(line.seq, line)
  const sorted = [...bySeq.values()].sort((a, b) => a.seq - b.seq)
  return sorted.length > most ? sorted.slice(sorted.length - most) : sorted
}
