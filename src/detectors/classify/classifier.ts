import { inflateRawSync } from 'node:zlib'
import { classifierFileSchema, violationFamilies } from '../../contracts/classifier.ts'
import type { ClassifierFile, ViolationFamily } from '../../contracts/classifier.ts'
import type { Code } from '../../contracts/taxonomy.ts'

/** A linear classifier ready to run: weights in typed arrays, one column per class. */
export type Weights = {
  /** Slot of a hash: `hash & mask`. */
  mask: number
  classes: number
  /** `values[slot * classes + class]`. */
  values: Float32Array
  biases: Float32Array
}

/** The second stage of a pack: family scores, and the code within the family. Immutable. */
export type Classifier = {
  trained: string
  contextWeight: number
  families: Weights
  thresholds: Readonly<Record<ViolationFamily, { raise: number; keep: number }>>
  codes: Weights
  codeNames: readonly Code[]
}

/** Reads `classifier.json`. Throws an Error whose message says what is wrong with the file. */
export function readClassifier(text: string): Classifier {
  const file = parse(text)
  return {
    trained: file.trained,
    contextWeight: file.contextWeight,
    families: readWeights(
      { ...file, biases: violationFamilies.map((family) => file.families[family].bias) },
      violationFamilies.length,
    ),
    thresholds: file.families,
    codes: readWeights(file.codes, file.codes.names.length),
    codeNames: file.codes.names,
  }
}

function parse(text: string): ClassifierFile {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    throw new Error('it is not JSON')
  }
  const result = classifierFileSchema.safeParse(json)
  if (result.success) return result.data
  const [issue] = result.error.issues
  throw new Error(`${issue?.path.map(String).join('.') || 'file'}: ${issue?.message ?? 'wrong form'}`)
}

type Stored = { bits: number; step: number; biases: readonly number[]; weights: string }

function readWeights(stored: Stored, classes: number): Weights {
  const size = (1 << stored.bits) * classes
  const bytes = inflate(stored.weights, size)
  if (bytes.length !== size) throw new Error(`weights: ${bytes.length} values instead of ${size}`)
  if (stored.biases.length !== classes) throw new Error(`biases: ${stored.biases.length} instead of ${classes}`)
  const values = new Float32Array(size)
  for (let i = 0; i < size; i++) values[i] = (((bytes[i] ?? 0) << 24) >> 24) * stored.step
  return { mask: (1 << stored.bits) - 1, classes, values, biases: Float32Array.from(stored.biases) }
}

function inflate(base64: string, size: number): Uint8Array {
  try {
    return inflateRawSync(Buffer.from(base64, 'base64'), { maxOutputLength: size })
  } catch {
    throw new Error('weights: they are cut short or damaged')
  }
}
