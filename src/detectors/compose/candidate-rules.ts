import type { CompiledRule } from '../pack/compiled-rule-pack.ts'
import type { Scene } from './scene.ts'

/** Working space: the concepts in sight and the rules already looked at. */
let inSight = new Uint8Array(1_024)
let lookedAt = new Uint8Array(1_024)

/**
 * Rules of which every slot has some concept in sight. A rule is only looked at when its rarest slot is, so that words
 * as common as 这个 or 喝 wake nothing.
 */
export function candidateRules({ pack, spans, freshFrom }: Scene): CompiledRule[] {
  if (!spans.some(({ end }) => end > freshFrom)) return []
  inSight = cleared(inSight, pack.conceptIds.size)
  lookedAt = cleared(lookedAt, pack.compiledRules.length)
  for (const { concept } of spans) inSight[concept] = 1
  const candidates: CompiledRule[] = []
  for (const { concept } of spans) {
    for (const index of pack.triggers[concept] ?? none) {
      if (lookedAt[index] === 1) continue
      lookedAt[index] = 1
      const rule = pack.compiledRules[index]
      if (rule !== undefined && isFillable(rule)) candidates.push(rule)
    }
  }
  return candidates.sort((a, b) => a.index - b.index)
}

const none: readonly number[] = []

function cleared(list: Uint8Array<ArrayBuffer>, size: number): Uint8Array<ArrayBuffer> {
  return list.length < size ? new Uint8Array(size) : list.fill(0, 0, size)
}

function isFillable(rule: CompiledRule): boolean {
  for (const slot of rule.slots) if (!slot.earlier && !isInSight(slot.list)) return false
  return true
}

function isInSight(concepts: readonly number[]): boolean {
  for (const concept of concepts) if (inSight[concept] === 1) return true
  return false
}
