import type { ClassifierFile } from '../../src/contracts/classifier.ts'
import { violationFamilies } from '../../src/contracts/classifier.ts'
import { deflated, packSteps } from '../../src/cli/train/pack-weights.ts'
import { hashUnits, seeds } from '../../src/detectors/classify/hash.ts'

type Words = Partial<Record<(typeof violationFamilies)[number], Record<string, number>>>

/**
 * A classifier written by hand: it knows the listed pairs of characters and nothing else, one hidden place per family.
 * What is seen of a family is divided by the root of how many known pairs were seen; without any it scores -1.
 */
export function tinyClassifier(words: Words, thresholds = { raise: 1, keep: 0 }): ClassifierFile {
  const features = new Map<number, number[]>()
  violationFamilies.forEach((family, place) => {
    for (const [pair, weight] of Object.entries(words[family] ?? {})) {
      const units = [...pair].map((char) => char.charCodeAt(0))
      const row = [0, 0, 0]
      row[place] = weight
      features.set(hashUnits(seeds.text, units, 0, units.length), row)
    }
  })
  const hashes = Uint32Array.from(features.keys()).sort()
  const rows = packSteps([...hashes].flatMap((hash) => features.get(hash) ?? []))
  const codes = packSteps(new Float64Array(256 * 3))
  const output = (place: number) => ({ bias: -1, weights: [0, 1, 2].map((i) => (i === place ? 1 : 0)) })
  return {
    format: 1,
    trained: 'by hand',
    contextWeight: 0.5,
    features: deflated(hashes),
    width: 3,
    members: [
      {
        step: rows.step,
        rows: rows.bytes,
        hidden: [0, 0, 0],
        outputs: [{ bias: 0, weights: [0, 0, 0] }, output(0), output(1), output(2)],
      },
    ],
    thresholds: { efficacy: thresholds, spec: thresholds, blindbox: thresholds },
    running: { raise: 0, keep: 0 },
    codes: {
      bits: 8,
      step: codes.step,
      names: ['efficacy.food_cure', 'spec.price', 'blindbox.gambling_cash'],
      biases: [0, 0, 0],
      weights: codes.bytes,
    },
  }
}
