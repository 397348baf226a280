import { violationFamilies } from '../../contracts/classifier.ts'
import type { ViolationFamily } from '../../contracts/classifier.ts'
import type { CorpusItem } from '../../contracts/corpus.ts'
import type { Code, Label } from '../../contracts/taxonomy.ts'
import { detect } from '../../detectors/detect.ts'
import type { CompiledRulePack } from '../../detectors/pack/compiled-rule-pack.ts'

/** An item and what the detectors said of it. */
export type Answer = { item: CorpusItem; label: Label; codes: readonly Code[] }

/** Precision, recall and F1 of a family, 0–1, with the counts behind them. */
export type FamilyFigures = { precision: number; recall: number; f1: number; there: number; said: number; hit: number }

/** Figures of a part of the items: `right` got the label they should, `flagged` any label but clean. */
export type PartFigures = { items: number; right: number; flagged: number }

export type ItemFigures = {
  items: number
  macroF1: number
  families: Record<ViolationFamily, FamilyFigures>
  /** Share of lawful look-alikes that got a label. */
  hardNegativesFlagged: number
  /** Of violations whose family was found, the share whose main code is among the findings. */
  codeRecall: number
  byDifficulty: Record<string, PartFigures>
  byChannel: Record<string, PartFigures>
  byCategory: Record<string, PartFigures>
}

/** Runs `detect` on every item, as the command would. */
export function answerItems(items: readonly CorpusItem[], pack: CompiledRulePack, each: () => void): Answer[] {
  return items.map((item) => {
    const { id, channel, category, licences, context, text } = item
    const { label, findings } = detect({ id, channel, category, licences, context, text }, pack)
    each()
    return { item, label, codes: findings.map(({ code }) => code) }
  })
}

/** Figures over answers. */
export function measureItems(answers: readonly Answer[]): ItemFigures {
  const families = {
    efficacy: familyFigures(answers, 'efficacy'),
    spec: familyFigures(answers, 'spec'),
    blindbox: familyFigures(answers, 'blindbox'),
  }
  const hard = answers.filter(({ item }) => item.difficulty === 'hardneg')
  const found = answers.filter(({ item, label }) => item.label !== 'clean' && item.label === label)
  return {
    items: answers.length,
    macroF1: violationFamilies.reduce((sum, family) => sum + families[family].f1, 0) / violationFamilies.length,
    families,
    hardNegativesFlagged: share(hard, ({ label }) => label !== 'clean'),
    codeRecall: share(found, ({ item, codes }) => codes.some((code) => item.codes.includes(code))),
    byDifficulty: parts(answers, ({ item }) => item.difficulty),
    byChannel: parts(answers, ({ item }) => item.channel),
    byCategory: parts(answers, ({ item }) => item.category ?? 'unknown'),
  }
}

function familyFigures(answers: readonly Answer[], family: ViolationFamily): FamilyFigures {
  const there = answers.filter(({ item }) => item.label === family).length
  const said = answers.filter(({ label }) => label === family).length
  const hit = answers.filter(({ item, label }) => label === family && item.label === family).length
  const precision = said === 0 ? 0 : hit / said
  const recall = there === 0 ? 0 : hit / there
  return { precision, recall, f1: hit === 0 ? 0 : (2 * hit) / (said + there), there, said, hit }
}

function share<T>(all: readonly T[], holds: (one: T) => boolean): number {
  return all.length === 0 ? 0 : all.filter(holds).length / all.length
}

function parts(answers: readonly Answer[], of: (answer: Answer) => string): Record<string, PartFigures> {
  const table: Record<string, PartFigures> = {}
  for (const answer of answers) {
    const part = (table[of(answer)] ??= { items: 0, right: 0, flagged: 0 })
    part.items++
    if (answer.label === answer.item.label) part.right++
    if (answer.label !== 'clean') part.flagged++
  }
  return Object.fromEntries(Object.entries(table).sort((a, b) => b[1].items - a[1].items))
}
