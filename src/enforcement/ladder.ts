import { actionNames, actions, type Action, type Suggestion } from '../contracts/enforcement.ts'
import { taxonomyOf, type Code } from '../contracts/taxonomy.ts'

/** A rung: what is proposed, and for how long. */
type Step = { action: Extract<Action, 'remind' | 'warn' | 'suspend' | 'ban'>; durationSeconds: number | null }

/**
 * The ladder as data. A case enters at the step of its severity and climbs by what the host did before:
 *
 *     severity        2        3      4         5
 *     enters at       remind   warn   10 min    1 h      10 min and up: 24 h, 7 days, ban
 *     strikes 1, 3, 5 climb one, two, three steps; so do one, two, three earlier measures for the same code
 *     strikes 6       a ban is proposed
 *
 * The order and the severities follow the platform ladders and the decision table of the domain notes (B.4, H.3); the
 * figures are this project's proposal. A person decides, and may choose otherwise with a reason.
 */
export const ladder = {
  version: '2026-1',
  /** Days a strike counts. */
  windowDays: 90,
  /** Weight of the strike a measure leaves; 0 leaves none. */
  weights: { remind: 0, warn: 1, suspend: 2, ban: 6 },
  banThreshold: 6,
  steps: [
    { action: 'remind', durationSeconds: null },
    { action: 'warn', durationSeconds: null },
    { action: 'suspend', durationSeconds: 600 },
    { action: 'suspend', durationSeconds: 3_600 },
    { action: 'suspend', durationSeconds: 86_400 },
    { action: 'suspend', durationSeconds: 604_800 },
    { action: 'ban', durationSeconds: null },
  ] as readonly Step[],
  /** First and last step by severity, counted from 0. */
  entry: { 1: 0, 2: 0, 3: 1, 4: 2, 5: 3 } as Readonly<Record<number, number>>,
  top: { 1: 0, 2: 3, 3: 6, 4: 6, 5: 6 } as Readonly<Record<number, number>>,
  /** Active strike weight from which the case climbs one more step. */
  climbsAt: [1, 3, 5],
  /** Below the first score the entry is one step lower, below the second two. */
  doubtBelow: [0.85, 0.6],
  /** Codes that alone never go past a reminder. */
  remindOnly: ['efficacy.absolute_term'] as readonly Code[],
  /** Blind-box codes that need no known product category to be serious. */
  seriousUncategorised: [
    'blindbox.gambling_cash',
    'blindbox.minor',
    'blindbox.prohibited_goods',
    'blindbox.gem_gamble',
    'blindbox.ichiban',
  ] as readonly Code[],
} as const

export type LadderInput = {
  severity: number
  /** Highest score of the case's findings, 0–1. */
  score: number
  /** Codes of the case, strongest first. */
  codes: readonly Code[]
  categoryKnown: boolean
  /** The host's measures within the window. */
  prior: readonly { action: Action; codes: readonly string[]; weight: number; active: boolean }[]
  /** Strikes that no longer count. */
  expiredStrikes: number
}

/** The step the ladder proposes. Pure; more strikes or a higher severity never give a milder step. */
export function suggestStep(input: LadderInput): Suggestion {
  const strikes = activeWeight(input.prior)
  const repeats = input.prior.filter((measure) => measure.codes.some((code) => isAmong(code, input.codes))).length
  const limit = limitOf(input)
  const doubt = ladder.doubtBelow.filter((bound) => input.score < bound).length
  const entry = Math.min(Math.max(0, (ladder.entry[input.severity] ?? 0) - doubt), limit.entry)
  const climb = Math.max(ladder.climbsAt.filter((weight) => strikes >= weight).length, repeats)
  const reached = strikes >= ladder.banThreshold ? ladder.steps.length - 1 : entry + climb
  const index = Math.min(reached, ladder.top[input.severity] ?? 0, limit.top)
  const step = ladder.steps[index] ?? { action: 'remind' as const, durationSeconds: null }
  return {
    ...step,
    ladderVersion: ladder.version,
    step: index + 1,
    strikesBefore: strikes,
    strikesAfter: strikes + ladder.weights[step.action],
    banThreshold: ladder.banThreshold,
    inputs: [
      `${ladder.windowDays} 天内有效计分 ${strikes}${countsOf(input.prior)}`,
      `严重度 ${input.severity}${input.codes[0] ? `（${taxonomyOf(input.codes[0]).zh}）` : ''}`,
      `同类违规第 ${repeats + 1} 次`,
      `判定置信度 ${input.score.toFixed(2)}${doubt > 0 ? `，起点降 ${doubt} 档` : ''}`,
      ...limit.because,
      `阶梯表 ${ladder.version} 第 ${index + 1} 档`,
      ...(input.expiredStrikes > 0 ? [`未计过期 ${input.expiredStrikes} 次`] : []),
    ],
  }
}

/** Sum of the strikes that still count. */
export function activeWeight(prior: LadderInput['prior']): number {
  return prior.reduce((sum, measure) => sum + (measure.active ? measure.weight : 0), 0)
}

/** The first step harsher than a measure, for the notice: what another violation leads to. Null past the last. */
export function stepAfter(action: Action, durationSeconds: number | null): Step | null {
  const rank = actions.indexOf(action)
  const harsher = ladder.steps.find(
    (step) =>
      actions.indexOf(step.action) > rank ||
      (step.action === action && (step.durationSeconds ?? 0) > (durationSeconds ?? 0)),
  )
  return harsher ?? null
}

/** How long, as a host reads it: 10 分钟, 24 小时, 7 天. */
export function zhDuration(seconds: number): string {
  const units = [
    { size: 86_400, from: 2 * 86_400, name: '天' },
    { size: 3_600, from: 3_600, name: '小时' },
    { size: 60, from: 60, name: '分钟' },
  ]
  const unit = units.find(({ size, from }) => seconds >= from && seconds % size === 0)
  return unit ? `${seconds / unit.size} ${unit.name}` : `${seconds} 秒`
}

/** What holds a case down, whatever its severity says. */
function limitOf(input: LadderInput): { entry: number; top: number; because: string[] } {
  const free = { entry: ladder.steps.length - 1, top: ladder.steps.length - 1, because: [] }
  const warn = ladder.steps.findIndex((step) => step.action === 'warn')
  if (input.codes.length === 0) return free
  if (input.codes.every((code) => isAmong(code, ladder.remindOnly))) {
    return { entry: 0, top: 0, because: ['仅绝对化用语，不高于提醒'] }
  }
  const families = new Set(input.codes.map((code) => taxonomyOf(code).family))
  if (families.size !== 1) return free
  if (families.has('spec')) return { ...free, entry: warn, because: ['虚假规格须与登记信息核对，起点不高于警告'] }
  const grave = input.codes.some((code) => isAmong(code, ladder.seriousUncategorised))
  if (families.has('blindbox') && !input.categoryKnown && !grave) {
    return { ...free, entry: warn, because: ['商品类目未知的盲盒玩法，起点不高于警告'] }
  }
  return free
}

function countsOf(prior: LadderInput['prior']): string {
  const counts = new Map<Action, number>()
  for (const measure of prior) counts.set(measure.action, (counts.get(measure.action) ?? 0) + 1)
  const words = [...counts].map(([action, count]) => `${actionNames[action].zh} ${count} 次`)
  return words.length > 0 ? `（${words.join('，')}）` : ''
}

function isAmong(code: string, codes: readonly Code[]): boolean {
  return codes.some((one) => one === code)
}
