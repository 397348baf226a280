import { normalise } from '../../src/detectors/normalise/normalise.ts'
import { detect } from '../../src/detectors/detect.ts'
import type { CompiledRulePack } from '../../src/detectors/pack/compiled-rule-pack.ts'
import { defaultCorpora, readItems, readRooms } from '../../src/cli/corpus/read-corpus.ts'
import { defaultPackFolder, loadPack } from '../../src/cli/pack-folder.ts'
import { timeCompilation } from './compile.ts'
import type { CompileFigures } from './compile-once.ts'
import { loadPeers, ownEngine, regExpEngine } from './engines.ts'
import type { Engine } from './engines.ts'
import { timeCalls, timeRounds } from './measure.ts'
import type { Timing } from './measure.ts'
import { timeRooms } from './rooms.ts'
import { hostile, lengths, repeated, speechOf } from './texts.ts'

export type SegmentFigures = Timing & { length: number; segments: number; perUnit: number }
/** Microseconds per unit of a text, by its length. */
export type Growth = { text: string; at100: number; at1000: number; at10000: number }
export type EngineFigures = { engine: string; buildMs: number; perSegment: number; found: number }

/** All that the benchmark measures; times are microseconds unless their name says otherwise. */
export type Figures = {
  pack: string
  classifier: string | null
  segments: SegmentFigures[]
  rooms: Timing
  growth: Growth[]
  compile: { seed: CompileFigures; generated: CompileFigures }
  automaton: { patterns: number; engines: EngineFigures[] }[]
  missingPeers: string[]
}

/** Measures everything, one thing after the other, and says what it is at. */
export async function measure(say: (text: string) => void): Promise<Figures> {
  say('compiling packs in processes of their own')
  const compile = { seed: await timeCompilation('seed'), generated: await timeCompilation('generated') }
  const pack = loadPack(defaultPackFolder())
  const corpora = defaultCorpora()
  const items = readItems(corpora, 'dev')
  say('segments by length')
  const segments = lengths.map((length): SegmentFigures => {
    const inputs = speechOf(items, length)
    const timing = timeCalls(inputs, (input) => detect(input, pack))
    return { length, segments: inputs.length, ...timing, perUnit: timing.fastest / length }
  })
  say('recorded rooms')
  const rooms = timeRooms(readRooms(corpora, 'dev'), pack)
  say('hostile texts')
  const growth = [
    speechGrowth(segments),
    ...Object.entries(hostile).map(([text, words]) => growthOf(text, words, pack)),
  ]
  say('the automaton and its peers')
  const { engines, missing } = await loadPeers()
  const texts = speechOf(items, 30).map(({ text }) => normalise(text).text)
  const patterns = patternsOf(pack)
  const tenth = patterns.filter((_, i) => i % 10 === 0)
  const automaton = [tenth, patterns].map((list) => ({
    patterns: list.length,
    engines: [ownEngine, ...engines, regExpEngine].map((engine) => engineFigures(engine, list, texts)),
  }))
  return {
    pack: pack.hash.slice(0, 12),
    classifier: pack.classifier?.trained ?? null,
    segments,
    rooms,
    growth,
    compile,
    automaton,
    missingPeers: missing,
  }
}

function speechGrowth(segments: readonly SegmentFigures[]): Growth {
  const at = (wanted: number): number => segments.find(({ length }) => length === wanted)?.perUnit ?? NaN
  return { text: 'speech', at100: at(100), at1000: at(1_000), at10000: at(10_000) }
}

function growthOf(text: string, words: string, pack: CompiledRulePack): Growth {
  const perUnit = (length: number): number =>
    timeRounds([repeated(words, length)], (input) => detect(input, pack)) / length
  return { text, at100: perUnit(100), at1000: perUnit(1_000), at10000: perUnit(10_000) }
}

/** The words of a pack as the matcher sees them. */
function patternsOf(pack: CompiledRulePack): string[] {
  const words = pack.concepts.flatMap(({ terms, allow, aliases }) => [...terms, ...allow, ...Object.keys(aliases)])
  return [...new Set(words.map((word) => normalise(word).text))].filter((word) => word !== '')
}

function engineFigures(engine: Engine, patterns: readonly string[], texts: readonly string[]): EngineFigures {
  const startedAt = performance.now()
  const search = engine.build(patterns)
  const buildMs = performance.now() - startedAt
  const found = texts.reduce((sum, text) => sum + search(text), 0)
  return { engine: engine.name, buildMs, perSegment: timeRounds(texts, search), found }
}
