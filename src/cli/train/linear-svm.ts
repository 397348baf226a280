import { generator, shuffle } from './draw.ts'

/** Examples as sparse rows: row i has its slots and values at [starts[i], starts[i + 1]). */
export type SparseRows = { starts: Uint32Array; slots: Uint32Array; values: Float32Array; size: number }

export type LinearFit = { weights: Float64Array; bias: number; passes: number }

/** What a mistake on a row costs, and when to stop: the largest step of a pass, or the number of passes. */
export type SvmOptions = { cost: (row: number) => number; tolerance: number; passes: number }

/**
 * L2-regularised linear classifier with squared hinge loss, by dual coordinate descent (Hsieh, Chang, Lin, Keerthi,
 * Sundararajan: A Dual Coordinate Descent Method for Large-scale Linear SVM, ICML 2008, algorithm 3 without shrinking).
 * The order of examples is drawn from a fixed generator: the same rows always give the same weights.
 */
export function fitSvm(rows: SparseRows, positive: (row: number) => boolean, options: SvmOptions): LinearFit {
  const count = rows.starts.length - 1
  const weights = new Float64Array(rows.size)
  let bias = 0
  const alpha = new Float64Array(count)
  const squared = squaredLengths(rows)
  const order = Uint32Array.from({ length: count }, (_, i) => i)
  const draw = generator(20_260_101)
  let passes = 0
  for (; passes < options.passes; passes++) {
    shuffle(order, draw)
    let largest = 0
    for (const row of order) {
      const sign = positive(row) ? 1 : -1
      const diagonal = 1 / (2 * options.cost(row))
      const gradient = sign * (bias + dot(rows, row, weights)) - 1 + diagonal * (alpha[row] ?? 0)
      const before = alpha[row] ?? 0
      if (before === 0 && gradient >= 0) continue
      const after = Math.max(0, before - gradient / ((squared[row] ?? 0) + 1 + diagonal))
      const change = (after - before) * sign
      if (change === 0) continue
      alpha[row] = after
      largest = Math.max(largest, Math.abs(gradient))
      bias += change
      add(rows, row, change, weights)
    }
    if (largest < options.tolerance) break
  }
  return { weights, bias, passes }
}

function dot({ starts, slots, values }: SparseRows, row: number, weights: Float64Array): number {
  let sum = 0
  const end = starts[row + 1] ?? 0
  for (let at = starts[row] ?? 0; at < end; at++) sum += (values[at] ?? 0) * (weights[slots[at] ?? 0] ?? 0)
  return sum
}

function add({ starts, slots, values }: SparseRows, row: number, change: number, weights: Float64Array): void {
  const end = starts[row + 1] ?? 0
  for (let at = starts[row] ?? 0; at < end; at++) {
    const slot = slots[at] ?? 0
    weights[slot] = (weights[slot] ?? 0) + change * (values[at] ?? 0)
  }
}

function squaredLengths({ starts, values }: SparseRows): Float64Array {
  return Float64Array.from({ length: starts.length - 1 }, (_, row) => {
    let sum = 0
    for (let at = starts[row] ?? 0; at < (starts[row + 1] ?? 0); at++) sum += (values[at] ?? 0) ** 2
    return sum
  })
}
