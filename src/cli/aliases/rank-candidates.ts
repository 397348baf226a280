import { judge } from '../../detectors/analyse.ts'
import { contextUtterances, speakerOfChat } from '../../detectors/context-lines.ts'
import { normalise } from '../../detectors/normalise/normalise.ts'
import type { CompiledRulePack } from '../../detectors/pack/compiled-rule-pack.ts'
import { logLikelihood } from './likelihood.ts'
import { isDictionaryWord } from './lines.ts'
import type { Kind, Sighting } from './sighting.ts'

/** A spelling that may mean a term of the pack, for a person to accept. */
export type Candidate = {
  said: string
  meant: string
  /** Concepts that list the term. */
  concepts: readonly string[]
  kind: Kind
  /** Utterances it was seen in. */
  count: number
  /** In how many of them a rule would find its words complete if the term had been written. */
  completes: number
  score: number
  /** Utterances, those that it completes first. */
  examples: readonly { text: string; where: string }[]
}

/** Utterances of one candidate that are judged again; more of them say the same. */
const mostJudged = 50
const mostExamples = 2
/** Readings kept of one spelling: the second best is sometimes the right one. */
const mostReadings = 2

type Group = {
  said: string
  first: Sighting
  concepts: Set<string>
  sightings: Sighting[]
  examples: Candidate['examples']
  completes: number
}

/**
 * Gathers sightings by what was said and what it may mean, the likeliest first. Three things count: how near the two are;
 * that the spelling is no chance (`weight`); and that rules wait for just that word where it was said, by log-likelihood
 * against all sightings. What is said more often than the term itself is rather a word of its own.
 */
export async function rankCandidates(
  sightings: readonly Sighting[],
  pack: CompiledRulePack,
  countOf: (term: string) => number,
  onWeighed: (sightings: number) => Promise<void>,
): Promise<Candidate[]> {
  const groups = gather(sightings)
  for (const group of groups) {
    weighSightings(group, pack)
    await onWeighed(group.sightings.length)
  }
  const completed = groups.reduce((sum, { completes }) => sum + completes, 0)
  const all = groups.reduce((sum, group) => sum + group.sightings.length, 0)
  const candidates = groups.map(({ said, first, concepts, sightings: seen, examples, completes }): Candidate => {
    const waiting = Math.max(0, logLikelihood(completes, Math.min(seen.length, mostJudged), completed, all))
    const weight = Math.max(...seen.map((one) => one.weight), 0)
    const usual = countOf(first.meant)
    const rarity = first.kind === 'company' ? 1 : (usual + 0.5) / (usual + seen.length + 0.5)
    const doubt = first.kind === 'heard' ? doubtOf(said, first.meant, completes) : 1
    const score = first.nearness * rarity * doubt * (weight + 2 * waiting)
    return {
      said,
      meant: first.meant,
      concepts: [...concepts],
      kind: first.kind,
      count: seen.length,
      completes,
      score: Math.round(score * 10) / 10,
      examples,
    }
  })
  const ranked = candidates
    .filter(({ score }) => score >= 1)
    .sort((a, b) => b.score - a.score || (a.said + a.meant < b.said + b.meant ? -1 : 1))
  return fewReadings(withoutParts(ranked))
}

/** A word of its own, and one that shares no character with the term and that no rule waits for, is heard by chance. */
function doubtOf(said: string, meant: string, completes: number): number {
  const alien = completes === 0 && !Array.from(meant).some((char, i) => said.charAt(i) === char)
  return (isDictionaryWord(said) ? 0.5 : 1) * (alien ? 0.4 : 1)
}

function gather(sightings: readonly Sighting[]): Group[] {
  const groups = new Map<string, Group>()
  for (const sighting of sightings) {
    const { line, start, end, meant, concepts } = sighting
    const key = `${line.norm.text.slice(start, end)}\n${meant}`
    const group = groups.get(key)
    if (group === undefined) {
      groups.set(key, {
        said: asWritten(sighting),
        first: sighting,
        concepts: new Set(concepts),
        sightings: [sighting],
        examples: [],
        completes: 0,
      })
      continue
    }
    if (group.first.kind !== sighting.kind) continue
    for (const concept of concepts) group.concepts.add(concept)
    // Miners go through the lines in order: what one line says again is beside it.
    if (group.sightings.at(-1)?.line !== line) group.sightings.push(sighting)
  }
  return [...groups.values()]
}

/** The spelling as it stood in the text, without the marks in it, when the pack would read it alike by itself. */
function asWritten({ line: { norm }, start, end }: Sighting): string {
  let original = ''
  for (let at = start; at < end; at++) {
    if (at === start || norm.from[at] !== norm.from[at - 1]) original += norm.original.slice(norm.from[at], norm.to[at])
  }
  const text = norm.text.slice(start, end)
  return normalise(original).text === text ? original : text
}

function weighSightings(group: Group, pack: CompiledRulePack): void {
  const told = group.sightings.slice(0, mostJudged).map((sighting) => ({
    example: { text: sighting.line.said.text, where: sighting.line.said.where },
    completes: completesRule(sighting, pack),
  }))
  group.completes = told.filter(({ completes }) => completes).length
  group.examples = told
    .sort((a, b) => Number(b.completes) - Number(a.completes))
    .slice(0, mostExamples)
    .map(({ example }) => example)
}

/** Whether a rule fires on the term in this place together with other words: a rule that the term alone sets off says nothing. */
function completesRule({ line: { said, norm }, start, end, meant }: Sighting, pack: CompiledRulePack): boolean {
  const from = norm.from[start] ?? 0
  const to = from + meant.length
  const window = contextUtterances(said.context)
  const seq = window.length + 1
  const present = {
    seq,
    atMs: window.length * 4_000,
    speaker: said.channel === 'chat' ? speakerOfChat(said.text) : ('host' as const),
    text: said.text.slice(0, from) + meant + said.text.slice(norm.to[end - 1]),
  }
  const context = { category: said.category, licences: said.licences, facts: {}, window }
  return judge(present, context, pack).findings.some(({ severity, concepts }) => {
    if (severity < 2) return false
    const here = concepts.filter((hit) => hit.seq === seq && hit.span[0] < to && hit.span[1] > from)
    return here.length > 0 && here.length < concepts.length
  })
}

/** Of two spellings of which one is a part of the other, seen as often, the longer is the safer alias. */
function withoutParts(ranked: readonly Candidate[]): Candidate[] {
  const bySaid = new Map<string, Candidate[]>()
  for (const candidate of ranked) bySaid.set(candidate.said, [...(bySaid.get(candidate.said) ?? []), candidate])
  const parts = new Set<Candidate>()
  for (const whole of ranked) {
    for (let from = 0; from < whole.said.length; from++) {
      for (let to = from + 1; to <= whole.said.length; to++) {
        if (to - from === whole.said.length) continue
        for (const part of bySaid.get(whole.said.slice(from, to)) ?? []) {
          const same = whole.kind === part.kind && whole.meant.includes(part.meant)
          if (same && whole.count >= part.count) parts.add(part)
        }
      }
    }
  }
  return ranked.filter((candidate) => !parts.has(candidate))
}

function fewReadings(ranked: readonly Candidate[]): Candidate[] {
  const readings = new Map<string, number>()
  return ranked.filter(({ said }) => {
    const before = readings.get(said) ?? 0
    readings.set(said, before + 1)
    return before < mostReadings
  })
}
