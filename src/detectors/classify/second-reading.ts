import type { Finding } from '../../contracts/finding.ts'
import { violationFamilies } from '../../contracts/classifier.ts'
import type { ViolationFamily } from '../../contracts/classifier.ts'
import { taxonomyOf } from '../../contracts/taxonomy.ts'
import type { Code } from '../../contracts/taxonomy.ts'
import { isContradiction } from '../notes.ts'
import type { Classifier, Threshold, Thresholds } from './classifier.ts'
import { familyLogOdds, seenBy } from './network.ts'
import { linearScore } from './score.ts'
import type { ClassifierInput } from './score.ts'

/** Log-odds of each family against lawful talk. */
export type FamilyScores = Readonly<Record<ViolationFamily, number>>

/** What the classifier makes of an event: which of the rules' findings are to stand, and what it raises by itself. */
export type SecondReading = {
  keeps: (finding: Finding) => boolean
  /** Families it raises although no rule's finding stands for them, surest first. */
  raised: readonly ViolationFamily[]
}

/** How each family scores. */
export function familyScores(classifier: Classifier, input: ClassifierInput): FamilyScores {
  const [efficacy, spec, blindbox] = familyLogOdds(classifier, seenBy(classifier, input))
  return { efficacy, spec, blindbox }
}

/** From this many utterances of the window on, a room is running. */
export const runningFrom = 5

/** The thresholds for an event: those of a line by itself, or of a running room. */
export function thresholdsFor(
  { thresholds, running }: Pick<Classifier, 'thresholds' | 'running'>,
  heardBefore: number,
): Thresholds {
  if (heardBefore < runningFrom) return thresholds
  const moved = ({ raise, keep }: Threshold): Threshold => ({ raise: raise + running.raise, keep: keep + running.keep })
  return {
    efficacy: moved(thresholds.efficacy),
    spec: moved(thresholds.spec),
    blindbox: moved(thresholds.blindbox),
  }
}

/** How far, in log-odds, a family may lie behind the surest one before a rule's finding for it is doubted. */
const behind = 2

/**
 * Puts the rules' findings and the scores together. A text seldom breaks two families' rules at once: the classifier
 * raises the surest one alone.
 */
export function readAgain(thresholds: Thresholds, scores: FamilyScores, findings: readonly Finding[]): SecondReading {
  const margin = (family: ViolationFamily): number => scores[family] - thresholds[family].raise
  const [surest] = [...violationFamilies].sort((a, b) => margin(b) - margin(a))
  const keeps = (finding: Finding): boolean => {
    const { label, notes } = finding
    // Registered facts and prices are no matter of wording.
    if (label === 'clean' || finding.severity < 2 || notes.some(isContradiction)) return true
    return scores[label] >= thresholds[label].keep && (surest === undefined || margin(surest) - margin(label) <= behind)
  }
  const stands = findings.some((one) => one.severity >= 2 && one.label === surest && keeps(one))
  return { keeps, raised: surest === undefined || stands || margin(surest) < 0 ? [] : [surest] }
}

/** The code of a family that a text speaks of most, by the classifier's second table. */
export function codeOf(classifier: Classifier, family: ViolationFamily, input: ClassifierInput): Code {
  const scores = linearScore(classifier.codes, input)
  let best: Code | undefined
  let most = -Infinity
  classifier.codeNames.forEach((code, i) => {
    const value = scores[i] ?? -Infinity
    if (taxonomyOf(code).family !== family || value <= most) return
    best = code
    most = value
  })
  return best ?? defaultCode[family]
}

const defaultCode: Readonly<Record<ViolationFamily, Code>> = {
  efficacy: 'efficacy.medical_claim',
  spec: 'spec.material',
  blindbox: 'blindbox.unlabelled_lottery',
}

/** Probability behind log-odds, to two decimals; no linear model is ever certain. */
export function probability(logOdds: number): number {
  return Math.min(0.99, Math.max(0.01, Math.round(100 / (1 + Math.exp(-logOdds))) / 100))
}
