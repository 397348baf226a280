import { createReadStream, existsSync, readdirSync, statSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { z } from 'zod'
import { categorySchema, type Category } from '../../contracts/category.ts'
import { readJsonLines } from '../json-lines.ts'
import { packageFolder } from '../package-folder.ts'

/** Something that was said in a room, with what is known about the room. */
export type Said = {
  text: string
  /** `file:line`. */
  where: string
  channel: 'speech' | 'chat'
  category: Category | undefined
  licences: readonly string[]
  /** Earlier utterances, as `detect` takes them. */
  context: readonly string[]
}

export type Corpus = {
  said: Said[]
  /** Lines that are no JSON object, or whose fields do not fit: `file:line field: reason`. */
  bad: string[]
}

/** A line of detect input, of a corpus or of a recorded room; lines without text (a header, a product) say nothing. */
const lineSchema = z.looseObject({
  text: z.string().optional(),
  channel: z.string().optional(),
  partial: z.boolean().optional(),
  category: categorySchema.optional(),
  licences: z.array(z.string()).optional(),
  context: z.array(z.string()).optional(),
})

/** Reads NDJSON files; texts that occur again are counted once. `onBytes` hears how much has been read. */
export async function readCorpus(files: readonly string[], onBytes: (count: number) => void): Promise<Corpus> {
  const corpus: Corpus = { said: [], bad: [] }
  const seen = new Set<string>()
  for (const file of files) {
    const input = createReadStream(file, 'utf8')
    input.on('data', (chunk) => onBytes(Buffer.byteLength(chunk)))
    for await (const read of readJsonLines(input, () => lineSchema)) {
      const where = `${file}:${read.line}`
      if (!read.ok) {
        corpus.bad.push(`${where} ${read.reason}`)
        continue
      }
      const { text, channel, partial, category, licences = [], context = [] } = read.value
      if (text === undefined || partial === true || seen.has(text)) continue
      seen.add(text)
      corpus.said.push({ text, where, channel: channel === 'chat' ? 'chat' : 'speech', category, licences, context })
    }
  }
  return corpus
}

/** The files to read: those named, every NDJSON file of a folder named, or the training split of this installation. */
export function corpusFiles(named: readonly string[]): { ok: true; files: string[] } | { ok: false; problem: string } {
  const wanted = named.length > 0 ? named : [join(packageFolder(), 'corpora', 'train')]
  const files: string[] = []
  for (const path of wanted) {
    if (!existsSync(path))
      return { ok: false, problem: `There is no file ${path}; name NDJSON files or folders of them` }
    files.push(...(statSync(path).isDirectory() ? filesBelow(path) : [path]).map((file) => relative('', resolve(file))))
  }
  const forbidden = files.find((file) => /(?:^|[\\/])corpora[\\/]test[\\/]/u.test(resolve(file)))
  if (forbidden !== undefined) {
    return {
      ok: false,
      problem: `${forbidden} is of the test split: rules that learn from it could not be measured on it`,
    }
  }
  return files.length > 0 ? { ok: true, files } : { ok: false, problem: `No NDJSON file in ${wanted.join(', ')}` }
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ndjson'))
    .sort()
    .map((name) => join(folder, name))
}
