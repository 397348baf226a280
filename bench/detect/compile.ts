import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { CompileFigures } from './compile-once.ts'

export type PackKind = 'seed' | 'generated'

const runs = 3

/** The cheapest of three compilations, each in a process of its own. */
export async function timeCompilation(kind: PackKind): Promise<CompileFigures> {
  const figures: CompileFigures[] = []
  for (let i = 0; i < runs; i++) figures.push(await compileOnce(kind))
  return figures.reduce((best, one) => (one.cpuMs < best.cpuMs ? one : best))
}

async function compileOnce(kind: PackKind): Promise<CompileFigures> {
  const built = new URL('./compile-once.js', import.meta.url)
  if (!existsSync(built)) throw new Error('Run the built program: npm run bench:detect')
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', fileURLToPath(built), kind])
  return JSON.parse(stdout) as CompileFigures
}
