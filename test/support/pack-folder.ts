import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'

/** A rule pack's folder with these files, which goes when the test ends. */
export function packFolder(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'livewarden-pack-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), text)
  }
  return folder
}

/** pack.yaml of a pack named `tea`. */
export function packHead(version = '1'): string {
  return `pack: tea\nversion: '${version}'\nzh: 茶叶间\n`
}

/** A pack of one rule that finds the word, and nothing else. */
export function onePackRule(word: string, version = '1'): Record<string, string> {
  return {
    'pack.yaml': packHead(version),
    'rules.yaml': `concepts:
  - { id: WORD, zh: 词, terms: [${word}] }
rules:
  - id: word
    code: efficacy.medical_claim
    zh: 说了这个词
    need: [{ any: [WORD] }]
    exemptions: []
    examples:
      positive: [今天${word}来了, 大家看${word}]
      negative: [大家晚上好, 今天有新茶]
`,
  }
}
