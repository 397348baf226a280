import type { Classifier, Network } from './classifier.ts'
import { numberOf } from './feature-index.ts'
import type { FeatureSink } from './features.ts'
import { tellEarlier, tellPresent } from './score.ts'
import type { ClassifierInput } from './score.ts'

/** Distinct known features of an event, by number: the present utterance, and what was said before it. */
export type Seen = { present: number[]; earlier: number[] }

/** What the network sees of an event. */
export function seenBy(classifier: Pick<Classifier, 'features'>, input: ClassifierInput): Seen {
  return {
    present: distinct(classifier, (sink) => tellPresent(input, sink)),
    earlier: distinct(classifier, (sink) => tellEarlier(input, sink)),
  }
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
  const { rows, width } = classifier.network
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
    for (let h = 0, at = number * width; h < width; h++, at++) part += (rows[at] ?? 0) * (pull[h] ?? 0)
    const each = part / Math.max(1, end - start)
    for (let i = Math.max(0, start); i < Math.min(length, end); i++) byPosition[i] = (byPosition[i] ?? 0) + each
  })
  const scale = 1 / Math.sqrt(seen.present.length || 1)
  return byPosition.map((part) => part * scale)
}

function distinct({ features }: Pick<Classifier, 'features'>, tell: (sink: FeatureSink) => void): number[] {
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

function hiddenOf({ network, contextWeight }: Classifier, seen: Seen): Float32Array {
  const { rows, hidden, width } = network
  const earlier = new Float32Array(width)
  const present = new Float32Array(width)
  addRows(rows, width, seen.earlier, earlier)
  addRows(rows, width, seen.present, present)
  const earlierScale = contextWeight / Math.sqrt(seen.earlier.length || 1)
  const presentScale = 1 / Math.sqrt(seen.present.length || 1)
  for (let h = 0; h < width; h++) {
    const sum = (present[h] ?? 0) * presentScale + (earlier[h] ?? 0) * earlierScale + (hidden[h] ?? 0)
    present[h] = Math.max(0, sum)
  }
  return present
}

function addRows(rows: Float32Array, width: number, features: readonly number[], sum: Float32Array): void {
  for (const feature of features) {
    for (let h = 0, at = feature * width; h < width; h++, at++) sum[h] = (sum[h] ?? 0) + (rows[at] ?? 0)
  }
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
