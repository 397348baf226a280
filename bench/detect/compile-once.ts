import { compileUnchecked } from '../../src/detectors/pack/compile-pack.ts'
import { defaultPackFolder, readPackFolder } from '../../src/cli/pack-folder.ts'
import { defaultCorpora, readItems } from '../../src/cli/corpus/read-corpus.ts'
import { generatedPack } from './generated-pack.ts'

/** What one compilation in a fresh process took. */
export type CompileFigures = { patterns: number; cpuMs: number; wallMs: number; retainedMb: number }

/**
 * Compiles one pack in this process, as a worker does when it starts, and writes its figures as JSON to stdout. Run by
 * `compile.ts` with `--expose-gc`, once per process: a second compilation would find the engine warm and its tables built.
 */
const [, , which] = process.argv
const files = which === 'seed' ? readPackFolder(defaultPackFolder()) : generatedPack(20_000, devText())
const before = retainedBytes()
const cpu = process.cpuUsage()
const startedAt = performance.now()
const result = compileUnchecked(files)
const wallMs = performance.now() - startedAt
const { user, system } = process.cpuUsage(cpu)
const retainedMb = (retainedBytes() - before) / 2 ** 20
if (!result.ok) throw new Error(result.problems[0]?.problem)
const patterns = result.pack.literal.entries.length + result.pack.phonetic.entries.length
const figures: CompileFigures = { patterns, cpuMs: (user + system) / 1_000, wallMs, retainedMb }
process.stdout.write(JSON.stringify(figures))

function devText(): string {
  return readItems(defaultCorpora(), 'dev')
    .map(({ text }) => text)
    .join('')
}

function retainedBytes(): number {
  if (globalThis.gc === undefined) throw new Error('Run this with --expose-gc')
  globalThis.gc()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
