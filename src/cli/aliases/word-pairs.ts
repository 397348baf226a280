import { logLikelihood } from './likelihood.ts'
import type { Line } from './lines.ts'

/** How often words, and words beside each other, occur in a corpus. */
export class WordPairs {
  readonly #words = new Map<string, number>()
  readonly #pairs = new Map<string, number>()
  #count = 0

  add(line: Line): void {
    const { norm, words } = line
    for (let i = 0; i + 1 < words.length; i++) {
      const word = wordAt(line, i)
      this.#count++
      this.#words.set(word, (this.#words.get(word) ?? 0) + 1)
      const at = words[i] ?? 0
      if (i === 0 || norm.clause[at] !== norm.clause[at - 1]) continue
      const pair = `${wordAt(line, i - 1)} ${word}`
      this.#pairs.set(pair, (this.#pairs.get(pair) ?? 0) + 1)
    }
  }

  /**
   * How much more often than chance the words of a stretch stand together, at their weakest joint; 0 for one word. What
   * is no word of the dictionary and yet no chance either is somebody's spelling of something.
   */
  cohesion(line: Line, start: number, end: number): number {
    const first = line.words.indexOf(start)
    let weakest = Number.POSITIVE_INFINITY
    for (let i = first + 1; (line.words[i] ?? end) < end; i++) {
      const [left, right] = [wordAt(line, i - 1), wordAt(line, i)]
      const together = this.#pairs.get(`${left} ${right}`) ?? 0
      const joint = logLikelihood(together, this.#words.get(left) ?? 0, this.#words.get(right) ?? 0, this.#count)
      weakest = Math.min(weakest, joint)
    }
    return Number.isFinite(weakest) ? weakest : 0
  }
}

function wordAt({ norm, words }: Line, i: number): string {
  return norm.text.slice(words[i] ?? 0, words[i + 1] ?? norm.length)
}
