import { inflateRawSync } from 'node:zlib'
import { classifierFileSchema } from '../../contracts/classifier.ts'
import type { ClassifierFile, ViolationFamily } from '../../contracts/classifier.ts'
import type { Code } from '../../contracts/taxonomy.ts'
import { featureIndex } from './feature-index.ts'
import type { FeatureIndex } from './feature-index.ts'

/** A row per feature, one hidden layer, four outputs: the members side by side, their scores averaged. */
export type Network = {
  width: number
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

/** Log-odds from which a family is raised, and below which a rule's finding is doubted. */
export type Threshold = { readonly raise: number; readonly keep: number }
export type Thresholds = Readonly<Record<ViolationFamily, Threshold>>

/** The second stage of a pack: family scores, and the code within the family. Immutable. */
export type Classifier = {
  trained: string
  contextWeight: number
  features: FeatureIndex
  network: Network
  thresholds: Thresholds
  /** Added to the thresholds in a running room. */
  running: Threshold
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
    network: sideBySide(file.members.map((member, i) => readMember(member, hashes.length, width, `members.${i}`))),
    thresholds,
    running: file.running,
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
): Network {
  const weights = outputs.map((output) => sized(output.weights, width, `${where}.outputs`))
  return {
    width,
    rows: readSteps(rows, step, features * width, `${where}.rows`),
    hidden: sized(hidden, width, `${where}.hidden`),
    outputs: Float32Array.from(weights.flatMap((one) => [...one])),
    biases: Float32Array.from(outputs, ({ bias }) => bias),
  }
}

/** One wide network that scores as the members do on average. */
function sideBySide(members: readonly Network[]): Network {
  const width = members.reduce((sum, member) => sum + member.width, 0)
  const share = 1 / members.length
  const places = members.flatMap((member) => Array.from({ length: member.width }, (_, h) => ({ member, h })))
  const features = (members[0]?.rows.length ?? 0) / (members[0]?.width ?? 1)
  const rows = new Float32Array(features * width)
  places.forEach(({ member, h }, place) => {
    for (let feature = 0; feature < features; feature++) {
      rows[feature * width + place] = member.rows[feature * member.width + h] ?? 0
    }
  })
  const classes = members[0]?.biases.length ?? 0
  return {
    width,
    rows,
    hidden: Float32Array.from(places, ({ member, h }) => member.hidden[h] ?? 0),
    outputs: Float32Array.from({ length: classes * width }, (_, i) => {
      const { member, h } = places[i % width] ?? {}
      return (member?.outputs[Math.floor(i / width) * member.width + (h ?? 0)] ?? 0) * share
    }),
    biases: Float32Array.from({ length: classes }, (_, c) =>
      members.reduce((sum, { biases }) => sum + (biases[c] ?? 0) * share, 0),
    ),
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
