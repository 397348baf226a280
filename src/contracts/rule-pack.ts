import { z } from 'zod'
import { categorySchema, licencesSchema } from './category.ts'
import { severitySchema } from './finding.ts'
import { codeSchema, exemptionCodeSchema } from './taxonomy.ts'

/**
 * A rule pack is data: concepts (word lists, no verdicts) and rules that compose them. It holds no regular expressions,
 * so that matching stays linear in the text whatever a rule author writes.
 *
 * Folder form: `pack.yaml` (packSchema) and any number of `*.yaml` files below it, each with `concepts`, `rules` or both.
 */
export const packSchema = z.strictObject({
  pack: z.string().regex(/^[a-z][a-z0-9-]*$/),
  version: z.string().min(1).max(40),
  zh: z.string(),
})

const conceptId = z.string().regex(/^#?[A-Z][A-Z0-9_]*$/, 'A concept is written in capitals, such as DISEASE')

/**
 * A named set of terms. Names that begin with `#` are computed by the engine and never listed in a pack:
 * #TIME_SPAN 三天 一个疗程, #PERCENT, #MONEY 九块九, #WEIGHT 十斤, #COUNT, #AGE 五岁 四年级.
 */
export const conceptSchema = z.strictObject({
  id: conceptId,
  zh: z.string(),
  terms: z.array(z.string().min(1).max(40)).default([]),
  /** Phrases in which a term is harmless (血压计 for 血压): the longest match wins, so the term inside is not seen. */
  allow: z.array(z.string().min(1).max(40)).default([]),
  /** Spellings that mean the term: homophones, abbreviations, code words; `said: meant`. They mark the finding as evasive. */
  aliases: z.record(z.string().min(1).max(40), z.string().min(1).max(40)).default({}),
  /** Match in the toneless-syllable view too; only terms of three or more characters are. */
  phonetic: z.boolean().default(false),
  /** Most inserted filler characters (呃 那个 marks) tolerated between two characters of a term. */
  filler: z.int().min(0).max(3).default(1),
})
export type ConceptSource = z.infer<typeof conceptSchema>

/** One utterance a rule must or must not fire on; a bare string is seller's speech in the rule's first category. */
export const ruleExampleSchema = z.union([
  z.string().min(1),
  z.strictObject({
    text: z.string().min(1),
    channel: z.enum(['speech', 'chat']).default('speech'),
    category: categorySchema.optional(),
    licences: licencesSchema.optional(),
    /** Earlier utterances, oldest first; `弹幕:` marks a viewer, `助播:` the assistant. */
    context: z.array(z.string()).optional(),
    facts: z.record(z.string(), z.string()).optional(),
    priceFen: z.int().optional(),
  }),
])
export type RuleExample = z.infer<typeof ruleExampleSchema>

const slotSchema = z.strictObject({
  /** Concepts of which one must be seen. */
  any: z.array(conceptId).min(1),
  /** The slot may lie in an earlier utterance of the window instead of the present one. */
  earlier: z.boolean().default(false),
})

export const ruleSchema = z.strictObject({
  id: z.string().regex(/^[a-z0-9]+(?:[.-][a-z0-9]+)*$/, 'A rule id is kebab-case, such as food-cure-1'),
  code: codeSchema,
  zh: z.string(),
  /** All slots must be filled. */
  need: z.array(slotSchema).min(1).max(5),
  /** `listed`: the slots must follow each other in the text as listed. */
  order: z.enum(['any', 'listed']).default('any'),
  /** Most characters of normalised text between neighbouring slot hits. */
  gap: z.int().min(0).max(200).default(14),
  /** `clause`: all hits in one clause; `utterance`: anywhere in the event, within `gap`. */
  scope: z.enum(['clause', 'utterance']).default('utterance'),
  /** Concepts whose presence in the same clause (or utterance, by `scope`) stops the rule. */
  without: z.array(conceptId).default([]),
  /** Concepts of which one must have been seen in the window (last utterances of the seller), this event included. */
  window: z.array(conceptId).default([]),
  /** Who must be speaking: the seller is host, assistant and staff in chat. */
  speaker: z.enum(['seller', 'viewer']).default('seller'),
  /** Applies only to these categories; empty = all. */
  categories: z.array(categorySchema).default([]),
  notCategories: z.array(categorySchema).default([]),
  /** With the category unknown: fire, fire but leave the decision to a person, or stay silent. */
  unknownCategory: z.enum(['apply', 'review', 'skip']).default('apply'),
  /** Licence prefixes under which the claim is lawful (`国妆特字`); found → exempt.licensed. */
  licences: z.array(z.string().min(1)).default([]),
  /** The licence must name this function (text after `:`), by one of these words, to exempt. */
  licenceFunctions: z.array(z.string().min(1)).default([]),
  /**
   * The rule fires only when a registered fact of the product contradicts it. A word of one character (无) must be all
   * that is registered, a longer one a part of it.
   */
  contradictedBy: z
    .array(
      z.strictObject({
        fact: z.array(z.string()).min(1),
        says: z.array(z.string()).min(1),
        /** A fact of these names that says this, and none of `says`, confirms the claim: then no other contradicts it. */
        unless: z.array(z.string()).default([]),
      }),
    )
    .default([]),
  /** … or when the price is below this, in fen: a claim that is economically absurd. */
  absurdBelowFen: z.int().min(1).optional(),
  severity: severitySchema.optional(),
  /** Confidence of the rule alone, before modifiers. */
  score: z.number().min(0.05).max(1).default(0.85),
  /** Exemptions that may spare it; default all. */
  exemptions: z.union([z.literal('all'), z.array(exemptionCodeSchema)]).default('all'),
  examples: z.strictObject({
    positive: z.array(ruleExampleSchema).min(2),
    negative: z.array(ruleExampleSchema).min(2),
  }),
})
export type RuleSource = z.infer<typeof ruleSchema>

export const packFileSchema = z.strictObject({
  concepts: z.array(conceptSchema).default([]),
  rules: z.array(ruleSchema).default([]),
})
export type PackFile = z.infer<typeof packFileSchema>

/** What is wrong with a pack, where, and what to do. */
export type PackProblem = { file: string; line: number; rule: string | null; problem: string; remedy: string }
