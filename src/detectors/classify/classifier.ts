import { inflateRawSync } from 'node:zlib'
import { classifierFileSchema } from '../../contracts/classifier.ts'
import type { ClassifierFile, ViolationFamily } from '../../contracts/classifier.ts'
import type { Code } from '../../contracts/taxonomy.ts'
import { featureIndex } from './feature-index.ts'
import type { FeatureIndex } from './feature-index.ts'

/** One network: a row per feature, one hidden layer, four outputs. */
export type Member = {
  /** `rows[feature * width + h]`. */
  rows: Float32Array
  hidden: Float32Array
  /** `outputs[class * width + h]`; class 0 is lawful talk, then the families in the order of `violationFamilies`. */
  outputs: Float32Array
  biases: Float32Array
}

/** Linear weights over hashed features, one column per class. */
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
  features: FeatureIndex
  width: number
  members: readonly Member[]
  thresholds: Readonly<Record<ViolationFamily, { raise: number; keep: number }>>
  codes: Weights
  codeNames: readonly Code[]
}

/** Reads `classifier.json`. Throws an Error whose message says what is wrong with the file. */
export function readClassifier(text: string): Classifier {
  const file = parse(text)
  const { width, contextWeight, thresholds } = file
  const packed = inflate(file.features, 'features')
  if (packed.length % 4 !== 0) throw new Error('features: a hash is cut short')
  const hashes = new Uint32Array(packed.buffer, packed.byteOffset, packed.length / 4)
  const { bits, names, biases, step, weights } = file.codes
  return {
    trained: file.trained,
    contextWeight,
    features: featureIndex(hashes),
    width,
    members: file.members.map((member, i) => readMember(member, hashes.length, width, `members.${i}`)),
    thresholds,
    codes: {
      mask: (1 << bits) - 1,
      classes: names.length,
      values: readSteps(weights, step, (1 << bits) * names.length, 'codes.weights'),
      biases: sized(biases, names.length, 'codes.biases'),
    },
    codeNames: names,
  }
}

function readMember(
  { step, rows, hidden, outputs }: ClassifierFile['members'][number],
  features: number,
  width: number,
  where: string,
): Member {
  const weights = outputs.map((output) => sized(output.weights, width, `${where}.outputs`))
  return {
    rows: readSteps(rows, step, features * width, `${where}.rows`),
    hidden: sized(hidden, width, `${where}.hidden`),
    outputs: Float32Array.from(weights.flatMap((one) => [...one])),
    biases: Float32Array.from(outputs, ({ bias }) => bias),
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

function sized(values: readonly number[], size: number, where: string): Float32Array {
  if (values.length !== size) throw new Error(`${where}: ${values.length} values instead of ${size}`)
  return Float32Array.from(values)
}

function readSteps(base64: string, step: number, size: number, where: string): Float32Array {
  const bytes = inflate(base64, where)
  if (bytes.length !== size) throw new Error(`${where}: ${bytes.length} values instead of ${size}`)
  return Float32Array.from(new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length), (value) => value * step)
}

/** Far above any classifier; a damaged file must not fill the memory. */
const mostBytes = 256 * 1024 * 1024

function inflate(base64: string, where: string): Uint8Array {
  try {
    // A copy of its own is aligned, whatever the pool gave.
    return Uint8Array.from(inflateRawSync(Buffer.from(base64, 'base64'), { maxOutputLength: mostBytes }))
  } catch {
    throw new Error(`${where}: cut short or damaged`)
  }
}
