import type { Alert } from '../../../src/contracts/alert.ts'

/** Whether an alert still waits for a decision. */
export function isOpen(alert: Alert): boolean {
  return alert.state === 'open' && alert.caseStatus !== 'resolved'
}

/** Queue order: severity, then the earlier deadline, then the older; the id makes it total. */
export function compareQueue(a: Alert, b: Alert): number {
  if (a.severity !== b.severity) return b.severity - a.severity
  if (a.slaDueAt !== b.slaDueAt) return a.slaDueAt < b.slaDueAt ? -1 : 1
  if (a.openedAt !== b.openedAt) return a.openedAt < b.openedAt ? -1 : 1
  if (a.id === b.id) return 0
  return a.id < b.id ? -1 : 1
}

/** Whether somebody holds the case of an alert at `now` (server milliseconds); a lapsed claim counts for nothing. */
export function isClaimed(alert: Pick<Alert, 'claimedBy' | 'claimedUntil'>, now: number): boolean {
  return alert.claimedBy !== null && (alert.claimedUntil === null || Date.parse(alert.claimedUntil) > now)
}
