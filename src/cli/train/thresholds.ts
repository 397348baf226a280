import { violationFamilies } from '../../contracts/classifier.ts'
import type { ViolationFamily } from '../../contracts/classifier.ts'
import type { Finding } from '../../contracts/finding.ts'
import { taxonomyOf } from '../../contracts/taxonomy.ts'
import type { Code, Label } from '../../contracts/taxonomy.ts'
import type { Threshold, Thresholds } from '../../detectors/classify/classifier.ts'
import { probability, readAgain, runningFrom, thresholdsFor } from '../../detectors/classify/second-reading.ts'
import type { FamilyScores } from '../../detectors/classify/second-reading.ts'

/** An utterance of the dev split with all that does not depend on the thresholds. */
export type Judged = {
  label: Label
  hardNegative: boolean
  /** Utterances of the window before it. */
  heardBefore: number
  findings: readonly Finding[]
  scores: FamilyScores
  codes: Readonly<Record<ViolationFamily, Code>>
}

/** What the thresholds must hold on dev. */
export type Demands = {
  /** Lowest precision of a family. */
  precision: number
  /** Most hard negatives flagged, as a share. */
  hardNegatives: number
}

export type Measured = { macroF1: number; precision: Record<ViolationFamily, number>; hardNegatives: number }

/**
 * The thresholds with the best macro-F1 that meet the demands, by coordinate search from strict to loose; the strictest
 * when none meets them. The same input gives the same thresholds.
 */
export function chooseThresholds(
  judged: readonly Judged[],
  demands: Demands,
): { thresholds: Thresholds; measured: Measured } {
  let best: Thresholds = startAt(strict)
  let value = worth(measure(judged, best), demands)
  for (const start of starts) {
    let thresholds = startAt(start)
    let reached = worth(measure(judged, thresholds), demands)
    for (let round = 0, moved = true; moved && round < 6; round++) {
      moved = false
      for (const next of neighbours(thresholds)) {
        const candidate = worth(measure(judged, next), demands)
        if (candidate <= reached + 1e-9) continue
        thresholds = next
        reached = candidate
        moved = true
      }
    }
    if (reached > value) {
      best = thresholds
      value = reached
    }
  }
  return { thresholds: best, measured: measure(judged, best) }
}

const strict = 3
const starts = [2, 1.5, 1, 0.5, 0, -0.5]
const raises = Array.from({ length: 36 }, (_, i) => i / 8 - 1.5)
const drops = [0, 0.25, 0.5, 0.75, 1, 1.5, 2, 3]

function startAt(raise: number): Thresholds {
  const one = { raise, keep: raise - 0.5 }
  return { efficacy: one, spec: one, blindbox: one }
}

function* neighbours(from: Thresholds): Generator<Thresholds> {
  for (const family of violationFamilies) {
    for (const raise of raises) {
      for (const drop of drops) yield { ...from, [family]: { raise, keep: raise - drop } }
    }
  }
}

/** Macro-F1, less what the demands are missed by. */
function worth(measured: Measured, demands: Demands): number {
  const short = violationFamilies.reduce(
    (sum, family) => sum + Math.max(0, demands.precision - measured.precision[family]),
    0,
  )
  const over = Math.max(0, measured.hardNegatives - demands.hardNegatives)
  return measured.macroF1 - 10 * short - 20 * over
}

/** Figures of the combined judgement under given thresholds. */
export function measure(judged: readonly Judged[], thresholds: Thresholds): Measured {
  const counts = {
    efficacy: { hit: 0, said: 0, there: 0 },
    spec: { hit: 0, said: 0, there: 0 },
    blindbox: { hit: 0, said: 0, there: 0 },
  }
  const hard = { all: 0, flagged: 0 }
  for (const one of judged) {
    const said = labelUnder(one, thresholds)
    if (one.hardNegative) {
      hard.all++
      if (said !== 'clean') hard.flagged++
    }
    if (said !== 'clean') counts[said].said++
    if (one.label !== 'clean') counts[one.label].there++
    if (said !== 'clean' && said === one.label) counts[said].hit++
  }
  const f1 = violationFamilies.map((family) => {
    const { hit, said, there } = counts[family]
    return said + there === 0 ? 0 : (2 * hit) / (said + there)
  })
  const precision = (family: ViolationFamily): number => counts[family].hit / Math.max(1, counts[family].said)
  return {
    macroF1: f1.reduce((sum, one) => sum + one, 0) / f1.length,
    precision: { efficacy: precision('efficacy'), spec: precision('spec'), blindbox: precision('blindbox') },
    hardNegatives: hard.flagged / Math.max(1, hard.all),
  }
}

/** The label of the strongest finding that stands, as `strongest` in the detectors picks it. */
function labelUnder({ findings, scores, codes }: Judged, thresholds: Thresholds): Label {
  const { keeps, raised } = readAgain(thresholds, scores, findings)
  let label: Label = 'clean'
  let most = 0
  const offer = (family: Label, severity: number, score: number): void => {
    const weight = severity + score
    if (severity < 2 || family === 'clean' || weight <= most) return
    label = family
    most = weight
  }
  for (const finding of findings) if (keeps(finding)) offer(finding.label, finding.severity, finding.score)
  for (const family of raised)
    offer(family, taxonomyOf(codes[family]).severity, Math.min(0.84, probability(scores[family])))
  return label
}

const moves = Array.from({ length: 17 }, (_, i) => i / 2 - 4)

/**
 * How the thresholds move in a running room: the move that finds most violations while at most a given share of the lawful
 * utterances is flagged; the one that flags fewest when none does. `utterances` are those of recorded rooms.
 */
export function chooseRunning(
  utterances: readonly Judged[],
  thresholds: Thresholds,
  mostFlagged: number,
): { running: Threshold; found: number; flagged: number } {
  const running = utterances.filter(({ heardBefore }) => heardBefore >= runningFrom)
  const lawful = running.filter(({ label }) => label === 'clean')
  const violations = running.filter(({ label }) => label !== 'clean')
  const tried = moves.flatMap((raise) => moves.map((keep) => ({ raise, keep })))
  const measured = tried.map((move) => {
    const moved = thresholdsFor({ thresholds, running: move }, Infinity)
    const found = share(violations, (one) => labelUnder(one, moved) === one.label)
    return { running: move, found, flagged: share(lawful, (one) => labelUnder(one, moved) !== 'clean') }
  })
  const within = measured.filter(({ flagged }) => flagged <= mostFlagged)
  const better = (a: (typeof measured)[number], b: (typeof measured)[number]): boolean =>
    within.length === 0 ? a.flagged < b.flagged : a.found > b.found || (a.found === b.found && a.flagged < b.flagged)
  return (within.length === 0 ? measured : within).reduce((best, one) => (better(one, best) ? one : best))
}

function share<T>(all: readonly T[], holds: (one: T) => boolean): number {
  return all.length === 0 ? 0 : all.filter(holds).length / all.length
}
