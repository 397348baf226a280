import type { ConceptSource, RuleSource } from '../../contracts/rule-pack.ts'
import type { Code } from '../../contracts/taxonomy.ts'
import type { Classifier } from '../classify/classifier.ts'
import type { ContextConcepts } from '../compose/context-concepts.ts'
import type { Lexicon } from '../lexicon/lexicon.ts'
import type { DiscourseConcept, DiscourseIds } from '../exempt/discourse-ids.ts'

/** What people are shown of a rule. */
export type RuleInfo = {
  id: string
  code: Code
  zh: string
  file: string
  line: number
  severity: number
  score: number
  source: RuleSource
}

/** A rule with concepts as numbers. */
export type CompiledRule = {
  index: number
  info: RuleInfo
  code: Code
  slots: readonly {
    concepts: ReadonlySet<number>
    list: readonly number[]
    earlier: boolean
    /** A word of context (这个, 喝) fills it too, so filling it says nothing by itself. */
    contextual: boolean
  }[]
  /** Bit per slot that must be filled in the present event's joined text. */
  presentMask: number
  allMask: number
  without: readonly number[]
  window: readonly number[]
  source: RuleSource
}

/** Where a concept is used: rule and bit of the slot. */
export type SlotUse = { rule: number; bit: number }

/** A pack ready to run. Immutable; built by `compilePack` from its sources alone. */
export type CompiledRulePack = {
  name: string
  version: string
  zh: string
  /** SHA-256 over names and texts of the source files, in hex. */
  hash: string
  rules: readonly RuleInfo[]
  concepts: readonly ConceptSource[]
  conceptIds: ReadonlyMap<string, number>
  literal: Lexicon
  phonetic: Lexicon
  compiledRules: readonly CompiledRule[]
  /** Per concept, the slots it can fill. */
  uses: readonly (readonly SlotUse[])[]
  /** Per concept, the rules whose rarest slot it can fill. */
  triggers: readonly (readonly number[])[]
  discourse: DiscourseIds
  context: ContextConcepts
  discourseNames: ReadonlyMap<number, DiscourseConcept>
  /** The second stage; a pack without `classifier.json` runs its rules alone. */
  classifier: Classifier | undefined
}
