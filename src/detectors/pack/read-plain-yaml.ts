/**
 * Reads the part of YAML that rule packs are written in: block maps and sequences, flow collections over any number of
 * lines, plain and quoted scalars of one line, comments, anchors on values, aliases. A pack is half a megabyte of short
 * words, on which a general YAML reader spends a second of processor time; this one spends a twentieth of that.
 *
 * It never guesses. Whatever lies outside that part, or might be an error, gives undefined, and the caller asks the `yaml`
 * package, which also explains what is wrong. A test holds both to the same reading of arbitrary text.
 */
export function readPlainYaml(text: string): PlainYaml | undefined {
  if (hasOddCharacter(text)) return undefined
  const reader = new Reader(text)
  try {
    return { value: reader.document(), lineOfId: (map) => reader.idLines.get(map) }
  } catch (error) {
    if (error instanceof NotPlain) return undefined
    throw error
  }
}

export type PlainYaml = {
  value: unknown
  /** Line, from 1, of the text `id` of a map inside `value`. */
  lineOfId: (map: object) => number | undefined
}

type YamlMap = Record<string, unknown>

/** Thrown in this file alone, to leave the recursion. */
class NotPlain extends Error {}

/** A scalar without quotes, up to what ends it: a comment, `: `, the line; in a flow collection also `,` and brackets. */
const plainInBlock = /[^\s\-?:,[\]{}#&*!|>'"%@`](?:[^\n: ]|:(?=[^ \n])| +(?=[^ \n#]))*/y
const plainInFlow = /[^\s\-?:,[\]{}#&*!|>'"%@`](?:[^\n: ,[\]{}]|:(?=[^ \n,[\]{}])| +(?=[^ \n#,[\]{}]))*/y
const singleQuoted = /'[^'\n]*'(?!')/y
const doubleQuoted = /"[^"\\\n]*"/y
const anchorName = /&[A-Za-z0-9_-]+(?=[ \n])/y
const aliasName = /\*[A-Za-z0-9_-]+/y

/** What the core schema reads as something else than text, and more. */
const typedForm = /^(?:~|null|true|false|[-+]?(?:\.(?:inf|nan)|0[xo][\da-f]*|\.?\d[\d.e+-]*))$/i
const decimal = /^\d+(?:\.\d+)?$/

const deepest = 32
const longestKey = 200
const atEnd = -1
const [newline, space, hash, dash, colon, comma] = [10, 32, 35, 45, 58, 44]

/** Tabs, carriage returns, control characters and byte order marks have rules of their own. */
function hasOddCharacter(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if ((unit < 32 && unit !== newline) || (unit >= 0x7f && unit <= 0x9f) || unit === 0xfeff) return true
  }
  return false
}

function giveUp(): never {
  throw new NotPlain()
}

class Reader {
  readonly idLines = new Map<object, number>()
  private readonly text: string
  private readonly anchors = new Map<string, unknown>()
  private at = 0
  private line = 1
  private lineStart = 0
  /** Column of the content at `at`, or `atEnd`. */
  private column = 0
  private depth = 0
  private insideAnchor = false

  constructor(text: string) {
    this.text = text
  }

  document(): unknown {
    this.toContent()
    if (this.column === atEnd) return null
    const value = this.block(atEnd)
    return this.column === atEnd ? value : giveUp()
  }

  /** Moves on to what is neither space, nor line end, nor comment. */
  private toContent(): void {
    const { text } = this
    for (;;) {
      let at = this.at
      while (text.charCodeAt(at) === space) at++
      if (text.charCodeAt(at) === hash) at = this.lineEnd(at)
      if (text.charCodeAt(at) === newline) this.startLine(at + 1)
      else {
        this.at = at
        this.column = at < text.length ? at - this.lineStart : atEnd
        if (this.column === 0 && /^(?:---|\.\.\.|%)/.test(text.slice(at, at + 3))) giveUp()
        return
      }
    }
  }

  private lineEnd(from: number): number {
    const end = this.text.indexOf('\n', from)
    return end < 0 ? this.text.length : end
  }

  private startLine(at: number): void {
    this.at = at
    this.lineStart = at
    this.line++
  }

  /** Skips spaces, and tells whether nothing but a comment follows on the line. */
  private isLineOver(): boolean {
    const from = this.at
    while (this.text.charCodeAt(this.at) === space) this.at++
    const unit = this.text.charCodeAt(this.at)
    return Number.isNaN(unit) || unit === newline || (unit === hash && this.at > from)
  }

  private take(token: RegExp): string | undefined {
    token.lastIndex = this.at
    if (!token.test(this.text)) return undefined
    const taken = this.text.slice(this.at, token.lastIndex)
    this.at = token.lastIndex
    return taken
  }

  /** What stands on lines of its own, belonging to a key or dash at column `parent`. */
  private block(parent: number): unknown {
    if (this.isBracket()) return this.inline(parent)
    if (++this.depth > deepest) giveUp()
    const value = this.isDash() ? this.sequence(this.column) : this.mapping(this.column)
    this.depth--
    return value
  }

  private isBracket(): boolean {
    const first = this.text[this.at]
    return first === '[' || first === '{'
  }

  private isDash(): boolean {
    if (this.text.charCodeAt(this.at) !== dash) return false
    const unit = this.text.charCodeAt(this.at + 1)
    return unit === space || unit === newline || Number.isNaN(unit)
  }

  private sequence(column: number): unknown[] {
    const items: unknown[] = []
    do {
      this.at++
      const nested = this.isLineOver()
      this.toContent()
      if (this.column <= column) giveUp()
      items.push(nested || this.isDash() || this.isKey() ? this.block(column) : this.inline(column))
      if (this.column > column) giveUp()
    } while (this.column === column && this.isDash())
    return items
  }

  private isKey(): boolean {
    const from = this.at
    const key = this.key(plainInBlock)
    this.at = from
    return key !== undefined
  }

  private mapping(column: number): YamlMap {
    const map: YamlMap = {}
    do {
      const { line } = this
      const key = this.key(plainInBlock) ?? giveUp()
      this.enter(map, key, line, this.isLineOver() ? this.below(column) : this.inline(column))
      if (this.column > column) giveUp()
    } while (this.column === column && !this.isDash())
    return map
  }

  /** What stands on the lines below a key: deeper, or a sequence at the key's own column. */
  private below(column: number): unknown {
    this.toContent()
    if (this.column > column) return this.block(column)
    return this.column === column && this.isDash() ? this.sequence(column) : giveUp()
  }

  /** A key with its colon. */
  private key(plain: RegExp): string | undefined {
    const key = this.quoted() ?? this.take(plain)?.replace(/ +$/, '')
    if (key === undefined || this.text.charCodeAt(this.at) !== colon) return undefined
    const unit = this.text.charCodeAt(this.at + 1)
    if (unit !== space && unit !== newline && !Number.isNaN(unit)) return undefined
    this.at++
    return key.length <= longestKey && typeof typed(key) === 'string' ? key : giveUp()
  }

  private enter(map: YamlMap, key: string, line: number, value: unknown): void {
    if (Object.hasOwn(map, key) || key === '__proto__' || key === '<<') giveUp()
    if (key === 'id' && typeof value === 'string') this.idLines.set(map, line)
    map[key] = value
  }

  /** A value that begins on the line of its key or dash, and all that belongs to it. */
  private inline(column: number): unknown {
    const value = this.anchored(column, plainInBlock)
    if (!this.isLineOver()) giveUp()
    this.toContent()
    return value
  }

  private anchored(column: number, plain: RegExp): unknown {
    const name = this.take(anchorName)?.slice(1)
    if (name === undefined) return this.node(column, plain)
    if (this.insideAnchor) giveUp()
    this.insideAnchor = true
    if (this.isLineOver()) {
      this.toContent()
      if (plain !== plainInBlock || this.column <= column || !this.isBracket()) giveUp()
    }
    const value = this.node(column, plain)
    this.insideAnchor = false
    this.anchors.set(name, value)
    return value
  }

  private node(column: number, plain: RegExp): unknown {
    const first = this.text[this.at]
    if (first === '[') return this.flowSequence(column)
    if (first === '{') return this.flowMap(column)
    if (first === '*') return this.alias()
    return this.quoted() ?? typed(this.take(plain)?.replace(/ +$/, '') ?? giveUp())
  }

  /** An alias inside an anchored value could multiply without end. */
  private alias(): unknown {
    const name = this.take(aliasName)?.slice(1)
    if (name === undefined || this.insideAnchor || !this.anchors.has(name)) giveUp()
    return this.anchors.get(name)
  }

  private quoted(): string | undefined {
    return (this.take(singleQuoted) ?? this.take(doubleQuoted))?.slice(1, -1)
  }

  private flowSequence(column: number): unknown[] {
    const items: unknown[] = []
    this.flow(column, ']', () => {
      items.push(this.anchored(column, plainInFlow))
    })
    return items
  }

  private flowMap(column: number): YamlMap {
    const map: YamlMap = {}
    this.flow(column, '}', () => {
      const { line } = this
      const key = this.key(plainInFlow) ?? giveUp()
      while (this.text.charCodeAt(this.at) === space) this.at++
      this.enter(map, key, line, this.anchored(column, plainInFlow))
    })
    return map
  }

  /** Items between brackets, with or without a comma after the last. */
  private flow(column: number, close: string, item: () => void): void {
    if (++this.depth > deepest) giveUp()
    this.at++
    this.toFlowContent(column)
    while (this.text[this.at] !== close) {
      item()
      this.toFlowContent(column)
      if (this.text[this.at] === close) break
      if (this.text.charCodeAt(this.at) !== comma) giveUp()
      this.at++
      this.toFlowContent(column)
    }
    this.at++
    this.depth--
  }

  /** Moves on inside a flow collection; a new line must be indented more than what the collection belongs to. */
  private toFlowContent(column: number): void {
    const { line } = this
    if (!this.isLineOver() && this.text.charCodeAt(this.at) === hash) giveUp()
    this.toContent()
    const closes = this.column === column && ']}'.includes(this.text[this.at] ?? ' ')
    if (this.line > line && this.column <= column && !closes) giveUp()
  }
}

/** Text, or what the core schema makes of it; its rarer forms are left to the general reader. */
function typed(text: string): unknown {
  if (!typedForm.test(text)) return text
  if (decimal.test(text)) return Number(text)
  if (text === 'true' || text === 'false') return text === 'true'
  return text === 'null' ? null : giveUp()
}
