/**
 * A double-array Aho–Corasick automaton over small integer symbols (DESIGN.md in this folder explains it). It is built
 * once from all patterns and then only read: one typed-array step per symbol, whatever the number of patterns.
 */
export type DoubleArray = {
  /**
   * Four numbers per state, side by side so that a step touches one line of the processor's cache; a state is known by
   * the place of its first:
   * - base: the child by a symbol is at `base + symbol · 4`,
   * - check: the state that the one here is a child of, or -1,
   * - fail: the longest proper suffix that is also a prefix of some pattern,
   * - emit: the first state at which a pattern ends, from here along the fail links, or 0.
   */
  cells: Int32Array
  /** Two numbers per state, at half its place: the pattern that ends in it, and the next such state, or 0. */
  ends: Int32Array
  /** Symbols per pattern. */
  lengths: Uint16Array
}

export const rootState = 0

const width = 4
const [check, fail, emit] = [1, 2, 3]

/** Builds the automaton. Symbols are 1 or more; 0 stands for "in no pattern". Patterns must be distinct and not empty. */
export function buildDoubleArray(patterns: readonly ArrayLike<number>[]): DoubleArray {
  const slots = new Slots()
  const trie = placeBreadthFirst(patterns, slots)
  const automaton: DoubleArray = {
    cells: cellsOf(slots, highestSymbol(patterns)),
    ends: new Int32Array(slots.used * 2),
    lengths: Uint16Array.from(patterns, (pattern) => pattern.length),
  }
  linkFailures(automaton, trie)
  return automaton
}

/** With room behind the last state, so that no symbol leads out of the list. */
function cellsOf(slots: Slots, symbols: number): Int32Array {
  const cells = new Int32Array((slots.used + symbols + 1) * width)
  for (let slot = 0; slot * width < cells.length; slot++) {
    const parent = slot < slots.used ? (slots.check[slot] ?? -1) : -1
    cells[slot * width] = slot < slots.used ? (slots.base[slot] ?? 0) * width : 0
    cells[slot * width + check] = parent < 0 ? -1 : parent * width
  }
  return cells
}

function highestSymbol(patterns: readonly ArrayLike<number>[]): number {
  let highest = 0
  for (const pattern of patterns) {
    for (let i = 0; i < pattern.length; i++) highest = Math.max(highest, pattern[i] ?? 0)
  }
  return highest
}

/** The state after one more symbol. */
export function next({ cells }: DoubleArray, state: number, symbol: number): number {
  if (symbol === 0) return rootState
  let at = state
  for (;;) {
    const child = (cells[at] ?? 0) + symbol * width
    if (cells[child + check] === at) return child
    if (at === rootState) return rootState
    at = cells[at + fail] ?? rootState
  }
}

/** Slots are taken from a doubly linked list of free ones, so that a build stays near linear in the number of nodes. */
class Slots {
  base = new Int32Array(4_096)
  check = new Int32Array(4_096).fill(-1)
  used = 1
  private nextFree = new Int32Array(4_096)
  private prevFree = new Int32Array(4_096)
  private firstFree = 1
  /** Where the search for large families starts: earlier slots are crowded. */
  private hint = 1

  constructor() {
    this.linkFree(1, 4_096, 0)
    this.check[0] = 0
  }

  /** Finds a base for these symbols and takes the slots. */
  place(parent: number, symbols: readonly number[]): number {
    const first = symbols[0] ?? 1
    let tries = 0
    let slot = symbols.length > 4 ? Math.max(this.hint, this.firstFree) : this.firstFree
    if (symbols.length > 4 && this.check[slot] !== -1) slot = this.firstFree
    for (; ; slot = this.nextFree[slot] ?? 0) {
      if (slot === 0) {
        this.grow()
        slot = this.firstFreeFrom(first + 1)
      }
      const base = slot - first
      if (base >= 1 && this.fits(base, symbols)) {
        this.take(parent, base, symbols)
        if (tries > 32 && symbols.length > 4) this.hint = this.firstFreeFrom(slot)
        return base
      }
      tries++
    }
  }

  private fits(base: number, symbols: readonly number[]): boolean {
    for (const symbol of symbols) {
      while (base + symbol >= this.check.length) this.grow()
      if (this.check[base + symbol] !== -1) return false
    }
    return true
  }

  private take(parent: number, base: number, symbols: readonly number[]): void {
    this.base[parent] = base
    for (const symbol of symbols) {
      const slot = base + symbol
      this.check[slot] = parent
      const before = this.prevFree[slot] ?? 0
      const after = this.nextFree[slot] ?? 0
      if (before === 0) this.firstFree = after
      else this.nextFree[before] = after
      if (after !== 0) this.prevFree[after] = before
      this.used = Math.max(this.used, slot + 1)
    }
  }

  private firstFreeFrom(from: number): number {
    for (let slot = from; slot < this.check.length; slot++) if (this.check[slot] === -1) return slot
    const end = this.check.length
    this.grow()
    return end
  }

  private grow(): void {
    const size = this.check.length
    const bigger = size * 2
    const grown = (source: Int32Array, fill: number): Int32Array<ArrayBuffer> => {
      const target = new Int32Array(bigger).fill(fill)
      target.set(source)
      return target
    }
    this.base = grown(this.base, 0)
    this.check = grown(this.check, -1)
    this.nextFree = grown(this.nextFree, 0)
    this.prevFree = grown(this.prevFree, 0)
    let tail = size - 1
    while (tail > 0 && this.check[tail] !== -1) tail--
    this.linkFree(size, bigger, tail)
    if (tail === 0) this.firstFree = size
    else this.nextFree[tail] = size
  }

  private linkFree(from: number, to: number, before: number): void {
    for (let slot = from; slot < to; slot++) {
      this.prevFree[slot] = slot === from ? before : slot - 1
      this.nextFree[slot] = slot + 1 < to ? slot + 1 : 0
    }
  }
}

/** States in breadth-first order, without the root, and the pattern that ends in each or -1. */
type Trie = { states: number[]; ends: number[] }

/**
 * In sorted order the patterns below a trie node are neighbours, so a node is a range of that order: no node is ever
 * made, and children come out sorted by their symbol.
 */
function placeBreadthFirst(patterns: readonly ArrayLike<number>[], slots: Slots): Trie {
  const order = sortedOrder(patterns)
  const sorted = order.map((pattern) => patterns[pattern] ?? [])
  const states = [rootState]
  const ends = [-1]
  const firsts = [0]
  const depths = [0]
  const lasts = [sorted.length]
  for (let node = 0; node < states.length; node++) {
    const depth = depths[node] ?? 0
    const last = lasts[node] ?? 0
    // A pattern that ends here sorts before those it begins.
    const first = (firsts[node] ?? 0) + ((ends[node] ?? -1) < 0 ? 0 : 1)
    if (first === last) continue
    const symbols: number[] = []
    for (let i = first; i < last; i++) {
      const symbol = sorted[i]?.[depth] ?? 0
      if (symbol === symbols.at(-1)) continue
      if (symbols.length > 0) lasts.push(i)
      symbols.push(symbol)
      firsts.push(i)
      depths.push(depth + 1)
      ends.push(sorted[i]?.length === depth + 1 ? (order[i] ?? -1) : -1)
    }
    lasts.push(last)
    const base = slots.place(states[node] ?? 0, symbols)
    for (const symbol of symbols) states.push(base + symbol)
  }
  return { states: states.slice(1), ends: ends.slice(1) }
}

function sortedOrder(patterns: readonly ArrayLike<number>[]): number[] {
  const keys = patterns.map((pattern) => String.fromCharCode(...Array.from(pattern)))
  return keys.map((_, pattern) => pattern).sort((a, b) => ((keys[a] ?? '') < (keys[b] ?? '') ? -1 : 1))
}

/** Shorter prefixes come first, so whatever a state fails to has its own links already. */
function linkFailures(automaton: DoubleArray, { states, ends }: Trie): void {
  const { cells } = automaton
  states.forEach((slot, i) => {
    const state = slot * width
    const parent = cells[state + check] ?? rootState
    const symbol = (state - (cells[parent] ?? 0)) / width
    const suffix = parent === rootState ? rootState : next(automaton, cells[parent + fail] ?? rootState, symbol)
    const pattern = ends[i] ?? -1
    const further = cells[suffix + emit] ?? rootState
    cells[state + fail] = suffix
    cells[state + emit] = pattern < 0 ? further : state
    automaton.ends[state / 2] = pattern
    automaton.ends[state / 2 + 1] = further
  })
}
