import type { Finding } from '../../contracts/finding.ts'
import { violationFamilies } from '../../contracts/classifier.ts'
import type { ViolationFamily } from '../../contracts/classifier.ts'
import { taxonomyOf } from '../../contracts/taxonomy.ts'
import { basisOf } from '../basis.ts'
import { classifierNote } from '../notes.ts'
import { quoteBetween } from '../quote.ts'
import type { Classifier } from './classifier.ts'
import { weighWords } from './network.ts'
import type { ClassifierInput } from './score.ts'
import { codeOf, probability } from './second-reading.ts'

/** Highest score of a finding that no rule supports: below what cuts a room off, so that a person looks first. */
const highest = 0.84

/** Rule ids of findings that the classifier raised by itself begin so. */
export const classifierRulePrefix = 'classifier.'

const zh: Readonly<Record<ViolationFamily, string>> = {
  efficacy: '语义模型：疑似虚假功效',
  spec: '语义模型：疑似虚假规格',
  blindbox: '语义模型：疑似盲盒营销',
}

/** The finding of a family that the classifier raises without a rule, with the words that weighed most. */
export function raisedFinding(
  classifier: Classifier,
  family: ViolationFamily,
  logOdds: number,
  input: ClassifierInput,
  at: { seq: number; spokenOn: string | undefined },
): Finding {
  const { reading, speaker } = input.present
  const weights = weighWords(classifier, violationFamilies.indexOf(family), input)
  const [start, end] = heaviest(weights)
  const shill = speaker === 'viewer' && family === 'efficacy'
  const code = shill ? 'chat.shill' : codeOf(classifier, family, input)
  const chance = probability(logOdds)
  return {
    seq: at.seq,
    evidenceSeqs: [at.seq],
    code,
    label: family,
    ruleId: `${classifierRulePrefix}${family}`,
    ruleZh: zh[family],
    packVersion: input.pack.version,
    severity: taxonomyOf(code).severity,
    score: Math.min(highest, chance),
    ...quoteBetween(reading, start, end),
    concepts: [],
    exemptions: [],
    notes: [classifierNote(chance, words(reading.norm.text, weights))],
    basis: basisOf(code, at.spokenOn),
  }
}

/** The run of positions with the greatest sum; the whole text when nothing in it weighs. */
function heaviest(weights: Float64Array): readonly [number, number] {
  let best = 0
  let range: readonly [number, number] = [0, Math.max(1, weights.length)]
  let sum = 0
  let from = 0
  weights.forEach((weight, i) => {
    if (sum <= 0) {
      sum = 0
      from = i
    }
    sum += weight
    if (sum > best) {
      best = sum
      range = [from, i + 1]
    }
  })
  return range
}

/** Longest word named, and how many. */
const named = { units: 6, words: 3 } as const

/** The words that weigh most: neighbouring heavy positions together, heaviest first. */
function words(text: string, weights: Float64Array): string[] {
  const positive = weights.filter((weight) => weight > 0)
  const floor = positive.reduce((sum, weight) => sum + weight, 0) / Math.max(1, positive.length)
  const runs: { word: string; weight: number }[] = []
  let from = -1
  for (let i = 0; i <= weights.length; i++) {
    const heavy = (weights[i] ?? 0) > floor
    if (heavy && from < 0) from = i
    if (from >= 0 && (!heavy || i - from === named.units)) {
      const weight = weights.slice(from, i).reduce((sum, one) => sum + one, 0)
      runs.push({ word: text.slice(from, i), weight })
      from = heavy ? i : -1
    }
  }
  return runs
    .sort((a, b) => b.weight - a.weight)
    .slice(0, named.words)
    .map(({ word }) => word)
}
