import { readOnce } from '../detectors/compose/scene.ts'
import type { Utterance } from '../detectors/compose/utterance.ts'
import { computedConcepts } from '../detectors/pack/computed-concepts.ts'
import type { CompiledRulePack } from '../detectors/pack/compiled-rule-pack.ts'

/** A text as it is compared with others. */
export type Comparable = { readonly text: string; readonly skeleton: string }

/** Share of character pairs that two texts must have in common to be edits of one. */
const alike = 0.6
/** A skeleton of fewer characters is too little to tell a script from chance. */
const shortestSkeleton = 3

/** Characters that come and go between edits of one text. */
const particles: ReadonlySet<string> = new Set(
  '我你他她它们家了的得地啊呀哦哈嘛吧呢哇噢喔哟啦真很太就超也都又还特别非常确实完',
)

/** A message normalised, and its skeleton: people of the family as 人, numbers and particles left out. */
export function comparable(utterance: Utterance, pack: CompiledRulePack, maxUnits: number): Comparable {
  const { norm, spans } = readOnce(utterance, pack)
  const masked = [...norm.text.slice(0, norm.length)]
  for (const { concept, start, end } of spans) {
    const isKin = concept === pack.discourse.KIN
    if (!isKin && concept >= computedConcepts.length) continue
    masked.fill('', start, end)
    if (isKin) masked[start] = '人'
  }
  const skeleton = masked.filter((char) => char !== '' && !particles.has(char)).join('')
  return { text: norm.text.slice(0, maxUnits), skeleton: skeleton.slice(0, maxUnits) }
}

/** True for two texts with three fifths of their character pairs in common, as written or as skeletons. */
export function isNearDuplicate(a: Comparable, b: Comparable): boolean {
  if (overlap(a.text, b.text) >= alike) return true
  if (Math.min(a.skeleton.length, b.skeleton.length) < shortestSkeleton) return false
  return a.skeleton === b.skeleton || overlap(a.skeleton, b.skeleton) >= alike
}

/** Jaccard index of the character pairs of two texts; equal texts give 1. */
export function overlap(a: string, b: string): number {
  if (a === b) return 1
  const [first, second] = [pairsOf(a), pairsOf(b)]
  let shared = 0
  for (const pair of first) if (second.has(pair)) shared++
  const all = first.size + second.size - shared
  return all === 0 ? 0 : shared / all
}

function pairsOf(text: string): Set<string> {
  const pairs = new Set<string>()
  for (let i = 0; i + 1 < text.length; i++) pairs.add(text.slice(i, i + 2))
  return pairs
}
