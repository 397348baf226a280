import type { Finding } from '../../contracts/finding.ts'
import { violationFamilies } from '../../contracts/classifier.ts'
import type { ViolationFamily } from '../../contracts/classifier.ts'
import { taxonomyOf } from '../../contracts/taxonomy.ts'
import type { Code } from '../../contracts/taxonomy.ts'
import { isContradiction } from '../notes.ts'
import type { Classifier } from './classifier.ts'
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

/** Puts the rules' findings and the scores together. */
export function readAgain(
  thresholds: Classifier['thresholds'],
  scores: FamilyScores,
  findings: readonly Finding[],
): SecondReading {
  const keeps = (finding: Finding): boolean => {
    const { label, notes } = finding
    // Registered facts and prices are no matter of wording.
    if (label === 'clean' || finding.severity < 2 || notes.some(isContradiction)) return true
    return scores[label] >= thresholds[label].keep
  }
  const stand = new Set(findings.filter((one) => one.severity >= 2 && keeps(one)).map(({ label }) => label))
  const margin = (family: ViolationFamily): number => scores[family] - thresholds[family].raise
  const raised = violationFamilies
    .filter((family) => !stand.has(family) && margin(family) >= 0)
    .sort((a, b) => margin(b) - margin(a))
  return { keeps, raised }
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
