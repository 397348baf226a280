/** What was weighed beside the words themselves, as the moderator reads it on the finding. */
export const notes = {
  elderly: '面向老年人 +1',
  pregnant: '面向孕产妇 +1',
  children: '面向儿童 +1',
  seriousDisease: '涉及重大疾病 +1',
  evasive: '规避写法 +1',
  nodded: '应承了观众的提问',
  categoryUnknown: '类目未知，需人工判断',
  classifierAgrees: (chance: number) => `语义模型同意 ${chance.toFixed(2)}`,
  classifierDoubts: (chance: number) => `语义模型认为不像违规 ${chance.toFixed(2)}，降为提示`,
} as const

/** The classifier's own finding: its probability and the words that weighed most. */
export function classifierNote(chance: number, words: readonly string[]): string {
  const because = words.length === 0 ? '' : `，依据：${words.map((word) => `「${word}」`).join('')}`
  return `语义模型判断 ${chance.toFixed(2)}${because}`
}

/** `count` is how often the seller has said it in this session, this time included. */
export function repeatedNote(count: number): string {
  return `本场第 ${count} 次 +1`
}

/** The claim was put together from what was said within this many milliseconds. */
export function partsNote(ms: number): string {
  return `${ms / 1_000} 秒内分几句说出`
}

const registered = '与登记的「'

/** A registered fact of the product says otherwise. */
export function contradictionNote(name: string, text: string): string {
  return `${registered}${name}：${text}」不符`
}

/** True for a note of `contradictionNote`: the claim is refuted by what the seller registered, not by plausibility. */
export function isContradiction(note: string): boolean {
  return note.startsWith(registered)
}

/** The price, in fen, at which the claim cannot be true. */
export function absurdPriceNote(fen: number): string {
  return `售价 ${fen / 100} 元，不可能如此`
}
