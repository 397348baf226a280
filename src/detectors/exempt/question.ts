import type { Match } from '../compose/match-rule.ts'
import { locate } from '../compose/scene.ts'
import type { Scene } from '../compose/scene.ts'
import { between, firstAfter, lastBefore, marksNear, sameClause } from './marks.ts'
import type { Weighed } from './weigh.ts'

/** A question (能不能…, …吗), or a viewer's question read aloud; a yes right after it makes it a claim. */
export function asked(match: Match, scene: Scene): Weighed | undefined {
  const lead = lastBefore(scene, match.start, 12, 'QUESTION', 'ASKED') ?? inside(match, scene)
  const tail = firstAfter(scene, match.end, 3, 'QUESTION_END')
  const mark =
    lead !== undefined && sameClause(scene, lead.start, match.start) ? lead : tailInClause(match, scene, tail)
  if (mark === undefined) return undefined
  const base = { code: 'exempt.question', mark } as const
  if (mark === lead && between(scene, mark.end, match.start, 'ADVERSATIVE', 'ANSWER_NO', 'QUESTION_END')) {
    return { ...base, applied: false, because: '问句在这句话之前已经说完' }
  }
  if (
    scene.answered !== undefined &&
    mark.start < 0 &&
    firstAfter(scene, 0, 8, 'ANSWER_NO', 'NEGATION') === undefined
  ) {
    return { ...base, applied: false, because: '主播应承了观众的提问' }
  }
  if (completes(match, scene, mark.start)) {
    return { ...base, applied: false, because: '另一人接话，把这句说成了宣称' }
  }
  const end = Math.max(match.end, mark.end)
  const yes = marksNear(scene, mark.end, end + 6, 'AFFIRM').find(({ start }) => start >= mark.end)
  const no = firstAfter(scene, Math.min(end, yes?.start ?? end), 6, 'ANSWER_NO', 'NEGATION')
  if (yes !== undefined && (no === undefined || yes.start < no.start)) {
    return { ...base, applied: false, because: '主播给了肯定的回答' }
  }
  return { ...base, applied: true }
}

/** An answer this short only fills the gap that was left for it. */
const briefUnits = 4

/** 主播：血压高的是不是喝完… 助播：正常了! */
export function completes(match: Match, scene: Scene, from: number): boolean {
  if (from >= 0 || match.end <= 0) return false
  const { speaker, text } = locate(scene, from).utterance
  const brief =
    scene.reading.norm.length <= briefUnits || text.trimEnd().endsWith('…') || text.trimEnd().endsWith('...')
  if (speaker === scene.present.speaker && !brief) return false
  return firstAfter(scene, 0, 4, 'ANSWER_NO', 'NEGATION') === undefined
}

function inside(match: Match, scene: Scene): ReturnType<typeof lastBefore> {
  const last = match.spans.at(-1)
  return last === undefined ? undefined : lastBefore(scene, last.start, 6, 'QUESTION', 'ASKED')
}

function tailInClause(match: Match, scene: Scene, tail: ReturnType<typeof firstAfter>): ReturnType<typeof firstAfter> {
  return tail !== undefined && sameClause(scene, match.end - 1, tail.start) ? tail : undefined
}
