import type { CompiledRule } from '../pack/compiled-rule-pack.ts'
import type { Scene } from './scene.ts'

/**
 * Rules of which every slot has some concept in sight. A rule is only looked at when its rarest slot is, so that words
 * as common as 这个 or 喝 wake nothing.
 */
export function candidateRules(scene: Scene): CompiledRule[] {
  const { pack, byConcept } = scene
  if (!scene.spans.some(({ end }) => end > scene.freshFrom)) return []
  const seen = new Uint8Array(pack.compiledRules.length)
  const candidates: CompiledRule[] = []
  for (const concept of byConcept.keys()) {
    for (const index of pack.triggers[concept] ?? []) {
      if (seen[index] === 1) continue
      seen[index] = 1
      const rule = pack.compiledRules[index]
      if (rule !== undefined && isFillable(rule, byConcept)) candidates.push(rule)
    }
  }
  return candidates.sort((a, b) => a.index - b.index)
}

function isFillable(rule: CompiledRule, byConcept: ReadonlyMap<number, unknown>): boolean {
  return rule.slots.every((slot) => slot.earlier || slot.list.some((concept) => byConcept.has(concept)))
}
