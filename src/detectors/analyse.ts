import type { ConceptHit, ExemptionHit, Finding, Span, Verdict } from '../contracts/finding.ts'
import type { ChatEvent, RoomEvent, SpeechEvent } from '../contracts/room-event.ts'
import { taxonomyOf } from '../contracts/taxonomy.ts'
import type { Code, Label } from '../contracts/taxonomy.ts'
import type { AnalysisContext } from './analysis-context.ts'
import { basisOf } from './basis.ts'
import type { Heard, RuleOutcome } from './classify/features.ts'
import type { ClassifierInput } from './classify/score.ts'
import { raisedFinding } from './classify/raised-finding.ts'
import { familyScores, probability, readAgain, thresholdsFor } from './classify/second-reading.ts'
import { candidateRules } from './compose/candidate-rules.ts'
import { matchesBefore, matchRule, repeats } from './compose/match-rule.ts'
import type { Match } from './compose/match-rule.ts'
import { locate, readOnce, ruleWindow, setScene, withinWindow } from './compose/scene.ts'
import type { Scene } from './compose/scene.ts'
import type { ConceptSpan, Speaker, Utterance } from './compose/utterance.ts'
import { isSeller } from './compose/utterance.ts'
import { speakerOfChat } from './context-lines.ts'
import type { DiscourseConcept } from './exempt/discourse-ids.ts'
import { weighExemptions } from './exempt/weigh.ts'
import { grounds } from './grounds.ts'
import { notes as words } from './notes.ts'
import type { CompiledRule, CompiledRulePack } from './pack/compiled-rule-pack.ts'
import { computedNames } from './pack/computed-concepts.ts'
import { quoteBetween } from './quote.ts'
import { weighSeverity } from './severity.ts'
import { strongest, verdictOf } from './verdict.ts'

/** What the engine says about one event: findings, exemptions with what they spared, verdict and label. */
export type EventAnalysis = {
  findings: Finding[]
  /** Exemptions that applied and left nothing of the finding they concern. */
  exemptions: ExemptionHit[]
  verdict: Verdict
  label: Label
  /** What the words do in the room (a correction, a draw, odds), for the state over the session; where each begins. */
  cues: ReadonlyMap<DiscourseConcept, Span>
}

const noCues: ReadonlyMap<DiscourseConcept, Span> = new Map()
const nothing: EventAnalysis = { findings: [], exemptions: [], verdict: 'pass', label: 'clean', cues: noCues }

/** Analyses one event in its context. Pure: the same arguments always give the same answer. */
export function analyse(event: RoomEvent, context: AnalysisContext, pack: CompiledRulePack): EventAnalysis {
  if (event.channel !== 'speech' && event.channel !== 'chat') return nothing
  const present = toUtterance(event)
  const ruled = byRules(present, context, pack)
  const findings = secondReading(ruled, present, context, pack)
  const found = new Set(findings.map(({ code }) => code))
  return {
    findings,
    exemptions: ruled.exemptions.filter(({ exempts }) => !found.has(exempts)),
    verdict: verdictOf(findings, context, pack),
    label: strongest(findings)?.label ?? 'clean',
    cues: ruled.cues,
  }
}

type Ruled = RuleOutcome & Pick<EventAnalysis, 'cues'>

/** What the rules alone say: the best finding per code, and what spared the others. */
function byRules(present: Utterance, context: AnalysisContext, pack: CompiledRulePack): Ruled {
  const judged = judge(present, context, pack)
  const findings = bestPerCode(judged.findings)
  const found = new Set(findings.map(({ code }) => code))
  const exemptions = oncePerReason(judged.exemptions.filter(({ exempts }) => !found.has(exempts)))
  return { findings, exemptions, cues: judged.cues }
}

/** The findings after the classifier has read the event: those it doubts are hints, and it raises what rules missed. */
function secondReading(
  ruled: RuleOutcome,
  present: Utterance,
  context: AnalysisContext,
  pack: CompiledRulePack,
): Finding[] {
  const { classifier } = pack
  if (classifier === undefined) return [...ruled.findings]
  const input = classifierInput(ruled, present, context, pack)
  const scores = familyScores(classifier, input)
  const { raised, keeps } = readAgain(thresholdsFor(classifier, input.earlier.length), scores, ruled.findings)
  const kept = ruled.findings.map((finding) => {
    if (finding.label === 'clean') return finding
    const chance = probability(scores[finding.label])
    if (keeps(finding)) return { ...finding, notes: [...finding.notes, words.classifierAgrees(chance)] }
    const notes = [...finding.notes, words.classifierDoubts(chance)]
    return { ...finding, severity: 1, label: 'clean' as const, notes }
  })
  const at = { seq: present.seq, spokenOn: context.spokenOn }
  const more = raised.map((family) => raisedFinding(classifier, family, scores[family], input, at))
  return more.length === 0 ? kept : bestPerCode([...kept, ...more])
}

/** What the classifier is told about an event, the rules' outcome included: the corpora are read through it to train. */
export function classifierInputOf(
  event: SpeechEvent | ChatEvent,
  context: AnalysisContext,
  pack: CompiledRulePack,
): ClassifierInput {
  const present = toUtterance(event)
  return classifierInput(byRules(present, context, pack), present, context, pack)
}

/** The same for words the rules were written with: their outcome is left out, because there it is always right. */
export function wordsAlone(present: Utterance, context: AnalysisContext, pack: CompiledRulePack): ClassifierInput {
  return classifierInput(undefined, present, context, pack)
}

function classifierInput(
  outcome: RuleOutcome | undefined,
  present: Utterance,
  context: AnalysisContext,
  pack: CompiledRulePack,
): ClassifierInput {
  const heard = (utterance: Utterance): Heard => ({ reading: readOnce(utterance, pack), speaker: utterance.speaker })
  return {
    present: heard(present),
    earlier: withinWindow(present, context.window).map(heard),
    outcome,
    context,
    pack,
  }
}

/** The event as the window keeps it. Chat that carries the staff flag or opens with 场控, 运营 … is the seller's. */
export function toUtterance(event: SpeechEvent | ChatEvent): Utterance {
  const known = utterances.get(event)
  if (known !== undefined) return known
  const { seq, atMs, text } = event
  const name = event.channel === 'speech' ? event.utteranceId : undefined
  const spoken = { seq, atMs, speaker: speakerOf(event), text }
  const utterance: Utterance = name === undefined ? spoken : { ...spoken, utteranceId: name }
  utterances.set(event, utterance)
  return utterance
}

/** One object per event, so that what was read of it is not read again when it has become part of the window. */
const utterances = new WeakMap<SpeechEvent | ChatEvent, Utterance>()

function speakerOf(event: SpeechEvent | ChatEvent): Speaker {
  if (event.channel === 'speech') return event.speaker
  return event.staff === true ? 'staff' : speakerOfChat(event.text)
}

/** Every rule that fires and every exemption that spared one, before the best per code is chosen. */
export function judge(
  present: Utterance,
  context: AnalysisContext,
  pack: CompiledRulePack,
): { findings: Finding[]; exemptions: ExemptionHit[]; cues: ReadonlyMap<DiscourseConcept, Span> } {
  const scene = setScene(present, context.window, pack)
  const findings: Finding[] = []
  const exemptions: ExemptionHit[] = []
  const wanted = isSeller(present.speaker) ? 'seller' : 'viewer'
  const candidates = candidateRules(scene).filter(
    ({ source }) => source.speaker === wanted && appliesTo(source, context),
  )
  const madeBefore = claimsBefore(candidates, scene, context)
  for (const rule of candidates) {
    if (!windowHolds(rule.window, scene)) continue
    for (const match of matchRule(rule, scene)) {
      if (match.start < 0 && madeBefore(rule).some((before) => repeats(match, before, scene))) continue
      const ground = grounds(match, scene, context)
      if (!ground.holds) continue
      const weighed = weighExemptions(match, scene, context)
      const hits = weighed.map((item): ExemptionHit => {
        // A mark in an earlier utterance has no span in this text: the words it spared are quoted.
        const mark = item.mark.end > 0 || scene.answered !== undefined ? item.mark : presentPart(match)
        const { span, quote } = quoteOf(scene, Math.max(0, mark.start), Math.max(1, mark.end))
        const because = item.because === undefined ? {} : { because: item.because }
        return {
          code: item.code,
          exempts: rule.code,
          span,
          quote,
          ruleId: rule.info.id,
          applied: item.applied,
          ...because,
        }
      })
      if (weighed.some(({ applied }) => applied)) exemptions.push(...hits.filter(({ applied }) => applied))
      else {
        findings.push(toFinding(match, scene, context, hits, ground.notes))
        break
      }
    }
  }
  const labelled = findings.map((finding) => withCarriedLabel(finding, present, context, pack))
  return { findings: [...labelled, ...splitClaims(labelled, scene)], exemptions, cues: cuesOf(scene) }
}

/**
 * Claims of a rule's family, as grave as its own or graver, that the seller had made before the present utterance: they
 * have their own finding, and their words make no second one. What was only asked or denied may still be completed.
 */
function claimsBefore(
  rules: readonly CompiledRule[],
  scene: Scene,
  context: AnalysisContext,
): (rule: CompiledRule) => readonly Match[] {
  let made: readonly Match[] | undefined
  return ({ code, info }) => {
    made ??= scene.answered === undefined ? rules.flatMap((rule) => assertedBefore(rule, scene, context)) : []
    const { family } = taxonomyOf(code)
    return made.filter(({ rule }) => rule.info.severity >= info.severity && taxonomyOf(rule.code).family === family)
  }
}

function assertedBefore(rule: CompiledRule, scene: Scene, context: AnalysisContext): Match[] {
  if (rule.window.length > 0 && !seenBefore(rule.window, scene)) return []
  return matchesBefore(rule, scene).filter(
    (match) =>
      grounds(match, scene, context).holds && !weighExemptions(match, scene, context).some(({ applied }) => applied),
  )
}

function cuesOf(scene: Scene): ReadonlyMap<DiscourseConcept, Span> {
  const cues = new Map<DiscourseConcept, Span>()
  for (const { concept, start, end } of scene.reading.spans) {
    const name = scene.pack.discourseNames.get(concept)
    if (name !== undefined && start >= 0) cues.set(name, quoteBetween(scene.reading, start, end).span)
  }
  return cues
}

/** A claim that two voices of the seller said together is also a split claim, as grave as what it says. */
function splitClaims(findings: readonly Finding[], scene: Scene): Finding[] {
  if (scene.answered !== undefined) return []
  const others = new Set(
    scene.earlier
      .filter(({ utterance }) => utterance.speaker !== scene.present.speaker)
      .map(({ utterance }) => utterance.seq),
  )
  const split = strongest(findings.filter(({ evidenceSeqs }) => evidenceSeqs.some((seq) => others.has(seq))))
  if (split === undefined) return []
  const basis = basisOf('evasion.split_claim', undefined)
  return [{ ...split, code: 'evasion.split_claim', basis: [...new Set([...split.basis, ...basis])] }]
}

function appliesTo(rule: Match['rule']['source'], context: AnalysisContext): boolean {
  if (context.category === undefined) return rule.unknownCategory !== 'skip' || rule.categories.length === 0
  if (rule.notCategories.includes(context.category)) return false
  return rule.categories.length === 0 || rule.categories.includes(context.category)
}

function windowHolds(concepts: readonly number[], scene: Scene): boolean {
  if (concepts.length === 0) return true
  return concepts.some((concept) => scene.byConcept.has(concept)) || seenBefore(concepts, scene)
}

function seenBefore(concepts: readonly number[], scene: Scene): boolean {
  return ruleWindow(scene).some(({ reading }) => reading.spans.some(({ concept }) => concepts.includes(concept)))
}

function quoteOf(scene: Scene, start: number, end: number): { span: [number, number]; quote: string } {
  return quoteBetween(
    start < 0 && end > 0 ? scene.reading : locate(scene, start).reading,
    localStart(scene, start, end),
    localEnd(scene, start, end),
  )
}

function localStart(scene: Scene, start: number, end: number): number {
  return start < 0 && end > 0 ? 0 : locate(scene, start).at
}

function localEnd(scene: Scene, start: number, end: number): number {
  return start < 0 && end > 0 ? end : locate(scene, end - 1).at + 1
}

function presentPart(match: Match): { start: number; end: number } {
  const here = match.spans.filter(({ end }) => end > 0)
  return { start: Math.max(0, here[0]?.start ?? 0), end: Math.max(1, match.end) }
}

function toFinding(
  match: Match,
  scene: Scene,
  context: AnalysisContext,
  hits: ExemptionHit[],
  groundNotes: readonly string[],
): Finding {
  const { rule } = match
  const here = match.spans.filter(({ end }) => end > 0)
  // A nod alone has no span of its own: the whole answer is quoted.
  const start = here.length === 0 ? 0 : Math.max(0, Math.min(...here.map((span) => span.start)))
  const end = here.length === 0 ? scene.reading.norm.length : Math.max(...here.map((span) => span.end))
  const { span, quote } = quoteBetween(scene.reading, start, end)
  const weighed = weighSeverity(match, scene, context.repeated?.get(rule.code) ?? 0)
  const reading = meantInstead(scene, here, start, end)
  const notes = [...weighed.notes, ...groundNotes]
  if (scene.answered !== undefined && match.start < 0) notes.push(words.nodded)
  if (context.category === undefined && rule.source.unknownCategory === 'review') notes.push(words.categoryUnknown)
  return {
    seq: scene.present.seq,
    evidenceSeqs: evidenceSeqs(match, scene),
    code: rule.code,
    label: labelOf(rule.code, weighed.severity),
    ruleId: rule.info.id,
    ruleZh: rule.info.zh,
    packVersion: scene.pack.version,
    severity: weighed.severity,
    score: scoreOf(match, context),
    span,
    quote,
    ...(reading === undefined ? {} : { reading }),
    concepts: conceptHits(match, scene),
    exemptions: hits,
    notes,
    basis: basisOf(rule.code, context.spokenOn),
  }
}

function evidenceSeqs(match: Match, scene: Scene): number[] {
  const seqs = match.spans.map(({ start, end }) => (end > 0 ? scene.present.seq : locate(scene, start).utterance.seq))
  const crossing = match.spans
    .filter(({ start, end }) => start < 0 && end > 0)
    .map(({ start }) => locate(scene, start).utterance.seq)
  const remote = match.remote.map(({ from }) => from.utterance.seq)
  return [...new Set([...seqs, ...crossing, ...remote, scene.present.seq])].sort((a, b) => a - b)
}

/** A spec claim that only boasts (severity 1) is a hint, not a false specification. */
function labelOf(code: Code, severity: number): Label {
  const { family } = taxonomyOf(code)
  if (family === 'evasion' || family === 'chat') return 'clean'
  return family === 'spec' && severity < 2 ? 'clean' : family
}

/** Words by sound, through two utterances or of an unknown product are less sure. */
function scoreOf(match: Match, context: AnalysisContext): number {
  let score = match.rule.source.score
  if (match.spans.some(({ how }) => how === 'heard')) score *= 0.9
  if (match.start < 0 || match.remote.length > 0) score *= 0.92
  if (context.category === undefined && match.rule.source.unknownCategory === 'review') score *= 0.85
  return Math.round(score * 100) / 100
}

/** The quote with what was meant in place of what was said, when they differ. */
function meantInstead(scene: Scene, spans: readonly ConceptSpan[], start: number, end: number): string | undefined {
  const odd = spans.filter(({ how }) => how !== 'plain')
  if (odd.length === 0) return undefined
  const { text } = scene.reading.norm
  let out = ''
  let at = start
  for (const span of [...spans].sort((a, b) => a.start - b.start)) {
    if (span.start < at) continue
    out += text.slice(at, span.start) + (span.how === 'plain' ? text.slice(span.start, span.end) : span.meant)
    at = span.end
  }
  return out + text.slice(at, end)
}

function conceptHits(match: Match, scene: Scene): ConceptHit[] {
  const name = (concept: number): ConceptName => nameOf(scene.pack, concept)
  const near = match.spans.map((span): ConceptHit => {
    const from = span.end > 0 ? scene.present : locate(scene, span.start).utterance
    const reading = span.how === 'plain' ? {} : { reading: span.meant }
    return { ...name(span.concept), seq: from.seq, ...quoteOf(scene, span.start, span.end), ...reading }
  })
  const far = match.remote.map(({ from, span }): ConceptHit => {
    const quoted = quoteBetween(from.reading, Math.max(0, span.start), span.end)
    return { ...name(span.concept), seq: from.utterance.seq, ...quoted }
  })
  return [...far, ...near]
}

type ConceptName = Pick<ConceptHit, 'concept' | 'zh'>

const namesOf = new WeakMap<CompiledRulePack, readonly ConceptName[]>()

/** Identifier and Chinese name of a concept number, listed once per pack. */
function nameOf(pack: CompiledRulePack, concept: number): ConceptName {
  const names = namesOf.get(pack) ?? conceptNames(pack)
  namesOf.set(pack, names)
  return names[concept] ?? { concept: '?' }
}

function conceptNames(pack: CompiledRulePack): ConceptName[] {
  const zh = new Map<string, string>([...pack.concepts.map(({ id, zh }) => [id, zh] as const), ...computedNames])
  return [...pack.conceptIds.keys()].map((concept) => ({ concept, zh: zh.get(concept) ?? concept }))
}

/** Evasion and shill codes count for the family of the claim they carry. */
function withCarriedLabel(
  finding: Finding,
  present: Utterance,
  context: AnalysisContext,
  pack: CompiledRulePack,
): Finding {
  if (finding.code === 'chat.shill') {
    const asSeller = judge({ ...present, speaker: 'staff' }, { ...context, window: [] }, pack)
    return { ...finding, label: strongest(asSeller.findings)?.label ?? familyOfConcepts(finding, pack) }
  }
  if (finding.code !== 'evasion.obfuscation' && finding.code !== 'evasion.split_claim') return finding
  const { family } = taxonomyOf(finding.code)
  const label = family === 'evasion' ? familyOfConcepts(finding, pack) : finding.label
  return { ...finding, label }
}

/** The family whose rules use a finding's concepts most; `clean` when none does. */
function familyOfConcepts(finding: Finding, pack: CompiledRulePack): Label {
  const votes: Record<'efficacy' | 'spec' | 'blindbox', number> = { efficacy: 0, spec: 0, blindbox: 0 }
  for (const { concept } of finding.concepts) {
    for (const use of pack.uses[pack.conceptIds.get(concept) ?? -1] ?? []) {
      const code = pack.compiledRules[use.rule]?.code
      const family = code === undefined ? 'chat' : taxonomyOf(code).family
      if (family === 'efficacy' || family === 'spec' || family === 'blindbox') votes[family]++
    }
  }
  const best = (Object.entries(votes) as ['efficacy' | 'spec' | 'blindbox', number][]).sort((a, b) => b[1] - a[1])[0]
  return best !== undefined && best[1] > 0 ? best[0] : 'clean'
}

/** Codes that say `efficacy.medical_claim` of a known category (DOMAIN D.1). */
const narrower: readonly Code[] = [
  'efficacy.food_cure',
  'efficacy.cosmetic_medical',
  'efficacy.household_health',
  'efficacy.disinfectant_cure',
]

function bestPerCode(findings: readonly Finding[]): Finding[] {
  const best = new Map<Code, Finding>()
  for (const finding of findings) {
    const known = best.get(finding.code)
    const better =
      known === undefined ||
      finding.severity > known.severity ||
      (finding.severity === known.severity && finding.score > known.score)
    if (better) best.set(finding.code, finding)
  }
  // The general code speaks only where the product's own code does not.
  if (narrower.some((code) => best.has(code))) best.delete('efficacy.medical_claim')
  return [...best.values()].sort((a, b) => a.span[0] - b.span[0] || b.severity - a.severity)
}

function oncePerReason(exemptions: readonly ExemptionHit[]): ExemptionHit[] {
  const seen = new Map<string, ExemptionHit>()
  for (const hit of exemptions) {
    const key = `${hit.code} ${hit.exempts}`
    if (!seen.has(key)) seen.set(key, hit)
  }
  return [...seen.values()]
}
