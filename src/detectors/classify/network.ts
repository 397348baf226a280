import type { Classifier, Network } from './classifier.ts'
import type { Reading } from '../compose/read-utterance.ts'
import type { CompiledRulePack } from '../pack/compiled-rule-pack.ts'
import { numberOf } from './feature-index.ts'
import type { FeatureIndex } from './feature-index.ts'
import { earlierFeatures } from './features.ts'
import type { FeatureSink, Heard } from './features.ts'
import { addRows, dotRow } from './packed-rows.ts'
import { justBefore, tellPresent } from './score.ts'
import type { ClassifierInput } from './score.ts'

/** What the network makes of an event, worked out once: what it knows of the words, and how its hidden layer stands. */
export type Look = {
  /** Distinct known features of the present utterance, by number, and the positions each was first seen at. */
  features: number[]
  starts: number[]
  ends: number[]
  active: Float32Array
}

/** Looks at an event. */
export function look(classifier: Classifier, input: ClassifierInput): Look {
  const { rows, steps, hidden, width } = classifier.network
  const features: number[] = []
  const starts: number[] = []
  const ends: number[] = []
  const stamps = stampsFor(classifier.features.size)
  const now = ++stamps.now
  tellPresent(input, (hash, start, end) => {
    const number = numberOf(classifier.features, hash)
    if (number < 0 || stamps.seen[number] === now) return
    stamps.seen[number] = now
    features.push(number)
    starts.push(start)
    ends.push(end)
  })
  const active = new Float32Array(width)
  addRows(rows, features, active)
  const scale = 1 / Math.sqrt(features.length || 1)
  const earlier = earlierPart(classifier, input)
  for (let h = 0; h < width; h++) {
    const sum = (active[h] ?? 0) * (steps[h] ?? 0) * scale + (earlier[h] ?? 0) + (hidden[h] ?? 0)
    active[h] = sum > 0 ? sum : 0
  }
  return { features, starts, ends, active }
}

/** An utterance's number of features and the sum of their rows, in steps. */
type Read = { count: number; sum: Float32Array }

const readBefore = new WeakMap<Classifier, WeakMap<Reading, Read>>()

/** The rows of the last utterances, summed and scaled. Each utterance is summed once, however often it is looked at. */
function earlierPart(classifier: Classifier, input: ClassifierInput): Float32Array {
  const { steps, width } = classifier.network
  const total = new Float32Array(width)
  let count = 0
  for (const heard of justBefore(input)) {
    const read = readEarlier(classifier, heard, input.pack)
    count += read.count
    for (let h = 0; h < width; h++) total[h] = (total[h] ?? 0) + (read.sum[h] ?? 0)
  }
  const scale = classifier.contextWeight / Math.sqrt(count || 1)
  for (let h = 0; h < width; h++) total[h] = (total[h] ?? 0) * (steps[h] ?? 0) * scale
  return total
}

function readEarlier(classifier: Classifier, { reading, speaker }: Heard, pack: CompiledRulePack): Read {
  let kept = readBefore.get(classifier)
  if (kept === undefined) readBefore.set(classifier, (kept = new WeakMap()))
  const known = kept.get(reading)
  if (known !== undefined) return known
  const features = distinct(classifier.features, (sink) => earlierFeatures(reading, speaker, pack, sink))
  const read = { count: features.length, sum: new Float32Array(classifier.network.width) }
  addRows(classifier.network.rows, features, read.sum)
  kept.set(reading, read)
  return read
}

/** Log-odds of each family against lawful talk. */
export function familyLogOdds(
  { network }: Classifier,
  { active }: Look,
): [efficacy: number, spec: number, blindbox: number] {
  const lawful = output(network, 0, active)
  return [output(network, 1, active) - lawful, output(network, 2, active) - lawful, output(network, 3, active) - lawful]
}

/**
 * How much each position of a text of `length` moves a family's log-odds: the part of every feature in the score, spread
 * over the positions it stands for. The network is linear where it stands, so the parts add up to what the words do.
 */
export function weighWords({ network }: Classifier, family: number, seen: Look, length: number): Float64Array {
  const { rows, steps, outputs, width } = network
  const { features, starts, ends, active } = seen
  const scale = 1 / Math.sqrt(features.length || 1)
  // What one step of a row's number in each hidden place adds to the log-odds.
  const pull = active.map((value, h) =>
    value > 0 ? ((outputs[(family + 1) * width + h] ?? 0) - (outputs[h] ?? 0)) * (steps[h] ?? 0) * scale : 0,
  )
  const byPosition = new Float64Array(length)
  features.forEach((feature, i) => {
    const start = Math.max(0, starts[i] ?? 0)
    const end = Math.min(length, ends[i] ?? 0)
    if (end <= start) return
    const each = dotRow(rows, feature, pull) / (end - start)
    for (let place = start; place < end; place++) byPosition[place] = (byPosition[place] ?? 0) + each
  })
  return byPosition
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

function output({ outputs, biases }: Network, number: number, active: Float32Array): number {
  let sum = biases[number] ?? 0
  for (let h = 0, at = number * active.length; h < active.length; h++, at++)
    sum += (active[h] ?? 0) * (outputs[at] ?? 0)
  return sum
}
