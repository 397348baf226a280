import type { Match } from '../compose/match-rule.ts'
import type { Reading } from '../compose/read-utterance.ts'
import { locate } from '../compose/scene.ts'
import type { Scene } from '../compose/scene.ts'
import type { ConceptSpan } from '../compose/utterance.ts'
import { between, marksNear, sameClause } from './marks.ts'
import type { Weighed } from './weigh.ts'

/** Furthest a plain negator (不能, 没有, 别) reaches, and a bare 不 or 没. */
const reach = { plain: 8, later: 7, near: 1, after: 4 } as const

/** The seller plainly denies or refuses the claim; 不是药胜似药 and 不是…是… turn into one and do not count. */
export function denied(match: Match, scene: Scene): Weighed | undefined {
  let failed: Weighed | undefined
  for (const mark of negators(match, scene)) {
    const because = turned(mark, match, scene)
    if (because === undefined) return { code: 'exempt.negation', mark, applied: true }
    failed ??= { code: 'exempt.negation', mark, applied: false, because }
  }
  return failed
}

function negators(match: Match, scene: Scene): ConceptSpan[] {
  const free = (mark: ConceptSpan): boolean =>
    !match.spans.some((span) => mark.start < span.end && span.start < mark.end)
  const plain = marksNear(scene, match.start - reach.plain, match.end, 'NEGATION').filter(free)
  const near = marksNear(scene, match.start - reach.near, match.end, 'NEGATION_NEAR').filter(free)
  const found: ConceptSpan[] = []
  match.spans.forEach((span, i) => {
    const far = i === 0 ? reach.plain : reach.later
    found.push(...plain.filter((mark) => precedes(mark, span, far, scene)))
    found.push(...near.filter((mark) => precedes(mark, span, reach.near, scene)))
  })
  const lastStart = match.spans.at(-1)?.start ?? match.end
  const after = marksNear(scene, lastStart, match.end + reach.after, 'NEGATION_AFTER').find(
    (mark) => mark.end > match.end && mark.start >= lastStart,
  )
  if (after !== undefined && sameClause(scene, match.end - 1, after.start)) found.push(after)
  return found
}

function precedes(mark: ConceptSpan, span: ConceptSpan, far: number, scene: Scene): boolean {
  return mark.end <= span.start && span.start - mark.end <= far && sameClause(scene, mark.start, span.start)
}

/** Why a denial does not hold, if it does not. */
function turned(mark: ConceptSpan, match: Match, scene: Scene): string | undefined {
  const claim = match.spans.find((span) => span.start >= mark.end)
  if (claim === undefined) return undefined
  if (between(scene, mark.end, match.end, 'ADVERSATIVE')) return '否认之后话锋一转，又说了这句'
  const { reading, at } = locate(scene, mark.end)
  const { text } = reading.norm
  const rest = text.slice(at, at + Math.max(0, match.end - mark.end))
  if (text.slice(at - 1, at) === '是' && /[是胜比]/u.test(rest)) return '“不是……是……”肯定了后半句'
  if (particleEnds(reading, at, at + (claim.start - mark.end))) return '否认在这句话之前已经说完'
  return undefined
}

/** 不能买啊小朋友…: a closing particle after the denied words ends the denial, where speech has no punctuation. */
function particleEnds(reading: Reading, from: number, to: number): boolean {
  for (let i = from + 1; i < to; i++) if (closing.has(reading.norm.text[i] ?? '')) return true
  return false
}

const closing: ReadonlySet<string> = new Set('啊哈哦呀啦咯')
