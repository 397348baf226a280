import type { PackSourceFile } from '../../src/detectors/pack/parse-pack-files.ts'

const concepts = 200
const rules = 100

/**
 * A pack of that many terms of two to five characters, drawn from the characters of a text as often as they occur there.
 * The same text always gives the same pack.
 */
export function generatedPack(terms: number, text: string): PackSourceFile[] {
  const characters = [...text].filter((char) => /\p{Script=Han}/u.test(char))
  const draw = drawing(20_000)
  const known = new Set<string>()
  while (known.size < terms) {
    const length = 2 + draw(4)
    known.add(Array.from({ length }, () => characters[draw(characters.length)] ?? '').join(''))
  }
  const words = [...known]
  const share = Math.ceil(terms / concepts)
  const lists = Array.from({ length: concepts }, (_, i) => words.slice(i * share, (i + 1) * share))
  return [
    { file: 'pack.yaml', text: "pack: generated\nversion: '1'\nzh: 生成的词表\n" },
    { file: 'concepts.yaml', text: `concepts:\n${lists.map(conceptText).join('')}` },
    { file: 'rules.yaml', text: `rules:\n${Array.from({ length: rules }, (_, i) => ruleText(i, lists)).join('')}` },
  ]
}

function conceptText(words: readonly string[], i: number): string {
  return `  - id: C${i}\n    zh: 概念${i}\n    terms: [${words.join(', ')}]\n`
}

function ruleText(i: number, lists: readonly (readonly string[])[]): string {
  const [one, other] = [lists[i]?.[0] ?? '', lists[i + rules]?.[0] ?? '']
  return `  - id: rule-${i}
    code: efficacy.food_cure
    zh: 规则${i}
    need: [{ any: [C${i}] }, { any: [C${i + rules}] }]
    examples:
      positive: ['${one}${other}', '${other}${one}']
      negative: ['${one}', '${other}']
`
}

/** Whole numbers below a bound, by a linear congruential generator (constants of Numerical Recipes). */
function drawing(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}
