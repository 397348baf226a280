import type { ConceptHit, Finding, Span } from '../contracts/finding.ts'
import type { ChatEvent, SpeechEvent } from '../contracts/room-event.ts'
import { taxonomyOf } from '../contracts/taxonomy.ts'
import type { Code, Label } from '../contracts/taxonomy.ts'
import { basisOf } from '../detectors/basis.ts'
import { repeatedNote } from '../detectors/notes.ts'
import type { CompiledRulePack } from '../detectors/pack/compiled-rule-pack.ts'
import type { RoomState } from './room-state.ts'

/** What the room itself has to say of a finding that no single utterance proves. */
export type RoomFinding = {
  code: Code
  label: Label
  ruleId: string
  ruleZh: string
  severity?: number
  span: Span
  /** Earlier events it rests on. */
  earlier: readonly number[]
  concepts?: readonly ConceptHit[]
  notes: readonly string[]
}

/** Confidence of what the room found by comparing events: enough for a warning or a review, never for more. */
const roomScore = 0.7

/** A finding of the room, completed by an event; `severity` absent: that of the code. */
export function toRoomFinding(
  found: RoomFinding,
  event: SpeechEvent | ChatEvent,
  state: RoomState,
  pack: CompiledRulePack,
): Finding {
  const { code, label, ruleId, ruleZh, span } = found
  return {
    seq: event.seq,
    evidenceSeqs: inOrder([...found.earlier, event.seq]),
    code,
    label,
    ruleId,
    ruleZh,
    packVersion: pack.version,
    severity: found.severity ?? taxonomyOf(code).severity,
    score: roomScore,
    span: [span[0], span[1]],
    quote: event.text.slice(span[0], span[1]),
    concepts: [...(found.concepts ?? [])],
    exemptions: [],
    notes: [...found.notes],
    basis: basisOf(code, state.startedAt ?? undefined),
  }
}

/** DOMAIN D.0: what is said for the third time in a session weighs one more. */
const repeatedFrom = 3

/** The finding one step graver when the seller has done it twice before in this session. */
export function weighRepetition(finding: Finding, counts: RoomState['counts']): Finding {
  const count = (counts[finding.code] ?? 0) + 1
  if (count < repeatedFrom) return finding
  const severity = Math.min(5, finding.severity + 1)
  return { ...finding, severity, notes: [...finding.notes, repeatedNote(count)] }
}

/**
 * The findings of an event with what the room knows beside them: one finding per code, the graver words, the evidence
 * of both.
 */
export function withRoomFinding(findings: readonly Finding[], known: Finding | undefined): Finding[] {
  if (known === undefined) return [...findings]
  const same = findings.find(({ code }) => code === known.code)
  if (same === undefined) return [...findings, known]
  return findings.map((finding) => (finding === same ? joined(same, known) : finding))
}

function joined(said: Finding, known: Finding): Finding {
  const [main, other] = known.severity > said.severity ? [known, said] : [said, known]
  return {
    ...main,
    label: main.label === 'clean' ? other.label : main.label,
    evidenceSeqs: inOrder([...said.evidenceSeqs, ...known.evidenceSeqs]),
    concepts: [...main.concepts, ...other.concepts.filter((hit) => !main.concepts.some((one) => isSameHit(one, hit)))],
    notes: [...new Set([...said.notes, ...known.notes])],
  }
}

function isSameHit(a: ConceptHit, b: ConceptHit): boolean {
  return a.concept === b.concept && a.seq === b.seq && a.span[0] === b.span[0]
}

function inOrder(seqs: readonly number[]): number[] {
  return [...new Set(seqs)].sort((a, b) => a - b)
}
