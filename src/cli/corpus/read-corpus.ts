import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { z } from 'zod'
import { corpusItemSchema, roomEpisodeSchema } from '../../contracts/corpus.ts'
import type { CorpusItem, CorpusSplit, RoomEpisode } from '../../contracts/corpus.ts'
import { replayHeaderSchema, replayLineSchema } from '../../contracts/replay.ts'
import type { ReplayHeader } from '../../contracts/replay.ts'
import type { RoomEvent } from '../../contracts/room-event.ts'
import { packageFolder } from '../package-folder.ts'
import { toEvent } from '../replay.ts'

/** A recorded room with its violations. */
export type CorpusRoom = { name: string; header: ReplayHeader; events: RoomEvent[]; episodes: RoomEpisode[] }

/** The corpora of this installation. */
export function defaultCorpora(): string {
  return join(packageFolder(), 'corpora')
}

/** All items of a split. Throws an Error that names file, line and field of the first bad one. */
export function readItems(corpora: string, split: CorpusSplit): CorpusItem[] {
  const file = join(corpora, split, 'items.ndjson')
  return lines(file).map((line, i) => parsed(corpusItemSchema, line, `${file}:${i + 1}`))
}

/** All recorded rooms of a split, by name. Throws an Error that names the file and what is wrong with it. */
export function readRooms(corpora: string, split: CorpusSplit): CorpusRoom[] {
  const folder = join(corpora, split, 'rooms')
  return readdirSync(folder)
    .filter((file) => file.endsWith('.ndjson'))
    .sort()
    .map((file) => readRoom(join(folder, file)))
}

function readRoom(file: string): CorpusRoom {
  const [first, ...rest] = lines(file)
  const truth = file.replace(/\.ndjson$/u, '.truth.json')
  return {
    name: basename(file, '.ndjson'),
    header: parsed(replayHeaderSchema, first ?? '', `${file}:1`),
    events: rest.map((line, i) => eventOf(line, `${file}:${i + 2}`)),
    episodes: parsed(z.array(roomEpisodeSchema), readFileSync(truth, 'utf8'), truth),
  }
}

function eventOf(line: string, where: string): RoomEvent {
  const event = toEvent(parsed(replayLineSchema, line, where))
  if (typeof event === 'string') throw new Error(`${where}: ${event}`)
  return event
}

function lines(file: string): string[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
}

function parsed<T>(schema: z.ZodType<T>, text: string, where: string): T {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    throw new Error(`${where}: not JSON`)
  }
  const result = schema.safeParse(json)
  if (result.success) return result.data
  const [issue] = result.error.issues
  throw new Error(`${where}: ${issue?.path.map(String).join('.') ?? ''}: ${issue?.message ?? 'wrong form'}`)
}
