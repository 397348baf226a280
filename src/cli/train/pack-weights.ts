import { deflateRawSync } from 'node:zlib'

/** Columns of weights as `classifier.json` keeps them: Int8 steps, slot after slot, raw deflate, base64. */
export function packWeights(columns: readonly Float64Array[]): { step: number; weights: string } {
  let largest = 0
  for (const column of columns) for (const weight of column) largest = Math.max(largest, Math.abs(weight))
  const step = largest / 127 || 1
  const size = columns[0]?.length ?? 0
  const bytes = new Int8Array(size * columns.length)
  columns.forEach((column, i) => {
    for (let slot = 0; slot < size; slot++) bytes[slot * columns.length + i] = Math.round((column[slot] ?? 0) / step)
  })
  return { step, weights: deflateRawSync(bytes, { level: 9 }).toString('base64') }
}
