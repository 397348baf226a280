import { isMap, isScalar, isSeq, parseDocument, type Pair, type YAMLMap } from 'yaml'
import type { PackSourceFile } from '../../detectors/pack/parse-pack-files.ts'

/** An alias for a concept's table. */
export type NewAlias = { concept: string; said: string; meant: string }

export type Written = {
  files: PackSourceFile[]
  /** Where each alias stands now. */
  places: (NewAlias & { file: string; line: number })[]
  /** Aliases whose concept no file lists, or lists in a form that cannot be added to. */
  unplaced: NewAlias[]
}

/** Text to put in at an offset. */
type Insertion = { at: number; text: string; aliases: readonly NewAlias[] }

/** Adds aliases to the files of a pack. Only the new words are written: everything else keeps its place and its form. */
export function addAliases(files: readonly PackSourceFile[], aliases: readonly NewAlias[]): Written {
  const open = new Map<string, NewAlias[]>()
  for (const alias of aliases) open.set(alias.concept, [...(open.get(alias.concept) ?? []), alias])
  const places: Written['places'] = []
  const changed = files.map(({ file, text }) => {
    const insertions = file.endsWith('.yaml') ? insertionsFor(text, open) : []
    const { text: next, lines } = insert(text, insertions)
    insertions.forEach((insertion, i) => {
      for (const alias of insertion.aliases) places.push({ ...alias, file, line: lines[i] ?? 1 })
    })
    return { file, text: next }
  })
  return { files: changed, places, unplaced: [...open.values()].flat() }
}

/** What to put into one file; concepts that are found are taken out of `open`. */
function insertionsFor(text: string, open: Map<string, NewAlias[]>): Insertion[] {
  // The whole document is read only when it can hold one of the concepts.
  if (![...open.keys()].some((concept) => text.includes(concept))) return []
  const concepts = parseDocument(text).get('concepts', true)
  if (!isSeq(concepts)) return []
  const insertions: Insertion[] = []
  for (const item of concepts.items) {
    const id: unknown = isMap(item) ? item.get('id') : undefined
    const aliases = typeof id === 'string' ? open.get(id) : undefined
    if (!isMap(item) || typeof id !== 'string' || aliases === undefined) continue
    const place = placeIn(text, item, aliases)
    if (place === null) continue
    insertions.push({ ...place, aliases })
    open.delete(id)
  }
  return insertions
}

function placeIn(text: string, concept: YAMLMap, aliases: readonly NewAlias[]): { at: number; text: string } | null {
  const entries = aliases.map(({ said, meant }) => `${scalar(said)}: ${scalar(meant)}`)
  const pair = concept.items.find((item) => isScalar(item.key) && item.key.value === 'aliases')
  if (pair === undefined) return append(text, concept, [`aliases: { ${entries.join(', ')} }`])
  return isMap(pair.value) ? append(text, pair.value, entries) : null
}

/** Entries behind the last one of a map, in the map's own form. */
function append(text: string, map: YAMLMap, entries: readonly string[]): { at: number; text: string } | null {
  const last = map.items.at(-1)
  if (last === undefined) {
    const open = map.range?.[0]
    return open === undefined || text[open] !== '{' ? null : { at: open + 1, text: ` ${entries.join(', ')} ` }
  }
  const end = endOf(text, last)
  if (end === null) return null
  return map.flow === true ? appendFlow(text, map, end, entries) : appendBlock(text, last, end, entries)
}

function appendFlow(text: string, map: YAMLMap, end: number, entries: readonly string[]): { at: number; text: string } {
  const close = (map.range?.[1] ?? end) - 1
  const comma = text.slice(end, close).search(/\S/u)
  const trailing = comma >= 0 && text[end + comma] === ','
  const at = trailing ? end + comma + 1 : end
  const ownLine = text.slice(at, close).includes('\n')
  if (!ownLine) return { at, text: trailing ? ` ${entries.join(', ')},` : `, ${entries.join(', ')}` }
  const lineStart = text.lastIndexOf('\n', end - 1) + 1
  const indent = /^[ ]*/u.exec(text.slice(lineStart))?.[0] ?? ''
  return { at, text: `${trailing ? '' : ','}\n${indent}${entries.join(', ')},` }
}

function appendBlock(
  text: string,
  last: Pair,
  end: number,
  entries: readonly string[],
): { at: number; text: string } | null {
  const key = isScalar(last.key) ? last.key.range?.[0] : undefined
  if (key === undefined) return null
  const indent = ' '.repeat(key - (text.lastIndexOf('\n', key) + 1))
  const lineEnd = text.indexOf('\n', end)
  const at = lineEnd < 0 ? text.length : lineEnd
  return { at, text: entries.map((entry) => `\n${indent}${entry}`).join('') }
}

/** Where the words of a pair end: a list or table in block form reaches to the line of what comes next. */
function endOf(text: string, { key, value }: Pair): number | null {
  const node: unknown = value ?? key
  const range = typeof node === 'object' && node !== null && 'range' in node ? node.range : undefined
  if (!Array.isArray(range) || typeof range[1] !== 'number') return null
  return text.slice(0, range[1]).trimEnd().length
}

function insert(text: string, insertions: readonly Insertion[]): { text: string; lines: number[] } {
  let out = ''
  let from = 0
  const lines = new Map<Insertion, number>()
  for (const insertion of [...insertions].sort((a, b) => a.at - b.at)) {
    out += text.slice(from, insertion.at) + insertion.text
    from = insertion.at
    lines.set(insertion, out.split('\n').length)
  }
  return { text: out + text.slice(from), lines: insertions.map((insertion) => lines.get(insertion) ?? 1) }
}

/** Words of letters and Han stand as they are; everything else, and what YAML takes for a value of its own, is quoted. */
function scalar(text: string): string {
  const plain = /^[\p{Script=Han}A-Za-z][\p{Script=Han}A-Za-z0-9]*$/u.test(text)
  if (plain && !/^(?:true|false|null|yes|no|on|off|y|n)$/iu.test(text)) return text
  return `'${text.replaceAll("'", "''")}'`
}
