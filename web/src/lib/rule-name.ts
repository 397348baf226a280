import { codes, taxonomyOf, type Code } from '../../../src/contracts/taxonomy.ts'

const known: ReadonlySet<string> = new Set(codes)

/** The name of a rule code in the language of the screen; an unknown code is its own name. */
export function ruleName(code: string, language: string): string {
  if (!known.has(code)) return code
  const entry = taxonomyOf(code as Code)
  return language.startsWith('zh') ? entry.zh : entry.en
}
