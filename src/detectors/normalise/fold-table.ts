import { Converter } from 'opencc-js/t2cn'

/** What a UTF-16 unit is to the matcher. */
export const unitClass = {
  /** Letters, digits and Han: what terms are made of. */
  dense: 0,
  /** Zero-width, bidi and variation marks: never seen. */
  nothing: 1,
  /** Spaces, and marks people insert inside a word (治.疗): skipped, no clause ends here. */
  mark: 2,
  /** Sentence and clause punctuation. */
  clause: 3,
  /** Half of a surrogate pair. */
  surrogate: 4,
} as const

export type FoldTable = {
  /** Folded unit per BMP unit: width, case, traditional → simplified. */
  fold: Uint16Array
  cls: Uint8Array
  /** Units whose compatibility form has several characters, such as ㎏. */
  expand: ReadonlyMap<number, string>
}

const clauseMarks = '，。！？；：,!?;:…\n\r—–'
const letter = /[\p{L}\p{N}]/u
const nothing = /[\p{Cf}\p{Mn}\p{Me}\p{Cc}]/u
/** Variants that the dictionaries leave alone but evaders like. */
const extraVariants = '癍斑痠酸囍喜薬药榦干傢家佢他咗了俾给嘅的唔不喺在嚟来冇没'

let built: FoldTable | undefined

/** The fold of every BMP unit, built once from Unicode and the OpenCC dictionaries (about 100 ms). */
export function foldTable(): FoldTable {
  return (built ??= build())
}

function build(): FoldTable {
  const fold = new Uint16Array(65_536)
  const cls = new Uint8Array(65_536)
  const expand = new Map<number, string>()
  const simplify = Converter({ from: 't', to: 'cn' })
  for (let unit = 0; unit < 65_536; unit++) {
    if (unit >= 0xd800 && unit <= 0xdfff) {
      cls[unit] = unitClass.surrogate
      continue
    }
    const char = String.fromCharCode(unit)
    const folded = foldChar(char, unit, simplify)
    fold[unit] = folded.charCodeAt(0)
    cls[unit] = classOf(char, folded)
    if (folded.length > 1 && cls[unit] === unitClass.dense) expand.set(unit, folded)
  }
  const variants = [...extraVariants]
  for (let i = 0; i + 1 < variants.length; i += 2) {
    fold[(variants[i] ?? '').charCodeAt(0)] = (variants[i + 1] ?? '').charCodeAt(0)
  }
  return { fold, cls, expand }
}

function foldChar(char: string, unit: number, simplify: (text: string) => string): string {
  if (unit >= 0x4e00 && unit <= 0x9fff) return simplify(char)
  const folded = char.normalize('NFKC').toLowerCase()
  const first = folded.charCodeAt(0)
  const isHan = (first >= 0x3400 && first <= 0x9fff) || (first >= 0xf900 && first <= 0xfaff)
  return folded === '' ? char : isHan ? simplify(folded) : folded
}

function classOf(char: string, folded: string): number {
  if (clauseMarks.includes(char) || clauseMarks.includes(folded)) return unitClass.clause
  if (char !== '\t' && nothing.test(char)) return unitClass.nothing
  return letter.test(folded[0] ?? '') ? unitClass.dense : unitClass.mark
}
