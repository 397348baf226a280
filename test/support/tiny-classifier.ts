import type { ClassifierFile } from '../../src/contracts/classifier.ts'
import { packWeights } from '../../src/cli/train/pack-weights.ts'
import { hashUnits, seeds } from '../../src/detectors/classify/hash.ts'

const bits = 12

/**
 * A classifier written by hand: weights for pairs of characters per family, the same bias for all. Text blocks are
 * scaled by their length, so a single pair needs a large weight.
 */
export function tinyClassifier(
  words: Partial<Record<'efficacy' | 'spec' | 'blindbox', Record<string, number>>>,
  thresholds: { raise: number; keep: number } = { raise: 1, keep: 0 },
): ClassifierFile {
  const column = (pairs: Record<string, number> = {}): Float64Array => {
    const weights = new Float64Array(1 << bits)
    for (const [pair, weight] of Object.entries(pairs)) {
      const units = [...pair].map((char) => char.charCodeAt(0))
      weights[hashUnits(seeds.text, units, 0, units.length) & ((1 << bits) - 1)] = weight
    }
    return weights
  }
  const family = { bias: -1, ...thresholds }
  return {
    format: 1,
    trained: 'by hand',
    bits,
    contextWeight: 0.5,
    families: { efficacy: family, spec: family, blindbox: family },
    ...packWeights([column(words.efficacy), column(words.spec), column(words.blindbox)]),
    codes: {
      bits: 8,
      names: ['efficacy.food_cure', 'spec.price', 'blindbox.gambling_cash'],
      biases: [0, 0, 0],
      ...packWeights([new Float64Array(256), new Float64Array(256), new Float64Array(256)]),
    },
  }
}
