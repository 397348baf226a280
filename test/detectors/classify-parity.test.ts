import { createRequire } from 'node:module'
import { describe, expect, it } from 'vitest'
import { defaultCorpora, readItems } from '../../src/cli/corpus/read-corpus.ts'
import { itemExample } from '../../src/cli/train/examples.ts'
import type { Weights } from '../../src/detectors/classify/classifier.ts'
import { linearScore, slotsOf } from '../../src/detectors/classify/score.ts'
import { compileUnchecked } from '../../src/detectors/pack/compile-pack.ts'
import { seedPackFiles } from './support/load-pack.ts'

/** The part of natural that is used here; its own declarations point at sources that do not compile strictly. */
type Bayes = {
  addDocument(tokens: readonly string[], label: string): void
  train(): void
  getClassifications(tokens: readonly string[]): { label: string; value: number }[]
}
const natural = createRequire(import.meta.url)('natural') as { BayesClassifier: new () => Bayes }

const bits = 16
const labels = ['clean', 'efficacy', 'spec', 'blindbox'] as const

describe('typed arrays and natural', () => {
  it('give the same log-odds for the same Bayes weights on every utterance', () => {
    const compiled = compileUnchecked(seedPackFiles())
    if (!compiled.ok) throw new Error('the shipped pack does not compile')
    const { pack } = compiled
    const items = readItems(defaultCorpora(), 'dev').slice(0, 360)
    const examples = items.map((item) => itemExample(item, pack))
    const [train, unseen] = [examples.slice(0, 300), examples.slice(300)]

    const bayes = new natural.BayesClassifier()
    for (const { input, label } of train) bayes.addDocument(tokens(input), label)
    bayes.train()
    const weights = weightsOf(bayes)

    expect(unseen.length).toBeGreaterThan(50)
    for (const { input } of unseen) {
      const known = tokens(input).filter((token) => weights.known.has(Number(token)))
      const theirs = new Map(
        bayes.getClassifications(tokens(input)).map(({ label, value }) => [label, Math.log(value)]),
      )
      const scaled = linearScore(weights, input)
      const length = Math.sqrt(slotsOf((1 << bits) - 1, input).length)
      const ours = labels.map(
        (_, i) => ((scaled[i] ?? 0) - (weights.biases[i] ?? 0)) * length + (weights.biases[i] ?? 0),
      )
      expect(known.length).toBeGreaterThan(0)
      labels.slice(1).forEach((label, i) => {
        const difference = (theirs.get(label) ?? NaN) - (theirs.get('clean') ?? NaN)
        expect((ours[i + 1] ?? 0) - (ours[0] ?? 0)).toBeCloseTo(difference, 1)
      })
    }
  })
})

function tokens(input: Parameters<typeof slotsOf>[1]): string[] {
  return slotsOf((1 << bits) - 1, input).map(String)
}

/** The logarithms natural multiplies with, per slot and class, in the arrays the detectors run. */
function weightsOf(bayes: Bayes): Weights & { known: Set<number> } {
  type Inner = {
    features: Record<string, number>
    classifier: {
      classFeatures: Record<string, Record<number, number>>
      classTotals: Record<string, number>
      totalExamples: number
      smoothing: number
    }
  }
  const { features, classifier } = JSON.parse(JSON.stringify(bayes)) as Inner
  const known = new Set<number>()
  const values = new Float32Array((1 << bits) * labels.length)
  // natural numbers its features in the order of their names' first appearance.
  Object.keys(features).forEach((slot, feature) => {
    known.add(Number(slot))
    labels.forEach((label, i) => {
      const count = classifier.classFeatures[label]?.[feature] ?? classifier.smoothing
      values[Number(slot) * labels.length + i] = Math.log(count / (classifier.classTotals[label] ?? 1))
    })
  })
  const biases = labels.map((label) => Math.log((classifier.classTotals[label] ?? 1) / classifier.totalExamples))
  return { mask: (1 << bits) - 1, classes: labels.length, values, biases: Float32Array.from(biases), known }
}
