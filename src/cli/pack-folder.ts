import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { classifierFile, compileUnchecked } from '../detectors/pack/compile-pack.ts'
import type { CompiledRulePack } from '../detectors/pack/compiled-rule-pack.ts'
import type { PackSourceFile } from '../detectors/pack/parse-pack-files.ts'

/** The seed rule pack of this installation: the nearest `rulepacks/live-commerce` above this file, built or not. */
export function defaultPackFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  for (;;) {
    const candidate = join(folder, 'rulepacks', 'live-commerce')
    if (existsSync(join(candidate, 'pack.yaml'))) return candidate
    const above = dirname(folder)
    if (above === folder) throw new Error('The folder rulepacks/live-commerce is missing; install the package again')
    folder = above
  }
}

/** The files of a pack folder and of the folders below it, by path: YAML, and the classifier. */
export function readPackFolder(folder: string): PackSourceFile[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.yaml') || basename(file) === classifierFile)
    .sort()
    .map((file) => ({ file: file.replaceAll('\\', '/'), text: readFileSync(join(folder, file), 'utf8') }))
}

/** Compiles a pack folder to run it; its examples are run by `rules check`. Throws with every problem in the message. */
export function loadPack(folder: string): CompiledRulePack {
  const result = compileUnchecked(readPackFolder(folder))
  if (result.ok) return result.pack
  const lines = result.problems.map(({ file, line, problem, remedy }) => `${file}:${line}: ${problem}. ${remedy}.`)
  throw new Error(`The rule pack in ${folder} cannot be used:\n${lines.join('\n')}`)
}
