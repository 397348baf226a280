import type { Classifier, Member } from './classifier.ts'
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

/** Log-odds of each family against lawful talk, averaged over the members. */
export function familyLogOdds(classifier: Classifier, seen: Seen): [efficacy: number, spec: number, blindbox: number] {
  const total: [number, number, number] = [0, 0, 0]
  for (const member of classifier.members) {
    const active = hiddenOf(classifier, member, seen)
    const lawful = output(member, 0, active)
    for (let i = 0; i < 3; i++) total[i] = (total[i] ?? 0) + (output(member, i + 1, active) - lawful)
  }
  const share = 1 / classifier.members.length
  return [total[0] * share, total[1] * share, total[2] * share]
}

/**
 * How much each position of the present text moves a family's log-odds: the part of every feature in the score, spread
 * over the positions it stands for. The network is linear where it stands, so the parts add up to what the words do.
 */
export function weighWords(classifier: Classifier, family: number, input: ClassifierInput): Float64Array {
  const { length } = input.present.reading.norm
  const byPosition = new Float64Array(length)
  const seen = seenBy(classifier, input)
  const pulls = classifier.members.map((member) => pullOf(classifier, member, family, seen))
  const told = new Set<number>()
  tellPresent(input, (hash, start, end) => {
    const number = numberOf(classifier.features, hash)
    if (number < 0 || told.has(number)) return
    told.add(number)
    let part = 0
    classifier.members.forEach(({ rows }, i) => {
      const pull = pulls[i]
      for (let h = 0, at = number * classifier.width; h < classifier.width; h++, at++) {
        part += (rows[at] ?? 0) * (pull?.[h] ?? 0)
      }
    })
    const each = part / Math.max(1, end - start)
    for (let i = Math.max(0, start); i < Math.min(length, end); i++) byPosition[i] = (byPosition[i] ?? 0) + each
  })
  const scale = 1 / (Math.sqrt(seen.present.length || 1) * classifier.members.length)
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

function hiddenOf({ width, contextWeight }: Classifier, { rows, hidden }: Member, seen: Seen): Float32Array {
  const sum = new Float32Array(width)
  addRows(rows, width, seen.earlier, sum)
  const earlier = contextWeight / Math.sqrt(seen.earlier.length || 1)
  const present = 1 / Math.sqrt(seen.present.length || 1)
  for (let h = 0; h < width; h++) sum[h] = ((sum[h] ?? 0) * earlier) / present
  addRows(rows, width, seen.present, sum)
  for (let h = 0; h < width; h++) sum[h] = Math.max(0, (sum[h] ?? 0) * present + (hidden[h] ?? 0))
  return sum
}

function addRows(rows: Float32Array, width: number, features: readonly number[], sum: Float32Array): void {
  for (const feature of features) {
    for (let h = 0, at = feature * width; h < width; h++, at++) sum[h] = (sum[h] ?? 0) + (rows[at] ?? 0)
  }
}

function output({ outputs, biases }: Member, number: number, active: Float32Array): number {
  let sum = biases[number] ?? 0
  for (let h = 0, at = number * active.length; h < active.length; h++, at++)
    sum += (active[h] ?? 0) * (outputs[at] ?? 0)
  return sum
}

/** What one more unit in each hidden place would add to a family's log-odds. */
function pullOf(classifier: Classifier, member: Member, family: number, seen: Seen): Float32Array {
  const { width } = classifier
  return hiddenOf(classifier, member, seen).map((active, h) =>
    active > 0 ? (member.outputs[(family + 1) * width + h] ?? 0) - (member.outputs[h] ?? 0) : 0,
  )
}
