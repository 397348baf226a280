import type { Classifier, Network } from './classifier.ts'
import type { Reading } from '../compose/read-utterance.ts'
import type { CompiledRulePack } from '../pack/compiled-rule-pack.ts'
import { numberOf } from './feature-index.ts'
import type { FeatureIndex } from './feature-index.ts'
import { earlierFeatures } from './features.ts'
import type { FeatureSink, Heard } from './features.ts'
import { justBefore, tellPresent } from './score.ts'
import type { ClassifierInput } from './score.ts'

/** What the network makes of an event: distinct known features of the present utterance, and the words before it. */
export type Seen = { present: number[]; earlier: Float32Array }

/** What the network sees of an event. */
export function seenBy(classifier: Classifier, input: ClassifierInput): Seen {
  return {
    present: distinct(classifier.features, (sink) => tellPresent(input, sink)),
    earlier: earlierPart(classifier, input),
  }
}

type Read = { count: number; sum: Float32Array }

const readBefore = new WeakMap<Classifier, WeakMap<Reading, Read>>()

/** The rows of the last utterances, summed and scaled. Each utterance is summed once, however often it is looked at. */
function earlierPart(classifier: Classifier, input: ClassifierInput): Float32Array {
  const { width } = classifier.network
  const total = new Float32Array(width)
  let count = 0
  for (const heard of justBefore(input)) {
    const read = readEarlier(classifier, heard, input.pack)
    count += read.count
    for (let h = 0; h < width; h++) total[h] = (total[h] ?? 0) + (read.sum[h] ?? 0)
  }
  const scale = classifier.contextWeight / Math.sqrt(count || 1)
  for (let h = 0; h < width; h++) total[h] = (total[h] ?? 0) * scale
  return total
}

function readEarlier(classifier: Classifier, { reading, speaker }: Heard, pack: CompiledRulePack): Read {
  let kept = readBefore.get(classifier)
  if (kept === undefined) readBefore.set(classifier, (kept = new WeakMap()))
  const known = kept.get(reading)
  if (known !== undefined) return known
  const features = distinct(classifier.features, (sink) => earlierFeatures(reading, speaker, pack, sink))
  const read = { count: features.length, sum: new Float32Array(classifier.network.width) }
  addRows(classifier.network, features, read.sum)
  kept.set(reading, read)
  return read
}

/** Log-odds of each family against lawful talk. */
export function familyLogOdds(classifier: Classifier, seen: Seen): [efficacy: number, spec: number, blindbox: number] {
  const active = hiddenOf(classifier, seen)
  const lawful = output(classifier.network, 0, active)
  return [
    output(classifier.network, 1, active) - lawful,
    output(classifier.network, 2, active) - lawful,
    output(classifier.network, 3, active) - lawful,
  ]
}

/**
 * How much each position of the present text moves a family's log-odds: the part of every feature in the score, spread
 * over the positions it stands for. The network is linear where it stands, so the parts add up to what the words do.
 */
export function weighWords(classifier: Classifier, family: number, input: ClassifierInput): Float64Array {
  const { rows, steps, width } = classifier.network
  const { length } = input.present.reading.norm
  const byPosition = new Float64Array(length)
  const seen = seenBy(classifier, input)
  const pull = pullOf(classifier, family, seen)
  const told = new Set<number>()
  tellPresent(input, (hash, start, end) => {
    const number = numberOf(classifier.features, hash)
    if (number < 0 || told.has(number)) return
    told.add(number)
    let part = 0
    for (let h = 0, at = number * width; h < width; h++, at++)
      part += (rows[at] ?? 0) * (steps[h] ?? 0) * (pull[h] ?? 0)
    const each = part / Math.max(1, end - start)
    for (let i = Math.max(0, start); i < Math.min(length, end); i++) byPosition[i] = (byPosition[i] ?? 0) + each
  })
  const scale = 1 / Math.sqrt(seen.present.length || 1)
  return byPosition.map((part) => part * scale)
}

function distinct(features: FeatureIndex, tell: (sink: FeatureSink) => void): number[] {
  const stamps = stampsFor(features.size)
  const now = ++stamps.now
  const numbers: number[] = []
  tell((hash) => {
    const number = numberOf(features, hash)
    if (number < 0 || stamps.seen[number] === now) return
    stamps.seen[number] = now
    numbers.push(number)
  })
  return numbers
}

type Stamps = { seen: Uint32Array; now: number }

let scratch: Stamps = { seen: new Uint32Array(0), now: 0 }

/** Scratch memory that tells what was seen in this call; nothing of one call reaches the next. */
function stampsFor(size: number): Stamps {
  if (scratch.seen.length < size || scratch.now === 0xffffffff) scratch = { seen: new Uint32Array(size), now: 0 }
  return scratch
}

function hiddenOf({ network }: Classifier, { present, earlier }: Seen): Float32Array {
  const { hidden, width } = network
  const sum = new Float32Array(width)
  addRows(network, present, sum)
  const scale = 1 / Math.sqrt(present.length || 1)
  for (let h = 0; h < width; h++) sum[h] = Math.max(0, (sum[h] ?? 0) * scale + (earlier[h] ?? 0) + (hidden[h] ?? 0))
  return sum
}

/** Adds the rows of the features; whole steps are summed, and turned into values once. */
function addRows({ rows, steps, width }: Network, features: readonly number[], sum: Float32Array): void {
  const whole = new Int32Array(width)
  for (const feature of features) {
    const from = feature * width
    for (let h = 0; h < width; h++) whole[h] = (whole[h] ?? 0) + (rows[from + h] ?? 0)
  }
  for (let h = 0; h < width; h++) sum[h] = (sum[h] ?? 0) + (whole[h] ?? 0) * (steps[h] ?? 0)
}

function output({ outputs, biases }: Network, number: number, active: Float32Array): number {
  let sum = biases[number] ?? 0
  for (let h = 0, at = number * active.length; h < active.length; h++, at++)
    sum += (active[h] ?? 0) * (outputs[at] ?? 0)
  return sum
}

/** What one more unit in each hidden place would add to a family's log-odds. */
function pullOf(classifier: Classifier, family: number, seen: Seen): Float32Array {
  const { outputs, width } = classifier.network
  return hiddenOf(classifier, seen).map((active, h) =>
    active > 0 ? (outputs[(family + 1) * width + h] ?? 0) - (outputs[h] ?? 0) : 0,
  )
}
