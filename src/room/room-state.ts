import type { AlertSeed } from '../contracts/alert-seed.ts'
import type { Category } from '../contracts/category.ts'
import type { Product } from '../contracts/room-event.ts'
import type { Code, Label } from '../contracts/taxonomy.ts'
import type { Utterance } from '../detectors/compose/utterance.ts'

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
  readonly corrected?: boolean
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
  /** Seller's findings per code in this session, for repetition. */
  readonly counts: { readonly [code in Code]?: number }
  /** Viewers who complained lately, for surges. */
  readonly complaints: readonly { readonly userId: string; readonly seq: number; readonly atMs: number }[]
  /** Cries of 最后三单, each with the words and the product they were said of. */
  readonly lastCalls: readonly LastCall[]
  /** The blind-box sale on the air; null before one and after the product changed. */
  readonly box: BoxSale | null
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
  }
}
