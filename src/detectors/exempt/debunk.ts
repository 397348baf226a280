import type { Match } from '../compose/match-rule.ts'
import type { Scene } from '../compose/scene.ts'
import type { ConceptSpan } from '../compose/utterance.ts'
import { between, lastBefore, marks, marksNear } from './marks.ts'
import type { Weighed } from './weigh.ts'

const reach = { before: 40, after: 30, own: 8 } as const

/**
 * Exposing a scam or teaching how to tell is no claim: 外面三天祛斑都是骗人的. It ends where the seller turns to the own
 * goods: …咱家七天就淡.
 */
export function debunked(match: Match, scene: Scene): Weighed | undefined {
  const before = lastBefore(scene, match.start, reach.before, 'DEBUNK', 'TEACH', 'OTHERS')
  // The words that expose may share characters with the last of the claim: 增高药都是骗人的.
  const after = marksNear(scene, match.end, match.end + reach.after, 'DEBUNK').find(({ end }) => end > match.end)
  const within = marksNear(scene, match.start, match.end, 'DEBUNK', 'TEACH').find(
    (mark) => mark.start < match.end && mark.end > match.start,
  )
  const code = 'exempt.debunk'
  const own = ownAround(match, scene)
  if (after !== undefined && !between(scene, match.end, after.start, 'OWN', 'PUSH', 'ADVERSATIVE')) {
    if (own === undefined || own.start > match.end) return { code, mark: after, applied: true }
    if (before !== undefined && before.start > own.end) return { code, mark: after, applied: true }
    return { code, mark: after, applied: false, because: '这话说的是自家商品' }
  }
  const mark = within ?? before
  if (mark === undefined) return earlierLesson(match, scene)
  if (own !== undefined && own.start >= mark.end) {
    return { code, mark, applied: false, because: '揭穿之后转而推销自家商品' }
  }
  if (between(scene, mark.end, match.start, 'ADVERSATIVE')) {
    return { code, mark, applied: false, because: '揭穿与这句话之间话锋已转' }
  }
  return { code, mark, applied: true }
}

/** The nearest word for the own product that governs the claim: before it, inside it, or right after it. */
function ownAround(match: Match, scene: Scene): ConceptSpan | undefined {
  return marksNear(scene, match.start - reach.before, match.end + reach.own, 'OWN', 'PUSH').at(-1)
}

/**
 * This many exposing utterances within the last minute make a lesson, in which quoted sales talk is no pushing. A single
 * remark, which may be a word said in passing, is remembered for `loneMs`.
 */
const lesson = { from: 2, loneMs: 30_000 } as const

/**
 * A lesson begun in earlier utterances of the last minute goes on until the own product is named; after a single
 * exposing remark, until anything is pushed.
 */
function earlierLesson(match: Match, scene: Scene): Weighed | undefined {
  const { discourse } = scene.pack
  const teaching = new Set([discourse.DEBUNK, discourse.TEACH])
  let lessons = 0
  let mark: ConceptSpan | undefined
  let latestMs: number | undefined
  let owned = false
  let pushed = false
  for (const { utterance, reading, offset } of scene.earlier) {
    const last = reading.spans.findLast(({ concept }) => teaching.has(concept))
    const own = reading.spans.findLast(({ concept }) => concept === discourse.OWN)
    const push = reading.spans.some(({ concept }) => concept === discourse.PUSH)
    if (last !== undefined) {
      lessons++
      latestMs ??= utterance.atMs
      mark ??= { ...last, start: last.start + offset, end: last.end + offset }
      if (own !== undefined && own.start > last.end) owned = mark.start === last.start + offset || owned
      if (lessons >= lesson.from) break
    } else if (mark === undefined) {
      owned ||= own !== undefined
      pushed ||= push
    }
  }
  if (mark === undefined || latestMs === undefined) return undefined
  if (lessons < lesson.from && scene.present.atMs - latestMs > lesson.loneMs) return undefined
  const code = 'exempt.debunk'
  if (owned || ownIn(match, scene)) {
    return { code, mark, applied: false, because: '讲解之后提到了自家商品' }
  }
  if (lessons < lesson.from && (pushed || ownAround(match, scene) !== undefined)) {
    return { code, mark, applied: false, because: '揭穿之后又在推销商品' }
  }
  return { code, mark, applied: true }
}

function ownIn(match: Match, scene: Scene): boolean {
  return marks(scene, 'OWN').some((mark) => mark.end > 0 && mark.start <= match.end + reach.own)
}
