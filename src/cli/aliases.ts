import { Presets, SingleBar } from 'cli-progress'
import { InvalidArgumentError, type Command } from 'commander'
import { renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { contextCommand, print, table } from './administration.ts'
import { corpusFiles, readCorpus } from './aliases/corpus.ts'
import { mineAliases, type Progress } from './aliases/mine.ts'
import type { Candidate } from './aliases/rank-candidates.ts'
import { addAliases, type NewAlias, type Written } from './aliases/write-aliases.ts'
import { checkPackFiles, problemLine } from './check-pack.ts'
import type { CliContext } from './context.ts'
import { defaultPackFolder, loadPack, readPackFolder } from './pack-folder.ts'

type Options = { pack?: string; accept?: number[]; limit: number; json: boolean }
type Numbered = Candidate & { number: number }

/** `aliases`: mines spellings for the alias tables of a rule pack; a person says which of them to take. */
export function aliasesCommand(context: Pick<CliContext, 'stdout' | 'stderr'>): Command {
  const streams: CliContext = { ...context, openDb: () => Promise.reject(new Error('aliases need no database')) }
  return contextCommand('aliases', streams)
    .description('Mine spellings that may mean a term of a rule pack, for a person to accept as aliases')
    .argument('[files...]', 'NDJSON files of utterances, or folders of them; corpora/train when left out')
    .option('--pack <folder>', 'rule pack; the shipped one when left out')
    .option('--limit <count>', 'most candidates shown; 0 shows all', parseLimit, 50)
    .option('--accept <numbers>', 'write these candidates into the pack of --pack, such as 1,4,7', parseNumbers)
    .option('--json', 'one JSON object', false)
    .addHelpText('after', help)
    .action(async (named: string[], options: Options, command: Command) => {
      const refuse = (message: string): never => command.error(`error: ${message}`, { exitCode: 2 })
      if (options.accept && options.pack === undefined) refuse('name the pack to write to with --pack FOLDER')
      const found = corpusFiles(named)
      if (!found.ok) return refuse(found.problem)
      const folder = options.pack ?? defaultPackFolder()
      const pack = usablePack(folder, refuse)

      const progress = progressOn(context.stderr)
      progress.begin(
        'reading files',
        found.files.reduce((sum, file) => sum + statSync(file).size, 0),
      )
      const corpus = await readCorpus(found.files, (count) => progress.step(count))
      const mined = await mineAliases(corpus.said, pack, progress)
      progress.end()
      const candidates = mined.map((candidate, i): Numbered => ({ number: i + 1, ...candidate }))
      for (const line of corpus.bad) context.stderr.write(`${line}\n`)

      if (options.accept) accept(streams, folder, candidates, options.accept, options.json, refuse)
      else show(streams, candidates, corpus.said.length, options)
      if (corpus.bad.length > 0) refuse(`${corpus.bad.length} lines could not be read; the others were`)
    })
}

const help = `
The kinds: heard (sounds like the term), latin (partly spelled in letters), inserted (something stands between),
split (a character in pieces), company (stands where the term stands).
A number names a candidate only for the same files and the same pack: accept from one list at once.`

function usablePack(folder: string, refuse: (message: string) => never): ReturnType<typeof loadPack> {
  try {
    return loadPack(folder)
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error))
  }
}

function show(context: CliContext, candidates: readonly Numbered[], utterances: number, options: Options): void {
  const shown = options.limit === 0 ? candidates : candidates.slice(0, options.limit)
  const head = ['no', 'said', 'meant', 'concept', 'kind', 'count', 'completes']
  const [first = '', ...rows] = table([head, ...shown.map(rowOf)])
  const lines = rows.flatMap((row, i) => [row, ...(shown[i]?.examples ?? []).map(({ text }) => `      ${text}`)])
  const rest = candidates.length - shown.length
  const end =
    candidates.length === 0
      ? `Nothing in ${utterances} utterances that the pack does not list already.`
      : `${candidates.length} candidates in ${utterances} utterances${rest > 0 ? `; ${rest} more with --limit 0` : ''}. ` +
        'Take some: --accept 1,4 --pack FOLDER'
  const value = { utterances, candidates: shown, total: candidates.length }
  print(context, options.json, value, [...(shown.length > 0 ? [first] : []), ...lines, '', end])
}

function rowOf({ number, said, meant, concepts, kind, count, completes }: Numbered): string[] {
  const [concept = '', ...more] = concepts
  const others = more.length > 0 ? ` +${more.length}` : ''
  return [String(number), said, meant, concept + others, kind, String(count), String(completes)]
}

/** Writes what was accepted, when the pack still passes its check with it. */
function accept(
  context: CliContext,
  folder: string,
  candidates: readonly Numbered[],
  numbers: readonly number[],
  json: boolean,
  refuse: (message: string) => never,
): void {
  const absent = numbers.filter((number) => number > candidates.length)
  if (absent.length > 0) refuse(`there is no candidate ${absent.join(', ')}; there are ${candidates.length}`)
  const aliases = numbers.flatMap((number): NewAlias[] => {
    const { said, meant, concepts } = candidates[number - 1] ?? { said: '', meant: '', concepts: [] }
    return concepts.map((concept) => ({ concept, said, meant }))
  })
  const before = readPackFolder(folder)
  const written = addAliases(before, aliases)
  if (written.unplaced.length > 0) {
    const words = written.unplaced.map(({ concept, said, meant }) => `${concept}: { ${said}: ${meant} }`)
    refuse(`the pack holds no table for ${words.join(', ')}; write it by hand. Nothing was written.`)
  }
  const check = checkPackFiles(written.files, folder)
  if (!check.ok)
    refuse(`${check.problems.map(problemLine).join('\n')}\nThe pack would not pass its check. Nothing was written.`)
  write(folder, written, before)
  const lines = written.places.map(({ file, line, concept, said, meant }) => {
    return `${join(folder, file)}:${line} ${concept} ${said}: ${meant}`
  })
  print(context, json, { accepted: written.places }, [
    ...lines,
    'The pack passes its check. Raise its version, then: rules publish',
  ])
}

/** Replaces the changed files, each at once: who reads the folder meanwhile finds whole files. */
function write(folder: string, { files }: Written, before: readonly { file: string; text: string }[]): void {
  const unchanged = new Map(before.map(({ file, text }) => [file, text]))
  for (const { file, text } of files) {
    if (unchanged.get(file) === text) continue
    const path = join(folder, file)
    writeFileSync(`${path}.new`, text)
    renameSync(`${path}.new`, path)
  }
}

/** A bar on a terminal, a line a stage elsewhere; on stderr, so that results can be piped. */
function progressOn(stream: NodeJS.WritableStream): Progress & { end(): void } {
  const terminal = 'isTTY' in stream && stream.isTTY === true
  const bar = terminal
    ? new SingleBar(
        { stream, format: '{stage} {bar} {percentage}%', fps: 5, hideCursor: false },
        Presets.shades_classic,
      )
    : null
  return {
    begin(stage, total) {
      bar?.stop()
      if (bar) bar.start(Math.max(1, total), 0, { stage: stage.padEnd(22) })
      else stream.write(`${stage}\n`)
    },
    step: (by = 1) => bar?.increment(by),
    end: () => bar?.stop(),
  }
}

function parseLimit(text: string): number {
  const limit = Number(text)
  if (!Number.isInteger(limit) || limit < 0) throw new InvalidArgumentError('Give a whole number.')
  return limit
}

function parseNumbers(text: string): number[] {
  const numbers = text.split(',').map((part) => Number(part.trim()))
  if (numbers.some((number) => !Number.isInteger(number) || number < 1)) {
    throw new InvalidArgumentError('Give numbers of the list, such as 1,4,7.')
  }
  return [...new Set(numbers)]
}
