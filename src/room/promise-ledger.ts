import type { Category } from '../contracts/category.ts'
import type { ConceptHit, Finding } from '../contracts/finding.ts'
import type { ChatEvent, SpeechEvent } from '../contracts/room-event.ts'
import { taxonomyOf } from '../contracts/taxonomy.ts'
import type { Code } from '../contracts/taxonomy.ts'
import { toUtterance } from '../detectors/analyse.ts'
import type { EventAnalysis } from '../detectors/analyse.ts'
import type { AnalysisContext } from '../detectors/analysis-context.ts'
import { setScene, windowLimits } from '../detectors/compose/scene.ts'
import type { Scene } from '../detectors/compose/scene.ts'
import type { DiscourseConcept } from '../detectors/exempt/discourse-ids.ts'
import type { CompiledRulePack } from '../detectors/pack/compiled-rule-pack.ts'
import { quoteBetween } from '../detectors/quote.ts'
import { mayPromise, promiseWords } from './promise-words.ts'
import type { PromiseWords } from './promise-words.ts'
import { toRoomFinding } from './room-finding.ts'
import { roomBounds } from './room-state.ts'
import type { PromiseKind, RoomState, SpokenPromise } from './room-state.ts'

type Event = SpeechEvent | ChatEvent
type Cues = EventAnalysis['cues']

/** What a kind of promise is called in front of a moderator, and the code under which breaking it counts. */
type Named = { zh: string; code: Code }

const service = 'spec.service_promise'
const named: Readonly<Record<PromiseKind, Named>> = {
  return: { zh: '无理由退货', code: service },
  anyhow: { zh: '不满意就退', code: service },
  opened: { zh: '拆了也退', code: service },
  used: { zh: '用过也退', code: service },
  effect: { zh: '没效果退赔', code: service },
  skin: { zh: '过敏退赔', code: service },
  damage: { zh: '坏损退赔', code: service },
  genuine: { zh: '假货赔偿', code: service },
  insurance: { zh: '退货运费', code: service },
  postage: { zh: '包邮', code: service },
  fee: { zh: '免费服务', code: service },
  price: { zh: '退差价', code: service },
  shipping: { zh: '发货时间', code: service },
  gift: { zh: '赠品', code: service },
  warranty: { zh: '质保', code: service },
  goods: { zh: '所见即所发', code: 'spec.bait_switch' },
  opening: { zh: '当面拆', code: service },
  draw: { zh: '抽奖规则', code: 'blindbox.hidden_odds' },
}

/** Promises whose conditions and exceptions (吊牌剪了, 定制的, 偏远地区) are part of what was promised. */
const conditioned: ReadonlySet<PromiseKind> = new Set<PromiseKind>([
  'return',
  'anyhow',
  'damage',
  'insurance',
  'postage',
  'shipping',
  'warranty',
])

/** What others do or say, or what is shown as a trick, is neither promised nor broken. */
const foreign: readonly DiscourseConcept[] = ['OTHERS', 'DEBUNK', 'TEACH']

/**
 * Goods that an opened seal spoils or that are used up by switching on: to refuse them opened is lawful although
 * 七天无理由 was promised (七日无理由退货办法). Where the category is not known, the refusal is not held against the seller.
 */
const spoiltByOpening: ReadonlySet<Category> = new Set<Category>([
  'food',
  'health_food',
  'cosmetic',
  'special_cosmetic',
  'toothpaste',
  'disinfectant',
  'device',
  'pharmacy',
  'pet',
  'flower',
  'fresh',
  'baby',
  'electronics',
])

/**
 * Keeps what the seller promised in this session and finds the words that break it. A promise belongs to the product on
 * the counter unless it was made for the whole room; taken back within a minute it is a correction and nothing else.
 */
export function followPromises(
  state: RoomState,
  event: Event,
  cues: Cues,
  context: AnalysisContext,
  pack: CompiledRulePack,
): { state: RoomState; findings: Finding[] } {
  const carried = cues.has('NEXT_ITEM') ? onNextItem(state) : state
  if (!mayPromise(cues) || foreign.some((cue) => cues.has(cue))) return { state: carried, findings: [] }
  const scene = setScene(toUtterance(event), state.window, pack)
  const made = promiseWords('make', scene, cues, context)
  // 七天无理由，拆了的不退: promised and limited in one breath, these are its terms.
  const isMade = (kind: PromiseKind): boolean => made.some(({ pattern }) => pattern.kinds.includes(kind))
  const broken = promiseWords('break', scene, cues, context).filter(
    ({ pattern }) => pattern.opened !== true || !isMade('return'),
  )
  const judged = judge(carried, event, broken, cues, scene, context)
  const isBroken = (kind: PromiseKind): boolean => broken.some(({ pattern }) => pattern.kinds.includes(kind))
  const given = made.filter(({ pattern }) => !pattern.kinds.some(isBroken))
  const promises = cues.has('PLEDGE_LIMIT')
    ? judged.promises
    : remembered(judged.promises, given, event, cues, scene, carried)
  return { state: { ...carried, promises }, findings: judged.findings }
}

/** The room without what was promised in an utterance that is corrected away. */
export function forgetPromisesOf(state: RoomState, seq: number): RoomState {
  if (!state.promises.some((promise) => promise.seq === seq)) return state
  return { ...state, promises: state.promises.filter((promise) => promise.seq !== seq) }
}

/** 过款, 看下一款: what was promised of the last product says nothing of the next. */
function onNextItem(state: RoomState): RoomState {
  const promises = state.promises.filter(({ roomwide }) => roomwide)
  return promises.length === state.promises.length ? state : { ...state, promises }
}

type Judged = { promises: readonly SpokenPromise[]; findings: Finding[] }

function judge(
  state: RoomState,
  event: Event,
  broken: readonly PromiseWords[],
  cues: Cues,
  scene: Scene,
  context: AnalysisContext,
): Judged {
  let { promises } = state
  const found = new Map<Code, Finding>()
  for (const words of broken) {
    const isMeant = (one: SpokenPromise): boolean => isBrokenBy(one, words, state, cues, context)
    const promise = promises.findLast(isMeant)
    if (promise === undefined) continue
    const { code } = named[promise.kind]
    if (isMended(promise, event, cues)) promises = promises.filter((one) => !isMeant(one))
    else if (!cues.has('PLEDGE_KEPT') && !found.has(code))
      found.set(code, brokenPromise(promise, words, event, state, scene))
  }
  return { promises, findings: [...found.values()] }
}

function isBrokenBy(
  promise: SpokenPromise,
  { pattern }: PromiseWords,
  state: RoomState,
  cues: Cues,
  context: AnalysisContext,
): boolean {
  const { kind, conditional, product, roomwide } = promise
  if (!pattern.kinds.includes(kind)) return false
  if (!roomwide && product !== (state.product?.id ?? null)) return false
  if (pattern.opened === true) return kind !== 'return' || (!conditional && staysGoodOpened(state, cues, context))
  if (!conditioned.has(kind)) return true
  return !cues.has('PLEDGE_TERMS') && (!conditional || pattern.whole === true || !isOfReturning(kind))
}

function isOfReturning(kind: PromiseKind): boolean {
  return kind === 'return' || kind === 'anyhow'
}

function staysGoodOpened(state: RoomState, cues: Cues, { category }: AnalysisContext): boolean {
  const blindBox = state.box !== null || cues.has('BB_OFFER') || cues.has('BB_DRAW')
  return !blindBox && category !== undefined && !spoiltByOpening.has(category)
}

/** Put right within a minute of the words: 看错了, 这款没有运费险. */
function isMended(promise: SpokenPromise, event: Event, cues: Cues): boolean {
  const soon = event.atMs - promise.atMs <= windowLimits.ms
  return soon && (cues.has('PLEDGE_MENDED') || cues.has('CORRECTION'))
}

function brokenPromise(
  promise: SpokenPromise,
  words: PromiseWords,
  event: Event,
  state: RoomState,
  scene: Scene,
): Finding {
  const { code, zh } = named[promise.kind]
  const now = quoteBetween(scene.reading, words.match.start, words.match.end)
  return toRoomFinding(
    {
      code,
      label: taxonomyOf(code).family === 'blindbox' ? 'blindbox' : 'spec',
      ruleId: `room.promise-${promise.kind}`,
      ruleZh: `承诺没有兑现：${zh}`,
      span: now.span,
      earlier: [promise.seq],
      concepts: [
        hit(promise.concept, promise.seq, promise.quote, promise.span, scene.pack),
        hit(conceptOf(words, scene.pack), event.seq, now.quote, now.span, scene.pack),
      ],
      notes: [`${clock(promise.atMs)} 承诺过「${promise.quote}」`],
    },
    event,
    state,
    scene.pack,
  )
}

/** The concept whose words come first. */
function conceptOf({ pattern, match }: PromiseWords, pack: CompiledRulePack): DiscourseConcept {
  const first = match.spans[0]?.concept
  const names = pattern.need.flat()
  return names.find((name) => pack.discourse[name] === first) ?? names[0] ?? 'PLEDGE_RETURN'
}

function hit(
  concept: string,
  seq: number,
  quote: string,
  span: readonly [number, number],
  pack: CompiledRulePack,
): ConceptHit {
  const zh = pack.concepts.find(({ id }) => id === concept)?.zh ?? concept
  return { concept, zh, seq, quote, span: [span[0], span[1]] }
}

/** Time of the stream as people read it: 03:20, 1:02:07. */
function clock(atMs: number): string {
  const seconds = Math.floor(atMs / 1_000)
  const two = (value: number): string => String(value).padStart(2, '0')
  const hours = Math.floor(seconds / 3_600)
  const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`
  return hours > 0 ? `${hours}:${rest}` : rest
}

/** A promise that is made again in the same terms takes the place of the earlier one. */
function remembered(
  known: readonly SpokenPromise[],
  given: readonly PromiseWords[],
  event: Event,
  cues: Cues,
  scene: Scene,
  state: RoomState,
): readonly SpokenPromise[] {
  const said = {
    seq: event.seq,
    atMs: event.atMs,
    product: state.product?.id ?? null,
    roomwide: cues.has('PLEDGE_ROOMWIDE'),
    conditional: cues.has('PLEDGE_TERMS'),
  }
  const made = given.flatMap((words): SpokenPromise[] => {
    const { span, quote } = quoteBetween(scene.reading, words.match.start, words.match.end)
    return words.pattern.kinds.map((kind) => ({ kind, ...said, concept: conceptOf(words, scene.pack), quote, span }))
  })
  return made
    .reduce((promises, now) => [...promises.filter((one) => !isSamePromise(one, now)), now], [...known])
    .slice(-roomBounds.promises)
}

function isSamePromise(a: SpokenPromise, b: SpokenPromise): boolean {
  return a.kind === b.kind && a.product === b.product && a.roomwide === b.roomwide && a.conditional === b.conditional
}
