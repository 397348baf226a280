import type { Code, Label } from './taxonomy.ts'

/** An alert as the fold knows it: no clock, no people, no case. */
export type AlertSeed = {
  /** First 128 bits of SHA-256 over session, code and anchor, in hex. */
  id: string
  sessionId: string
  code: Code
  label: Label
  severity: number
  score: number
  anchorSeq: number
  firstSeq: number
  lastSeq: number
  raisedAtSeq: number
  hits: number[]
  firstAtMs: number
  lastAtMs: number
  quote: string
  quoteSeq: number
  quoteText: string
  span: [number, number]
  ruleId: string
  state: 'open' | 'withdrawn'
  withdrawnBecause: string | null
}
