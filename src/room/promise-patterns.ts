import type { DiscourseConcept } from '../detectors/exempt/discourse-ids.ts'
import type { PromiseKind } from './room-state.ts'

/** Words, in the concepts of a pack, that make or break promises. */
export type PromisePattern = {
  does: 'make' | 'break'
  /** Promises that are made so; of those that are broken so, the first that fits is meant. */
  kinds: readonly PromiseKind[]
  /** One concept of every slot must be said. */
  need: readonly (readonly DiscourseConcept[])[]
  /** The slots follow each other as listed. */
  listed?: true
  /** Most characters between the words. */
  gap?: number
  /** The refusal is of the promise as such, not of a case that its conditions may leave out. */
  whole?: true
  /** The refusal rests on the seal being broken. */
  opened?: true
}

const outcomes = { effect: 'OUTCOME_EFFECT', skin: 'OUTCOME_SKIN', damage: 'OUTCOME_DAMAGE' } as const

/**
 * How the promises of DOMAIN D.2 (spec.service_promise, spec.bait_switch) and the rules of a draw (D.3
 * blindbox.hidden_odds) are made and broken. Whole phrases where the language has them, else what it is about and an
 * answer to it: 过敏 … 包退, 过敏 … 不管.
 */
export const promisePatterns: readonly PromisePattern[] = [
  { does: 'make', kinds: ['return'], need: [['PLEDGE_RETURN']] },
  { does: 'make', kinds: ['return'], need: [['RETURN_WINDOW'], ['GIVE_BACK']], listed: true, gap: 8 },
  { does: 'make', kinds: ['anyhow'], need: [['PLEDGE_ANYHOW']] },
  { does: 'make', kinds: ['anyhow'], need: [['DISLIKE'], ['GIVE_BACK']], listed: true, gap: 12 },
  { does: 'make', kinds: ['opened'], need: [['OPENED'], ['GIVE_BACK']], listed: true, gap: 8 },
  { does: 'make', kinds: ['used'], need: [['USED'], ['GIVE_BACK']], listed: true, gap: 14 },
  { does: 'break', kinds: ['return', 'anyhow', 'opened', 'used'], need: [['BREACH_POLICY']], whole: true },
  { does: 'break', kinds: ['return', 'anyhow'], need: [['BREACH_RETURN']] },
  { does: 'break', kinds: ['return', 'anyhow'], need: [['RETURNING'], ['DECLINE']], listed: true, gap: 8 },
  {
    does: 'break',
    kinds: ['opened', 'anyhow', 'return'],
    need: [['OPENED'], ['REFUSE']],
    listed: true,
    gap: 10,
    opened: true,
  },
  { does: 'break', kinds: ['used'], need: [['USED'], ['REFUSE']], listed: true, gap: 12 },
  ...(['effect', 'skin', 'damage'] as const).flatMap((kind): PromisePattern[] => [
    { does: 'make', kinds: [kind], need: [[outcomes[kind]], ['GIVE_BACK']], listed: true, gap: 12 },
    { does: 'break', kinds: [kind], need: [[outcomes[kind]], ['REFUSE']], listed: true, gap: 16 },
  ]),
  { does: 'make', kinds: ['genuine'], need: [['GENUINE']] },
  { does: 'make', kinds: ['genuine'], need: [['FAKE'], ['GIVE_BACK']], listed: true, gap: 8 },
  { does: 'break', kinds: ['genuine'], need: [['BREACH_GENUINE']] },
  { does: 'break', kinds: ['genuine'], need: [['GENUINE', 'FAKE', 'APPRAISAL'], ['REFUSE']], listed: true, gap: 12 },
  { does: 'make', kinds: ['insurance'], need: [['INSURANCE']] },
  { does: 'make', kinds: ['insurance'], need: [['FREIGHT'], ['FREE']], gap: 6 },
  { does: 'break', kinds: ['insurance'], need: [['BREACH_INSURANCE']] },
  { does: 'break', kinds: ['insurance'], need: [['FREIGHT'], ['REFUSE', 'CHARGE', 'GONE']], listed: true, gap: 8 },
  { does: 'make', kinds: ['postage'], need: [['POSTAGE']] },
  { does: 'break', kinds: ['postage'], need: [['BREACH_POSTAGE']] },
  { does: 'break', kinds: ['postage'], need: [['POSTAGE_FEE'], ['CHARGE']], gap: 6 },
  { does: 'make', kinds: ['fee'], need: [['SERVICE_FEE'], ['FREE']], gap: 4 },
  { does: 'break', kinds: ['fee'], need: [['SERVICE_FEE'], ['CHARGE']], gap: 8 },
  { does: 'make', kinds: ['price'], need: [['PLEDGE_PRICE']] },
  { does: 'make', kinds: ['price'], need: [['PRICE_GAP'], ['GIVE_BACK']], listed: true, gap: 8 },
  { does: 'break', kinds: ['price'], need: [['BREACH_PRICE']] },
  { does: 'break', kinds: ['price'], need: [['PRICE_GAP'], ['REFUSE']], listed: true, gap: 8 },
  { does: 'make', kinds: ['shipping'], need: [['SOON'], ['SHIP']], listed: true, gap: 6 },
  { does: 'break', kinds: ['shipping'], need: [['CANNOT_SHIP']] },
  { does: 'break', kinds: ['shipping'], need: [['LONG_WAIT'], ['SHIP']], gap: 10 },
  { does: 'make', kinds: ['gift'], need: [['PLEDGE_GIFT']] },
  { does: 'break', kinds: ['gift'], need: [['BREACH_GIFT']] },
  { does: 'break', kinds: ['gift'], need: [['GIFT'], ['GONE', 'REFUSE']], listed: true, gap: 8 },
  { does: 'make', kinds: ['warranty'], need: [['PLEDGE_WARRANTY']] },
  { does: 'make', kinds: ['warranty'], need: [['REPAIR'], ['FREE']], gap: 4 },
  { does: 'break', kinds: ['warranty'], need: [['BREACH_WARRANTY']] },
  { does: 'break', kinds: ['warranty'], need: [['WARRANTY'], ['REFUSE', 'NOT_IN']], gap: 8 },
  { does: 'break', kinds: ['warranty'], need: [['REPAIR'], ['CHARGE', 'REFUSE']], listed: true, gap: 8 },
  { does: 'make', kinds: ['goods'], need: [['PLEDGE_GOODS']] },
  { does: 'make', kinds: ['goods'], need: [['SHIP'], ['IN_HAND']], listed: true, gap: 6 },
  { does: 'break', kinds: ['goods'], need: [['BREACH_GOODS']] },
  { does: 'break', kinds: ['goods'], need: [['IN_HAND'], ['DIFFERENT']], listed: true, gap: 4 },
  { does: 'break', kinds: ['goods'], need: [['SWAP'], ['SHIP']], listed: true, gap: 6 },
  { does: 'make', kinds: ['opening'], need: [['PLEDGE_OPENING']] },
  { does: 'make', kinds: ['opening'], need: [['ON_AIR'], ['OPENING']], listed: true, gap: 8 },
  { does: 'break', kinds: ['opening'], need: [['BREACH_OPENING']] },
  { does: 'break', kinds: ['opening'], need: [['OFF_AIR'], ['OPENING']], listed: true, gap: 10 },
  { does: 'make', kinds: ['draw'], need: [['PLEDGE_DRAW']] },
  { does: 'make', kinds: ['draw'], need: [['RULES'], ['STATED']], listed: true, gap: 4 },
  { does: 'make', kinds: ['draw'], need: [['DRAW_HIT'], ['PRIZE_GIVE']], listed: true, gap: 12 },
  { does: 'break', kinds: ['draw'], need: [['BREACH_DRAW']] },
  { does: 'break', kinds: ['draw'], need: [['RULES', 'PRIZE'], ['CHANGED']], gap: 6 },
  { does: 'break', kinds: ['draw'], need: [['PRIZE'], ['GONE']], listed: true, gap: 4 },
  { does: 'break', kinds: ['draw'], need: [['CHANGED'], ['DRAW_HIT']], listed: true, gap: 10 },
  { does: 'break', kinds: ['draw'], need: [['JUST_NOW'], ['VOID']], listed: true, gap: 10 },
]
