import { parseDocument } from 'yaml'
import { existsSync, readdirSync } from 'node:fs'
import { basename, join, relative, resolve } from 'node:path'
import type { PackProblem } from '../contracts/rule-pack.ts'
import { codes, type Code } from '../contracts/taxonomy.ts'
import { checkExamples } from '../detectors/pack/check-examples.ts'
import { compileUnchecked, type CompileResult } from '../detectors/pack/compile-pack.ts'
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
  compileMs: number
  examplesMs: number
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
  const named = (problems: PackProblem[]): PackProblem[] =>
    problems.map((problem) => ({ ...problem, file: shownPath(folder, problem.file) }))
  const unusable = [...files.flatMap((file) => notText(file) ?? []), ...unusedFiles(folder)]
  if (unusable.length > 0) return { ok: false, problems: named(unusable), unfinished: true }

  const startedAt = performance.now()
  const compiled = compile(files)
  const compiledAt = performance.now()
  if (!compiled.ok) return { ok: false, problems: named(compiled.problems), unfinished: true }
  const { pack } = compiled
  const rules = new Map(pack.rules.map((rule) => [rule.id, rule]))
  const failures = checkExamples(pack).map((failure): PackProblem => {
    const rule = rules.get(failure.rule)
    return { file: rule?.file ?? '', line: rule?.line ?? 1, ...failure }
  })
  if (failures.length > 0) return { ok: false, problems: named(failures), unfinished: false }
  const examplesMs = performance.now() - compiledAt
  return { ok: true, files, pack, report: reportOf(pack, compiledAt - startedAt, examplesMs) }
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

function compile(files: readonly PackSourceFile[]): CompileResult {
  const broken = files.flatMap((file) => breaksParser(file) ?? [])
  if (broken.length > 0) return { ok: false, problems: broken }
  const compiled = compileUnchecked(files)
  if (compiled.ok) return compiled
  // The concepts of a file that cannot be read seem to be missing wherever they are used: that is no problem of its own.
  const problems: PackProblem[] = []
  parsePackFiles([...files].sort(byFile), problems)
  return problems.length > 0 ? { ok: false, problems } : compiled
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

function reportOf(pack: CompiledRulePack, compileMs: number, examplesMs: number): PackReport {
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
    compileMs: Math.round(compileMs),
    examplesMs: Math.round(examplesMs),
  }
}
