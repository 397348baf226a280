import { createHash } from 'node:crypto'
import type { AlertSeed } from '../contracts/alert-seed.ts'
import type { Finding } from '../contracts/finding.ts'
import { limits } from '../contracts/limits.ts'
import type { Code } from '../contracts/taxonomy.ts'
import { roomBounds } from './room-state.ts'
import type { AlertGroup, Evidence } from './room-state.ts'

/**
 * The id of an alert: first 128 bits of SHA-256 over session, code and anchor, in hex. Derived, so that folding twice
 * cannot make two alerts of one; no rule or pack version is in it.
 */
export function alertId(sessionId: string, code: Code, anchorSeq: number): string {
  return createHash('sha256').update(`${sessionId}\n${code}\n${anchorSeq}`).digest('hex').slice(0, 32)
}

/** True when a finding at `atMs` still belongs to the group: less than ten minutes of stream time since its last one. */
export function isOpen(group: AlertGroup | undefined, atMs: number): group is AlertGroup {
  return group !== undefined && group.alert.state === 'open' && atMs - group.alert.lastAtMs < limits.groupIdleMs
}

/** A finding as its group keeps it. */
export function toEvidence(finding: Finding, atMs: number, text: string): Evidence {
  return {
    seq: finding.seq,
    atMs,
    evidenceSeqs: finding.evidenceSeqs,
    severity: finding.severity,
    score: finding.score,
    label: finding.label,
    quote: finding.quote,
    text,
    span: finding.span,
    ruleId: finding.ruleId,
  }
}

/** A new group around its first finding, which anchors it. */
export function openGroup(sessionId: string, code: Code, evidence: Evidence): AlertGroup {
  const alert: AlertSeed = {
    id: alertId(sessionId, code, evidence.seq),
    sessionId,
    code,
    label: evidence.label,
    severity: evidence.severity,
    score: evidence.score,
    anchorSeq: evidence.seq,
    firstSeq: evidence.evidenceSeqs[0] ?? evidence.seq,
    lastSeq: evidence.seq,
    raisedAtSeq: evidence.seq,
    hits: [evidence.seq],
    firstAtMs: evidence.atMs,
    lastAtMs: evidence.atMs,
    quote: evidence.quote,
    quoteSeq: evidence.seq,
    quoteText: evidence.text,
    span: [evidence.span[0], evidence.span[1]],
    ruleId: evidence.ruleId,
    state: 'open',
    withdrawnBecause: null,
  }
  return { alert, evidence: [evidence] }
}

/** The group with one more finding. */
export function joinGroup(group: AlertGroup, evidence: Evidence): AlertGroup {
  return rebuilt(group, [...group.evidence, evidence].slice(-roomBounds.evidence), (hits) =>
    hits.includes(evidence.seq) ? hits : [...hits, evidence.seq].slice(-roomBounds.hits),
  )
}

/**
 * The group without the findings that rested on a text that was corrected away; undefined when nothing of it is left.
 * The anchor and the id stay: it is the same alert.
 */
export function leaveGroup(group: AlertGroup, seq: number): AlertGroup | undefined {
  const kept = group.evidence.filter(({ evidenceSeqs }) => !evidenceSeqs.includes(seq))
  const gone = new Set(group.evidence.filter((item) => !kept.includes(item)).map((item) => item.seq))
  for (const { seq: still } of kept) gone.delete(still)
  const hits = group.alert.hits.filter((hit) => !gone.has(hit))
  if (kept.length === 0) return undefined
  return rebuilt(group, kept, () => hits)
}

/** The group after the seller took the words back within a minute: one step milder. */
export function softenGroup(group: AlertGroup, since: number): AlertGroup {
  const evidence = group.evidence.map((item) =>
    item.atMs >= since && item.corrected !== true
      ? { ...item, severity: Math.max(1, item.severity - 1), corrected: true }
      : item,
  )
  return rebuilt(group, evidence, (hits) => hits)
}

function rebuilt(group: AlertGroup, evidence: readonly Evidence[], hitsOf: (hits: number[]) => number[]): AlertGroup {
  const top = evidence.reduce((best, item) => (isStronger(item, best) ? item : best))
  const last = evidence.at(-1) ?? top
  const first = evidence[0] ?? top
  const alert: AlertSeed = {
    ...group.alert,
    label: top.label,
    severity: top.severity,
    score: top.score,
    firstSeq: Math.min(
      group.alert.hits.includes(first.seq) ? group.alert.firstSeq : first.seq,
      first.evidenceSeqs[0] ?? first.seq,
    ),
    lastSeq: last.seq,
    lastAtMs: last.atMs,
    hits: hitsOf(group.alert.hits),
    quote: top.quote,
    quoteSeq: top.seq,
    quoteText: top.text,
    span: [top.span[0], top.span[1]],
    ruleId: top.ruleId,
  }
  return { alert, evidence }
}

function isStronger(a: Evidence, b: Evidence): boolean {
  return a.severity > b.severity || (a.severity === b.severity && a.score > b.score)
}
