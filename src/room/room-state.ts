import type { AlertSeed } from '../contracts/alert-seed.ts'
import type { Category } from '../contracts/category.ts'
import type { Product } from '../contracts/room-event.ts'
import type { Code, Label } from '../contracts/taxonomy.ts'
import type { Utterance } from '../detectors/compose/utterance.ts'
import { noCourse } from './course.ts'
import type { RoomCourse } from './course.ts'

/** What a finding left behind in its alert: enough to rebuild the alert when a finding is taken back. */
export type Evidence = {
  readonly seq: number
  readonly atMs: number
  readonly evidenceSeqs: readonly number[]
  readonly severity: number
  readonly score: number
  readonly label: Label
  readonly quote: string
  readonly text: string
  readonly span: readonly [number, number]
  readonly ruleId: string
  /** The product on the counter when it was said; null when none was. */
  readonly product: string | null
  /** When the seller took the words back, which made them one step milder. */
  readonly correctedAtMs?: number
}

/** The open group of one code: its alert and the findings it rests on. */
export type AlertGroup = { readonly alert: AlertSeed; readonly evidence: readonly Evidence[] }

/**
 * All that folding a session's events has left: plain data, bounded, replaced and never changed. The same events give
 * the same state in whatever batches they come.
 */
export type RoomState = {
  readonly sessionId: string
  readonly startedAt: string | null
  readonly category: Category | null
  readonly licences: readonly string[]
  readonly product: Product | null
  readonly seq: number
  readonly window: readonly Utterance[]
  readonly groups: { readonly [code in Code]?: AlertGroup }
  /** Seller's findings per code in this session, for repetition. What viewers say is not counted. */
  readonly counts: { readonly [code in Code]?: number }
  /** Viewers who complained lately, for surges. */
  readonly complaints: readonly { readonly userId: string; readonly seq: number; readonly atMs: number }[]
  /** Cries of 最后三单, each with the words and the product they were said of. */
  readonly lastCalls: readonly LastCall[]
  /** The blind-box sale on the air; null before one and after the product changed. */
  readonly box: BoxSale | null
  /** What the seller promised and has not taken back at once, oldest first. */
  readonly promises: readonly SpokenPromise[]
  /** Viewers' testimonials of the last minutes, oldest first. */
  readonly testimonies: readonly Testimony[]
  /** When the seller last asked the audience to type something; null before that. */
  readonly calledAtMs: number | null
  /** What the seller's talk has been about. */
  readonly course: RoomCourse
}

/** Kinds of promises, each kept and broken in words of its own. */
export const promiseKinds = [
  'return',
  'anyhow',
  'opened',
  'used',
  'effect',
  'skin',
  'damage',
  'genuine',
  'insurance',
  'postage',
  'fee',
  'price',
  'shipping',
  'gift',
  'warranty',
  'goods',
  'opening',
  'draw',
] as const
export type PromiseKind = (typeof promiseKinds)[number]

/** One promise to the audience, as it was last made. */
export type SpokenPromise = {
  readonly kind: PromiseKind
  readonly seq: number
  readonly atMs: number
  /** The concept whose words made it, for the evidence. */
  readonly concept: string
  readonly quote: string
  readonly span: readonly [number, number]
  readonly product: string | null
  /** Said of everything in the room, not of the product on the counter. */
  readonly roomwide: boolean
  /** Said together with conditions: unopened, tag on. */
  readonly conditional: boolean
}

/** A viewer's message of use or praise, as it is compared with others. */
export type Testimony = {
  readonly seq: number
  readonly atMs: number
  readonly userId: string
  /** Normalised, cut to `roomBounds.testimonyUnits`. */
  readonly text: string
  /** The text without numbers, people and particles. */
  readonly skeleton: string
  /** It would be an efficacy claim if the seller said it. */
  readonly claims: boolean
  /** The first message of the script that it is an edit of; its own `seq` while there is none. */
  readonly script: number
}

/** One cry that only a few are left. */
export type LastCall = {
  readonly seq: number
  readonly atMs: number
  readonly quote: string
  readonly product: string | null
}

/** Offer → draws → odds: what has been heard of a blind-box sale. */
export type BoxSale = {
  readonly offerSeq: number
  readonly offerAtMs: number
  readonly draws: number
  readonly oddsHeard: boolean
  readonly reported: boolean
}

/** Bounds of what a room remembers. */
export const roomBounds = {
  sellerUtterances: 20,
  viewerMessages: 12,
  evidence: 100,
  hits: 500,
  complaints: 50,
  lastCalls: 40,
  promises: 40,
  testimonies: 60,
  testimonyUnits: 60,
} as const

/** A session before its first event. `category: null` means unknown. */
export function initialRoom(session: {
  sessionId: string
  startedAt?: string | null | undefined
  category?: Category | null | undefined
  licences?: readonly string[] | undefined
}): RoomState {
  return {
    sessionId: session.sessionId,
    startedAt: session.startedAt ?? null,
    category: session.category ?? null,
    licences: [...(session.licences ?? [])],
    product: null,
    seq: 0,
    window: [],
    groups: {},
    counts: {},
    complaints: [],
    lastCalls: [],
    box: null,
    promises: [],
    testimonies: [],
    calledAtMs: null,
    course: noCourse,
  }
}
