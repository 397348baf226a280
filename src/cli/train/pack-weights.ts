import { deflateRawSync } from 'node:zlib'

/** Numbers as `classifier.json` keeps them: Int8 steps, raw deflate, base64. */
export function packSteps(values: ArrayLike<number>): { step: number; bytes: string } {
  let largest = 0
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, Math.abs(values[i] ?? 0))
  const step = largest / 127 || 1
  return { step, bytes: deflated(Int8Array.from(values, (value) => Math.round(value / step))) }
}

/** The bytes of a typed array (little-endian, as on every machine Node runs on), raw deflate, base64. */
export function deflated(values: Int8Array | Uint32Array): string {
  const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength)
  return deflateRawSync(bytes, { level: 9 }).toString('base64')
}
