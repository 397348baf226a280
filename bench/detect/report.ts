import { table } from '../../src/cli/administration.ts'
import type { Figures, Growth } from './figures.ts'

/** What the engine may cost (DESIGN: 30-character segments, all layers, full pack, one core). */
export const budget = { length: 30, p50Us: 30, p99Us: 200, growth: 1.3, compileCpuMs: 1_000, retainedMb: 50 } as const

/** What is over the budget, a sentence each. */
export function overBudget({ segments, growth, compile }: Figures): string[] {
  const over: string[] = []
  const check = (what: string, value: number, limit: number): void => {
    if (!(value <= limit)) over.push(`${what} ${round(value)}, at most ${limit}`)
  }
  const usual = segments.find(({ length }) => length === budget.length)
  check(`p50 of ${budget.length} units, µs:`, usual?.p50 ?? NaN, budget.p50Us)
  check(`p99 of ${budget.length} units, µs:`, usual?.p99 ?? NaN, budget.p99Us)
  for (const one of growth)
    check(`"${one.text}", a unit of a long text against one of a short:`, grown(one), budget.growth)
  for (const [pack, { cpuMs, retainedMb }] of Object.entries(compile)) {
    check(`compiling the ${pack} pack, ms of processor time:`, cpuMs, budget.compileCpuMs)
    check(`the ${pack} pack in memory, MB:`, retainedMb, budget.retainedMb)
  }
  return over
}

/** How much dearer a unit is in the dearest of the longer texts than in one of 100 units. */
function grown({ at100, at1000, at10000 }: Growth): number {
  return Math.max(at1000, at10000) / at100
}

/** The figures as tables. */
export function tables(figures: Figures): string {
  const { segments, rooms, growth, compile, automaton, missingPeers } = figures
  const usual = segments.find(({ length }) => length === budget.length)
  return [
    `pack ${figures.pack}, classifier ${figures.classifier ?? 'none'}; ${Math.round(1e6 / (usual?.mean ?? NaN))} segments/s`,
    '',
    ...table([
      ['segments, µs', 'p50', 'p99', 'mean', 'fastest', 'per unit', 'measured'],
      ...segments.map(({ length, p50, p99, mean, fastest, perUnit, segments: count }) => [
        `${length} units`,
        ...[p50, p99, mean, fastest].map(round),
        perUnit.toFixed(3),
        String(count),
      ]),
      ['in recorded rooms', ...[rooms.p50, rooms.p99, rooms.mean, rooms.fastest].map(round), '', String(rooms.calls)],
    ]),
    '',
    ...table([
      ['µs per unit', '100', '1,000', '10,000', 'grown'],
      ...growth.map((one) => [
        one.text,
        ...[one.at100, one.at1000, one.at10000].map((value) => value.toFixed(3)),
        grown(one).toFixed(2),
      ]),
    ]),
    '',
    ...table([
      ['compiling', 'patterns', 'CPU ms', 'ms', 'MB retained'],
      ...Object.entries(compile).map(([pack, { patterns, cpuMs, wallMs, retainedMb }]) => [
        `${pack} pack`,
        String(patterns),
        ...[cpuMs, wallMs, retainedMb].map(round),
      ]),
    ]),
    ...automaton.flatMap(({ patterns, engines }) => [
      '',
      ...table([
        [`${patterns} patterns`, 'µs a segment', 'times ours', 'build ms', 'found'],
        ...engines.map(({ engine, perSegment, buildMs, found }) => [
          engine,
          perSegment.toFixed(2),
          (perSegment / (engines[0]?.perSegment ?? NaN)).toFixed(1),
          round(buildMs),
          String(found),
        ]),
      ]),
    ]),
    ...missingPeers.map((name) => `left out: ${name} is not installed`),
    '',
  ].join('\n')
}

function round(value: number): string {
  return value.toFixed(1)
}
