import { computedConcepts } from '../pack/computed-concepts.ts'

/**
 * Concepts that say what or whom a claim is about, never the claim: goods, pronouns, using and ordering them, people. The
 * engine must know them, because a sentence that adds nothing else to an earlier one completes no claim. A pack fills
 * them with words; one that is absent is simply never seen.
 */
const contextNames = [
  'PRODUCT_REF',
  'PRODUCT_NOUN',
  'GOODS_NOUN',
  'MAKEUP_NOUN',
  'TAKE_THIS',
  'USE',
  'CAPABLE',
  'PEOPLE',
  'CALL',
  'BUY_NOW',
  'WITNESS',
  'TARGET_VULNERABLE',
  'MALE',
  'OWN',
  'PUSH',
] as const

/** Of these, the ones whose words are nothing else, whatever other concept lists them too: 这个 as 让人猜是金玉的东西. */
const referringNames: readonly (typeof contextNames)[number][] = ['PRODUCT_REF', 'USE', 'PEOPLE', 'CALL', 'OWN', 'PUSH']

/** Numbers and dates are a claim in a slot of their own (三天 + 见效) and context where 这个 would do as well. */
const circumstanceNames: readonly string[] = [...computedConcepts, 'TIME_SOON']

/** Those of them that are in every second sentence (七天无理由, 来三包): a claim only as a bare answer. */
const passingNames: readonly string[] = ['#TIME_SPAN', '#COUNT', 'TIME_SOON']

const orderNames: readonly (typeof contextNames)[number][] = ['PRODUCT_REF', 'BUY_NOW', 'PUSH', 'TAKE_THIS']

/** 懂的都懂, 打在公屏上: they leave a gap for a claim, so that the one who fills it in repeats nothing. */
const hintNames: readonly string[] = ['KNOW_HINT', 'CANT_SAY', 'CLOSED_LIPS']

/** The concept numbers of a pack's context words. */
export type ContextConcepts = {
  readonly all: ReadonlySet<number>
  readonly referring: ReadonlySet<number>
  readonly circumstances: ReadonlySet<number>
  readonly passing: ReadonlySet<number>
  /** Words of goods on offer, beside which a number is how many to order. */
  readonly orders: ReadonlySet<number>
  readonly hints: ReadonlySet<number>
  /** 能, 可以: context too, but a whole answer when they stand alone. */
  readonly capable: number
}

/** Looks the names up once, when a pack is compiled. */
export function contextConcepts(conceptIds: ReadonlyMap<string, number>): ContextConcepts {
  const numbers = (names: readonly string[]): Set<number> =>
    new Set(names.flatMap((name) => conceptIds.get(name) ?? []))
  return {
    all: numbers(contextNames),
    referring: numbers(referringNames),
    circumstances: numbers(circumstanceNames),
    passing: numbers(passingNames),
    orders: numbers(orderNames),
    hints: numbers(hintNames),
    capable: conceptIds.get('CAPABLE') ?? -1,
  }
}
