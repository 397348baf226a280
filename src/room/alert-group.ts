import { createHash } from 'node:crypto'
import type { AlertSeed } from '../contracts/alert-seed.ts'
import type { Finding } from '../contracts/finding.ts'
import { limits } from '../contracts/limits.ts'
import type { Code } from '../contracts/taxonomy.ts'
import { windowLimits } from '../detectors/compose/scene.ts'
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
export function toEvidence(finding: Finding, atMs: number, text: string, product: string | null): Evidence {
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
    product,
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

/** The group with one more finding; what was taken back less than a minute before it stands again. */
export function joinGroup(group: AlertGroup, evidence: Evidence): AlertGroup {
  const kept = group.evidence.map((item) => (isSaidAgain(item, evidence) ? restored(item) : item))
  const { hits } = group.alert
  return rebuilt(group, [...kept, evidence].slice(-roomBounds.evidence), {
    hits: hits.includes(evidence.seq) ? hits : [...hits, evidence.seq].slice(-roomBounds.hits),
    firstSeq: Math.min(group.alert.firstSeq, beginsAt(evidence)),
  })
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
  // Evidence that was let go for want of room is not forgotten: the group began with it.
  const isWhole = group.alert.hits.length <= group.evidence.length
  return rebuilt(group, kept, {
    hits,
    firstSeq: isWhole ? Math.min(...kept.map(beginsAt)) : group.alert.firstSeq,
  })
}

/** The group after the seller took some of its words back: each of them one step milder, once. */
export function softenGroup(group: AlertGroup, isMeant: (item: Evidence) => boolean, atMs: number): AlertGroup {
  const evidence = group.evidence.map((item) =>
    isMeant(item) ? { ...item, severity: Math.max(1, item.severity - 1), correctedAtMs: atMs } : item,
  )
  return rebuilt(group, evidence, group.alert)
}

/** DOMAIN D.0: a correction counts only when no further claim follows it. */
function isSaidAgain(item: Evidence, now: Evidence): boolean {
  if (item.correctedAtMs === undefined || item.product !== now.product) return false
  return now.atMs - item.correctedAtMs <= windowLimits.ms
}

function restored(item: Evidence): Evidence {
  const { correctedAtMs: _, ...said } = item
  return { ...said, severity: Math.min(5, said.severity + 1) }
}

/** The first event a finding rests on. */
function beginsAt({ seq, evidenceSeqs }: Evidence): number {
  return Math.min(seq, ...evidenceSeqs)
}

function rebuilt(
  group: AlertGroup,
  evidence: readonly Evidence[],
  { hits, firstSeq }: Pick<AlertSeed, 'hits' | 'firstSeq'>,
): AlertGroup {
  const top = evidence.reduce((best, item) => (isStronger(item, best) ? item : best))
  const last = evidence.at(-1) ?? top
  const alert: AlertSeed = {
    ...group.alert,
    label: top.label,
    severity: top.severity,
    score: top.score,
    firstSeq,
    lastSeq: last.seq,
    lastAtMs: last.atMs,
    hits,
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
