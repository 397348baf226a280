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
    return { code, mark, applied: false, because: '引用规定之后话锋一转，说的是自家商品' }
  }
  if (match.start < 0 && completes(match, scene, mark.start)) {
    return { code, mark, applied: false, because: '另一人接话，把这句说成了宣称' }
  }
  const proof = firstAfter(scene, match.start, 40, 'RESULT_PROOF')
  if (proof !== undefined) return { code, mark, applied: false, because: '引用规定之后又暗示效果' }
  return { code, mark, applied: true }
}

/** Reports what others say without adopting it: a distance word (不敢这么讲, 瞎讲) must follow. */
export function reported(match: Match, scene: Scene): Weighed | undefined {
  const viewer = lastBefore(scene, match.start, 20, 'VIEWER_SAYS')
  const mark = viewer ?? lastBefore(scene, match.start, 16, 'REPORTED')
  if (mark === undefined) return undefined
  const code = viewer === undefined ? 'exempt.reported' : 'exempt.chat_read'
  if (between(scene, mark.end, match.start, 'ADVERSATIVE', 'OWN')) {
    return { code, mark, applied: false, because: '这话说的是自家商品' }
  }
  const distance = firstAfter(scene, match.start, 40, 'DISTANCE', 'DEBUNK', 'ANSWER_NO')
  if (distance === undefined) return { code, mark, applied: false, because: '没有否认，等于认可了别人的说法' }
  return { code, mark, applied: true }
}
