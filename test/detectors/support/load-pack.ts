import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { PackSourceFile } from '../../../src/detectors/pack/parse-pack-files.ts'

const folder = fileURLToPath(new URL('../../../rulepacks/live-commerce/', import.meta.url))

/** The source files of the seed pack. */
export function seedPackFiles(): PackSourceFile[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.yaml'))
    .sort()
    .map((file) => ({ file, text: readFileSync(join(folder, file), 'utf8') }))
}
