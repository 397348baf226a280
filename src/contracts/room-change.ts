import type { AlertSeed } from './alert-seed.ts'
import type { Finding } from './finding.ts'

/** What folding one event changed; the worker turns it into rows. Decisions never enter the fold. */
export type RoomChange =
  | { type: 'alert.opened'; alert: AlertSeed; findings: Finding[] }
  | { type: 'alert.updated'; alert: AlertSeed; findings: Finding[] }
  | { type: 'alert.withdrawn'; alert: AlertSeed; because: string }
  /** The words of `seq` were corrected by `bySeq`: no finding that rests on them stands any more. */
  | { type: 'evidence.replaced'; seq: number; bySeq: number }
  /** A finding of severity 1: kept, no alert. */
  | { type: 'finding.logged'; findings: Finding[] }
