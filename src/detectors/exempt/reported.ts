import type { Match } from '../compose/match-rule.ts'
import type { Scene } from '../compose/scene.ts'
import { between, firstAfter, lastBefore } from './marks.ts'
import { completes } from './question.ts'
import type { Weighed } from './weigh.ts'

/** Cites a law, a platform rule or a mandatory notice; what follows a turn (反正, 但) is no longer the law's word. */
export function quotedLaw(match: Match, scene: Scene): Weighed | undefined {
  const mark = lastBefore(scene, match.start, 24, 'LAW') ?? firstAfter(scene, match.end, 8, 'LAW')
  if (mark === undefined) return undefined
  const code = 'exempt.law_quote'
  if (mark.end <= match.start && between(scene, mark.end, match.start, 'ADVERSATIVE', 'OWN')) {
    return { code, mark, applied: false, because: 'the claim follows a turn after the rule' }
  }
  if (match.start < 0 && completes(match, scene, mark.start)) {
    return { code, mark, applied: false, because: 'another voice completes the sentence into a claim' }
  }
  const proof = firstAfter(scene, match.start, 40, 'RESULT_PROOF')
  if (proof !== undefined) return { code, mark, applied: false, because: 'a result is hinted at after the rule' }
  return { code, mark, applied: true }
}

/** Reports what others say without adopting it: a distance word (不敢这么讲, 瞎讲) must follow. */
export function reported(match: Match, scene: Scene): Weighed | undefined {
  const viewer = lastBefore(scene, match.start, 20, 'VIEWER_SAYS')
  const mark = viewer ?? lastBefore(scene, match.start, 16, 'REPORTED')
  if (mark === undefined) return undefined
  const code = viewer === undefined ? 'exempt.reported' : 'exempt.chat_read'
  if (between(scene, mark.end, match.start, 'ADVERSATIVE', 'OWN')) {
    return { code, mark, applied: false, because: 'the claim is made for the own product' }
  }
  const distance = firstAfter(scene, match.start, 40, 'DISTANCE', 'DEBUNK', 'ANSWER_NO')
  if (distance === undefined) return { code, mark, applied: false, because: 'the seller adopts what others say' }
  return { code, mark, applied: true }
}
