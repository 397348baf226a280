import { createHash } from 'node:crypto'
import type { PackProblem } from '../../contracts/rule-pack.ts'
import { taxonomyOf } from '../../contracts/taxonomy.ts'
import { readClassifier } from '../classify/classifier.ts'
import type { Classifier } from '../classify/classifier.ts'
import { contextConcepts } from '../compose/context-concepts.ts'
import type { ContextConcepts } from '../compose/context-concepts.ts'
import { discourseIds, discourseNames } from '../exempt/discourse-ids.ts'
import { checkExamples } from './check-examples.ts'
import type { CompiledRule, CompiledRulePack, RuleInfo, SlotUse } from './compiled-rule-pack.ts'
import { computedConcepts } from './computed-concepts.ts'
import { buildLexicons } from './build-lexicons.ts'
import { parsePackFiles } from './parse-pack-files.ts'
import type { PackSourceFile, ParsedPack, Placed } from './parse-pack-files.ts'

export type CompileResult = { ok: true; pack: CompiledRulePack } | { ok: false; problems: PackProblem[] }

/**
 * Turns the source files of a rule pack into the immutable form the engine runs. Every example of every rule is run; a
 * pack with any problem is refused whole, so that the pack in force stays in force.
 */
export function compilePack(files: readonly PackSourceFile[]): CompileResult {
  const result = compileUnchecked(files)
  if (!result.ok) return result
  const lines = new Map(result.pack.rules.map((rule) => [rule.id, rule]))
  // Examples are a rule's own: the classifier is trained to outweigh them where speech as a whole says otherwise.
  const problems = checkExamples({ ...result.pack, classifier: undefined }).map((failure): PackProblem => {
    const rule = lines.get(failure.rule)
    return { file: rule?.file ?? '', line: rule?.line ?? 1, ...failure }
  })
  return problems.length > 0 ? { ok: false, problems } : result
}

/** As `compilePack`, without running the examples: for tools that show which of them fail. */
export function compileUnchecked(files: readonly PackSourceFile[]): CompileResult {
  const problems: PackProblem[] = []
  const ordered = [...files].sort((a, b) => (a.file < b.file ? -1 : 1))
  const parsed = parsePackFiles(
    ordered.filter(({ file }) => !isClassifier(file)),
    problems,
  )
  const classifier = classifierOf(ordered, problems)
  const conceptIds = numberConcepts(parsed, problems)
  checkRules(parsed, conceptIds, problems)
  if (problems.length > 0) return { ok: false, problems }
  return { ok: true, pack: assemble(parsed, conceptIds, packHash(ordered), classifier) }
}

/** The name of a pack's content: SHA-256 over its files, by path. The same files always give the same hash. */
export function packHash(files: readonly PackSourceFile[]): string {
  const hash = createHash('sha256')
  for (const { file, text } of [...files].sort((a, b) => (a.file < b.file ? -1 : 1))) {
    hash.update(file).update('\0').update(text).update('\0')
  }
  return hash.digest('hex')
}

/** The file of a pack that holds its second stage, written by `livewarden train`. */
export const classifierFile = 'classifier.json'

function isClassifier(file: string): boolean {
  return file === classifierFile || file.endsWith(`/${classifierFile}`)
}

function classifierOf(files: readonly PackSourceFile[], problems: PackProblem[]): Classifier | undefined {
  const source = files.find(({ file }) => isClassifier(file))
  if (source === undefined) return undefined
  try {
    return readClassifier(source.text)
  } catch (error) {
    problems.push({
      file: source.file,
      line: 1,
      rule: null,
      problem: `The classifier cannot be used: ${error instanceof Error ? error.message : String(error)}`,
      remedy: 'Write it again with `npm run train`, or remove the file to run the rules alone',
    })
    return undefined
  }
}

function numberConcepts(parsed: ParsedPack, problems: PackProblem[]): Map<string, number> {
  const ids = new Map<string, number>(computedConcepts.map((id, i) => [id, i]))
  for (const { source, file, line } of parsed.concepts) {
    if (source.id.startsWith('#')) {
      problems.push({
        file,
        line,
        rule: null,
        problem: `Concept ${source.id} begins with #: such concepts are computed by the engine`,
        remedy: `Rename it, or use one of ${computedConcepts.join(' ')} without listing it`,
      })
    } else if (ids.has(source.id)) {
      const first = parsed.concepts.find((other) => other.source.id === source.id)
      problems.push({
        file,
        line,
        rule: null,
        problem: `Concept ${source.id} is listed twice (also in ${first?.file ?? '?'}:${first?.line ?? 0})`,
        remedy: 'Merge the two lists or rename one',
      })
    } else ids.set(source.id, ids.size)
  }
  return ids
}

function checkRules(parsed: ParsedPack, conceptIds: ReadonlyMap<string, number>, problems: PackProblem[]): void {
  const seen = new Map<string, Placed<unknown>>()
  for (const placed of parsed.rules) {
    const { source, file, line } = placed
    const twin = seen.get(source.id)
    if (twin !== undefined) {
      problems.push({
        file,
        line,
        rule: source.id,
        problem: `Rule ${source.id} is listed twice (also in ${twin.file}:${twin.line})`,
        remedy: 'Give one of them another id',
      })
    }
    seen.set(source.id, placed)
    const named = [...source.need.flatMap((slot) => slot.any), ...source.without, ...source.window]
    for (const concept of new Set(named)) {
      if (conceptIds.has(concept)) continue
      problems.push({
        file,
        line,
        rule: source.id,
        problem: `Rule ${source.id} uses the concept ${concept}, which no file of the pack lists`,
        remedy: `List it under concepts, or correct the name${nearest(concept, conceptIds)}`,
      })
    }
  }
}

function nearest(name: string, ids: ReadonlyMap<string, number>): string {
  const near = [...ids.keys()].filter((id) => id.includes(name) || name.includes(id)).slice(0, 3)
  return near.length > 0 ? ` (${near.join(', ')}?)` : ''
}

function assemble(
  parsed: ParsedPack,
  conceptIds: Map<string, number>,
  hash: string,
  classifier: Classifier | undefined,
): CompiledRulePack {
  const context = contextConcepts(conceptIds)
  const compiledRules = parsed.rules.map((rule, index) => compileRule(rule, index, conceptIds, context))
  const uses: SlotUse[][] = Array.from({ length: conceptIds.size }, () => [])
  for (const rule of compiledRules) {
    rule.slots.forEach((slot, i) => {
      for (const concept of slot.concepts) uses[concept]?.push({ rule: rule.index, bit: 1 << i })
    })
  }
  const discourse = discourseIds(conceptIds)
  const concepts = parsed.concepts.map(({ source }) => source)
  return Object.freeze({
    name: parsed.head.pack,
    version: parsed.head.version,
    zh: parsed.head.zh,
    hash,
    rules: compiledRules.map(({ info }) => info),
    concepts,
    conceptIds,
    ...buildLexicons(concepts, conceptIds),
    compiledRules,
    uses,
    triggers: triggersOf(compiledRules, uses),
    discourse,
    context,
    discourseNames: discourseNames(discourse),
    classifier,
  })
}

/** A rule wakes by the slot whose concepts the fewest slots share; one of earlier slots alone by any of them. */
function triggersOf(rules: readonly CompiledRule[], uses: readonly (readonly SlotUse[])[]): number[][] {
  const triggers: number[][] = uses.map(() => [])
  const commonness = (list: readonly number[]): number =>
    list.reduce((sum, concept) => sum + (uses[concept]?.length ?? 0), 0)
  for (const rule of rules) {
    const present = rule.slots.filter((slot) => !slot.earlier)
    const rarest = [...present].sort((a, b) => commonness(a.list) - commonness(b.list))[0]
    const lists = rarest === undefined ? rule.slots.map(({ list }) => list) : [rarest.list]
    for (const concept of new Set(lists.flat())) triggers[concept]?.push(rule.index)
  }
  return triggers
}

function compileRule(
  { source, file, line }: ParsedPack['rules'][number],
  index: number,
  conceptIds: ReadonlyMap<string, number>,
  context: ContextConcepts,
): CompiledRule {
  const number = (concept: string): number => conceptIds.get(concept) ?? -1
  const info: RuleInfo = {
    id: source.id,
    code: source.code,
    zh: source.zh,
    file,
    line,
    severity: source.severity ?? taxonomyOf(source.code).severity,
    score: source.score,
    source,
  }
  const slots = source.need.map((slot) => {
    const list = [...new Set(slot.any.map(number))]
    const contextual = list.some((concept) => context.all.has(concept))
    return { concepts: new Set(list), list, earlier: slot.earlier, contextual }
  })
  let presentMask = 0
  slots.forEach((slot, i) => {
    if (!slot.earlier) presentMask |= 1 << i
  })
  return {
    index,
    info,
    code: source.code,
    slots,
    presentMask,
    allMask: (1 << slots.length) - 1,
    without: source.without.map(number),
    window: source.window.map(number),
    source,
  }
}
