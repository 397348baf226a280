import { LineCounter, parseDocument } from 'yaml'
import type { Document } from 'yaml'
import type { z } from 'zod'
import { packFileSchema, packSchema } from '../../contracts/rule-pack.ts'
import type { ConceptSource, PackProblem, RuleSource } from '../../contracts/rule-pack.ts'
import { readPlainYaml } from './read-plain-yaml.ts'
import type { PlainYaml } from './read-plain-yaml.ts'

export type PackSourceFile = { readonly file: string; readonly text: string }
export type Placed<T> = { source: T; file: string; line: number }
export type ParsedPack = {
  head: { pack: string; version: string; zh: string }
  concepts: Placed<ConceptSource>[]
  rules: Placed<RuleSource>[]
}

/** Reads the files of a pack: YAML, then shape. Every problem found is reported with its line, not only the first. */
export function parsePackFiles(files: readonly PackSourceFile[], problems: PackProblem[]): ParsedPack {
  const parsed: ParsedPack = { head: { pack: 'unnamed', version: '0', zh: '' }, concepts: [], rules: [] }
  let headSeen = false
  for (const source of files) {
    const yaml = parseYaml(source, problems)
    if (yaml === undefined) continue
    if (baseName(source.file) === 'pack.yaml') {
      headSeen = true
      const head = checked(packSchema, yaml, source.file, problems)
      if (head !== undefined) parsed.head = head
    } else readPackFile(yaml, source.file, parsed, problems)
  }
  if (!headSeen) {
    problems.push({
      file: 'pack.yaml',
      line: 1,
      rule: null,
      problem: 'The pack has no pack.yaml',
      remedy: 'Add pack.yaml with pack, version and zh',
    })
  }
  return parsed
}

type Yaml = { value: unknown; lineOf: (path: readonly PropertyKey[]) => number }

/** The fast reader first. The general one, which keeps every position, is asked for what is left and where errors stand. */
function parseYaml(source: PackSourceFile, problems: PackProblem[]): Yaml | undefined {
  const plain = readPlainYaml(source.text)
  if (plain === undefined) return parseAnyYaml(source, problems)
  let general: Yaml | undefined
  const lineOf = (path: readonly PropertyKey[]): number =>
    lineOfId(plain, path) ?? (general ??= parseAnyYaml(source, problems))?.lineOf(path) ?? 1
  return { value: plain.value ?? {}, lineOf }
}

function lineOfId(plain: PlainYaml, path: readonly PropertyKey[]): number | undefined {
  if (path.at(-1) !== 'id') return undefined
  let node = plain.value
  for (const step of path.slice(0, -1)) node = isObject(node) ? Reflect.get(node, step) : undefined
  return isObject(node) ? plain.lineOfId(node) : undefined
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function parseAnyYaml(source: PackSourceFile, problems: PackProblem[]): Yaml | undefined {
  const counter = new LineCounter()
  const document = parseDocument(source.text, { lineCounter: counter })
  for (const error of document.errors) {
    problems.push({
      file: source.file,
      line: error.linePos?.[0].line ?? 1,
      rule: null,
      problem: `Not valid YAML: ${error.message.split('\n')[0] ?? ''}`,
      remedy: 'Correct the indentation or quote the text',
    })
  }
  if (document.errors.length > 0) return undefined
  return { value: document.toJS() ?? {}, lineOf: (path) => lineOf(document, counter, path) }
}

function lineOf(document: Document.Parsed, counter: LineCounter, path: readonly PropertyKey[]): number {
  for (let length = path.length; length >= 0; length--) {
    const node = document.getIn(path.slice(0, length), true)
    if (typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range)) {
      return counter.linePos(Number(node.range[0])).line
    }
  }
  return 1
}

function readPackFile(yaml: Yaml, file: string, parsed: ParsedPack, problems: PackProblem[]): void {
  const content = checked(packFileSchema, yaml, file, problems)
  if (content === undefined) return
  content.concepts.forEach((source, i) =>
    parsed.concepts.push({ source, file, line: yaml.lineOf(['concepts', i, 'id']) }),
  )
  content.rules.forEach((source, i) => parsed.rules.push({ source, file, line: yaml.lineOf(['rules', i, 'id']) }))
}

function checked<T>(schema: z.ZodType<T>, yaml: Yaml, file: string, problems: PackProblem[]): T | undefined {
  const result = schema.safeParse(yaml.value)
  if (result.success) return result.data
  for (const issue of result.error.issues) {
    problems.push({
      file,
      line: yaml.lineOf(issue.path),
      rule: ruleAt(yaml.value, issue.path),
      problem: `${issue.path.map(String).join('.') || 'file'}: ${issue.message}`,
      remedy: 'Write the field as src/contracts/rule-pack.ts describes it',
    })
  }
  return undefined
}

function ruleAt(value: unknown, path: readonly PropertyKey[]): string | null {
  if (path[0] !== 'rules' || typeof path[1] !== 'number') return null
  const rules = (value as { rules?: unknown }).rules
  const rule: unknown = Array.isArray(rules) ? rules[path[1]] : undefined
  if (typeof rule !== 'object' || rule === null || !('id' in rule)) return null
  return typeof rule.id === 'string' ? rule.id : null
}

function baseName(file: string): string {
  return file.slice(Math.max(file.lastIndexOf('/'), file.lastIndexOf('\\')) + 1)
}
