/**
 * A double-array Aho–Corasick automaton over small integer symbols (DESIGN.md in this folder explains it). It is built
 * once from all patterns and then only read: one typed-array step per symbol, whatever the number of patterns.
 */
export type DoubleArray = {
  /** `base[s] + symbol` is where state s looks for its child; `check` says whether that slot really belongs to s. */
  base: Int32Array
  check: Int32Array
  /** Longest proper suffix that is also a prefix of some pattern. */
  fail: Int32Array
  /** Pattern that ends in the state, or -1. */
  output: Int32Array
  /** Next state along the fail chain at which a pattern ends, or 0. */
  outputLink: Int32Array
  /** Symbols per pattern. */
  lengths: Uint16Array
}

export const rootState = 0

type Node = { symbol: number; depth: number; pattern: number; children: Map<number, number> }

/** Builds the automaton. Symbols are 1 or more; 0 stands for "in no pattern". Patterns must be distinct and not empty. */
export function buildDoubleArray(patterns: readonly ArrayLike<number>[]): DoubleArray {
  const nodes = buildTrie(patterns)
  const slots = new Slots()
  const slotOf = new Int32Array(nodes.length)
  const order = placeBreadthFirst(nodes, slots, slotOf)
  const automaton: DoubleArray = {
    base: slots.base.slice(0, slots.used),
    check: slots.check.slice(0, slots.used),
    fail: new Int32Array(slots.used),
    output: new Int32Array(slots.used).fill(-1),
    outputLink: new Int32Array(slots.used),
    lengths: Uint16Array.from(patterns, (pattern) => pattern.length),
  }
  for (let i = 0; i < nodes.length; i++) automaton.output[slotOf[i] ?? 0] = nodes[i]?.pattern ?? -1
  linkFailures(automaton, nodes, slotOf, order)
  return automaton
}

/** The state after one more symbol. */
export function next(automaton: DoubleArray, state: number, symbol: number): number {
  if (symbol === 0) return rootState
  const { base, check, fail } = automaton
  let at = state
  for (;;) {
    const child = (base[at] ?? 0) + symbol
    if (child < check.length && check[child] === at) return child
    if (at === rootState) return rootState
    at = fail[at] ?? rootState
  }
}

function buildTrie(patterns: readonly ArrayLike<number>[]): Node[] {
  const nodes: Node[] = [{ symbol: 0, depth: 0, pattern: -1, children: new Map() }]
  patterns.forEach((pattern, id) => {
    let at = 0
    for (let i = 0; i < pattern.length; i++) {
      const symbol = pattern[i] ?? 0
      let child = nodes[at]?.children.get(symbol)
      if (child === undefined) {
        child = nodes.length
        nodes.push({ symbol, depth: i + 1, pattern: -1, children: new Map() })
        nodes[at]?.children.set(symbol, child)
      }
      at = child
    }
    const node = nodes[at]
    if (node !== undefined) node.pattern = id
  })
  return nodes
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

function placeBreadthFirst(nodes: readonly Node[], slots: Slots, slotOf: Int32Array): number[] {
  const order = [0]
  for (let head = 0; head < order.length; head++) {
    const id = order[head] ?? 0
    const children = nodes[id]?.children
    if (children === undefined || children.size === 0) continue
    const symbols = [...children.keys()].sort((a, b) => a - b)
    const base = slots.place(slotOf[id] ?? 0, symbols)
    for (const symbol of symbols) {
      const child = children.get(symbol) ?? 0
      slotOf[child] = base + symbol
      order.push(child)
    }
  }
  return order
}

function linkFailures(
  automaton: DoubleArray,
  nodes: readonly Node[],
  slotOf: Int32Array,
  order: readonly number[],
): void {
  const { fail, output, outputLink } = automaton
  for (const id of order) {
    const parent = slotOf[id] ?? 0
    for (const [symbol, childId] of nodes[id]?.children ?? []) {
      const child = slotOf[childId] ?? 0
      const suffix = parent === rootState ? rootState : next(automaton, fail[parent] ?? rootState, symbol)
      fail[child] = suffix
      outputLink[child] = (output[suffix] ?? -1) >= 0 ? suffix : (outputLink[suffix] ?? 0)
    }
  }
}
