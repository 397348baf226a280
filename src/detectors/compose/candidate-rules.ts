import type { CompiledRule } from '../pack/compiled-rule-pack.ts'
import type { Scene } from './scene.ts'

/** Rules of which every slot has some concept in sight: a bit mask per rule, so most rules cost nothing. */
export function candidateRules(scene: Scene): CompiledRule[] {
  const { pack } = scene
  const masks = new Uint8Array(pack.compiledRules.length)
  const touched: number[] = []
  let presentSeen = false
  for (const span of scene.spans) {
    presentSeen ||= span.end > 0
    for (const use of pack.uses[span.concept] ?? []) {
      if (masks[use.rule] === 0) touched.push(use.rule)
      masks[use.rule] = (masks[use.rule] ?? 0) | use.bit
    }
  }
  if (!presentSeen) return []
  return touched
    .sort((a, b) => a - b)
    .flatMap((index) => {
      const rule = pack.compiledRules[index]
      if (rule === undefined) return []
      return ((masks[index] ?? 0) & rule.presentMask) === rule.presentMask ? [rule] : []
    })
}
