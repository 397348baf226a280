import type { Finding, Verdict } from '../contracts/finding.ts'
import type { Code } from '../contracts/taxonomy.ts'
import type { AnalysisContext } from './analysis-context.ts'
import { isContradiction } from './notes.ts'
import type { CompiledRulePack } from './pack/compiled-rule-pack.ts'

/** Blind-box codes that need no listing category to be decided (DOMAIN H.3). */
const plainBlindbox: ReadonlySet<Code> = new Set<Code>([
  'blindbox.gambling_cash',
  'blindbox.minor',
  'blindbox.prohibited_goods',
  'blindbox.gem_gamble',
  'blindbox.ichiban',
])

const rank: Readonly<Record<Verdict, number>> = { pass: 0, flag: 1, hold: 2, block: 3 }

/** The finding that gives an event its label: highest severity of 2 or more, then score. Codes without a family last. */
export function strongest(findings: readonly Finding[]): Finding | undefined {
  return findings
    .filter(({ severity, label }) => severity >= 2 && label !== 'clean')
    .reduce<Finding | undefined>(
      (best, finding) =>
        best === undefined ||
        finding.severity > best.severity ||
        (finding.severity === best.severity && finding.score > best.score)
          ? finding
          : best,
      undefined,
    )
}

/** What all findings on one event add up to, by the table of DOMAIN H.3 and its caps. */
export function verdictOf(findings: readonly Finding[], context: AnalysisContext, pack: CompiledRulePack): Verdict {
  let verdict: Verdict = 'pass'
  for (const finding of findings) {
    const one = verdictOfOne(finding, context, pack)
    if (rank[one] > rank[verdict]) verdict = one
  }
  return verdict
}

function verdictOfOne(finding: Finding, context: AnalysisContext, pack: CompiledRulePack): Verdict {
  const { severity, score, code } = finding
  if (severity < 2) return 'pass'
  if (code === 'chat.shill') return 'hold'
  if (severity < 4 || code === 'efficacy.absolute_term') {
    const asks = context.category === undefined && reviewsUnknown(finding, pack)
    return asks && severity >= 3 ? 'hold' : 'flag'
  }
  return score >= 0.85 && !needsReview(finding, context, pack) ? 'block' : 'hold'
}

function needsReview(finding: Finding, context: AnalysisContext, pack: CompiledRulePack): boolean {
  const { code, notes } = finding
  if (code.startsWith('spec.')) return !notes.some(isContradiction)
  if (code.startsWith('blindbox.')) return context.category === undefined && !plainBlindbox.has(code)
  return context.category === undefined && finding.severity < 5 && reviewsUnknown(finding, pack)
}

function reviewsUnknown(finding: Finding, pack: CompiledRulePack): boolean {
  const rule = pack.rules.find(({ id }) => id === finding.ruleId)
  return rule?.source.unknownCategory === 'review'
}
