import { existsSync, readdirSync } from 'node:fs'
import { basename, join, relative, resolve } from 'node:path'
import { parseDocument } from 'yaml'
import type { PackProblem } from '../contracts/rule-pack.ts'
import { codes, type Code } from '../contracts/taxonomy.ts'
import { classifierFile, compilePack, compileUnchecked } from '../detectors/pack/compile-pack.ts'
import type { CompiledRulePack } from '../detectors/pack/compiled-rule-pack.ts'
import { parsePackFiles, type PackSourceFile } from '../detectors/pack/parse-pack-files.ts'
import { readPackFolder } from './pack-folder.ts'

/** What a pack holds, and what it cost to compile here and now. */
export type PackReport = {
  pack: string
  version: string
  zh: string
  hash: string
  rules: number
  concepts: number
  /** Words as the pack lists them: terms, harmless phrases and aliases. */
  terms: number
  allowPhrases: number
  aliases: number
  /** Distinct patterns of both automata: as written, and as heard. */
  patterns: number
  examples: number
  codes: { covered: number; of: number; withoutRule: Code[] }
  /** Whether the pack holds a second stage beside its rules. */
  classifier: boolean
  compileMs: number
}

export type PackCheck =
  | { ok: true; files: PackSourceFile[]; pack: CompiledRulePack; report: PackReport }
  /** `unfinished`: what cannot be read hides what is wrong with the rest. */
  | { ok: false; problems: PackProblem[]; unfinished: boolean }

/** Reads the pack of a folder, compiles it and runs all its examples. Files of problems are named from here. */
export function checkPackFolder(folder: string): PackCheck {
  const absent = absence(folder)
  if (absent) return { ok: false, problems: [absent], unfinished: false }
  return checkPackFiles(readPackFolder(folder), folder)
}

/** The same for files that were read, or changed, already. */
export function checkPackFiles(files: PackSourceFile[], folder: string): PackCheck {
  const yaml = files.filter(isYaml)
  const named = (problems: readonly PackProblem[]): PackProblem[] =>
    problems.map((problem) => ({ ...problem, file: shownPath(folder, problem.file) }))
  const unusable = [...yaml.flatMap((file) => notText(file) ?? breaksParser(file) ?? []), ...unusedFiles(folder)]
  if (unusable.length > 0) return { ok: false, problems: named(unusable), unfinished: true }

  const checked = compilePack(files)
  if (!checked.ok) return { ok: false, ...firstThings(files, checked.problems, named) }
  const startedAt = performance.now()
  compileUnchecked(files)
  return { ok: true, files, pack: checked.pack, report: reportOf(checked.pack, performance.now() - startedAt) }
}

/** The concepts of a file that cannot be read seem to be missing wherever they are used: those are no problems to name. */
function firstThings(
  files: readonly PackSourceFile[],
  problems: readonly PackProblem[],
  named: (problems: readonly PackProblem[]) => PackProblem[],
): { problems: PackProblem[]; unfinished: boolean } {
  const unread: PackProblem[] = []
  parsePackFiles(files.filter(isYaml).sort(byFile), unread)
  unread.push(...problems.filter(({ file }) => basename(file) === classifierFile))
  if (unread.length > 0) return { problems: named(unread), unfinished: true }
  return { problems: named(problems), unfinished: !compileUnchecked(files).ok }
}

/** `file:line rule problem → remedy`; a problem of no rule in particular has `-` in its place. */
export function problemLine({ file, line, rule, problem, remedy }: PackProblem): string {
  return `${file}:${line} ${rule ?? '-'} ${problem} → ${remedy}`
}

function absence(folder: string): PackProblem | null {
  if (existsSync(join(folder, 'pack.yaml'))) return null
  const problem = existsSync(folder) ? `There is no pack.yaml in ${folder}` : `There is no folder ${folder}`
  const remedy = 'Name the folder of a rule pack: the one with pack.yaml (pack, version, zh) in it'
  return { file: shownPath(folder, 'pack.yaml'), line: 1, rule: null, problem, remedy }
}

function isYaml({ file }: PackSourceFile): boolean {
  return file.endsWith('.yaml')
}

function byFile(a: PackSourceFile, b: PackSourceFile): number {
  return a.file < b.file ? -1 : 1
}

function notText({ file, text }: PackSourceFile): PackProblem | null {
  const at = text.search(/[\0\ufffd]/u)
  if (at < 0) return null
  const problem = 'The file is not UTF-8 text'
  return { file, line: lineAt(text, at), rule: null, problem, remedy: 'Save it as UTF-8' }
}

/** `*word` without an anchor of that name: the parser throws on it, rather than to report it. */
function breaksParser({ file, text }: PackSourceFile): PackProblem | null {
  if (!/[*&]/u.test(text)) return null
  try {
    const document = parseDocument(text)
    if (document.errors.length === 0) document.toJS()
    return null
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    const alias = /: (\S+)$/u.exec(message)?.[1]
    const at = alias === undefined ? -1 : text.indexOf(`*${alias}`)
    const problem = `Not valid YAML: ${message}`
    const remedy = 'Put text that begins with * or & in quotes'
    return { file, line: lineAt(text, Math.max(0, at)), rule: null, problem, remedy }
  }
}

/** Files that somebody may believe to be part of the pack. */
function unusedFiles(folder: string): PackProblem[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  const skipped = names
    .filter((name) => name.endsWith('.yml'))
    .map((name) => ({ name, problem: 'Files that end in .yml are not read', remedy: 'Rename it to end in .yaml' }))
  const heads = names
    .filter((name) => basename(name) === 'pack.yaml' && name !== 'pack.yaml')
    .map((name) => ({ name, problem: 'The folder holds a second pack', remedy: 'Keep one pack in a folder' }))
  return [...skipped, ...heads].map(({ name, problem, remedy }) => ({
    file: name.replaceAll('\\', '/'),
    line: 1,
    rule: null,
    problem,
    remedy,
  }))
}

function lineAt(text: string, at: number): number {
  return text.slice(0, at).split('\n').length
}

/** A path that an editor opens from here. */
function shownPath(folder: string, file: string): string {
  const whole = resolve(folder, file)
  const near = relative('', whole)
  return near.startsWith('..') ? whole : near
}

function reportOf(pack: CompiledRulePack, compileMs: number): PackReport {
  const covered = new Set(pack.rules.map(({ code }) => code))
  const count = (size: (concept: CompiledRulePack['concepts'][number]) => number): number =>
    pack.concepts.reduce((sum, concept) => sum + size(concept), 0)
  return {
    pack: pack.name,
    version: pack.version,
    zh: pack.zh,
    hash: pack.hash,
    rules: pack.rules.length,
    concepts: pack.concepts.length,
    terms: count(({ terms }) => terms.length),
    allowPhrases: count(({ allow }) => allow.length),
    aliases: count(({ aliases }) => Object.keys(aliases).length),
    patterns: pack.literal.entries.length + pack.phonetic.entries.length,
    examples: pack.rules.reduce(
      (sum, { source }) => sum + source.examples.positive.length + source.examples.negative.length,
      0,
    ),
    codes: {
      covered: covered.size,
      of: codes.length,
      withoutRule: codes.filter((code) => !covered.has(code)),
    },
    classifier: pack.classifier !== undefined,
    compileMs: Math.round(compileMs),
  }
}
