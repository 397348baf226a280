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

/** The fold of every BMP unit, built once from Unicode and the OpenCC dictionaries (about 60 ms). */
export function foldTable(): FoldTable {
  return (built ??= build())
}

function build(): FoldTable {
  const fold = new Uint16Array(65_536)
  const cls = new Uint8Array(65_536)
  const expand = new Map<number, string>()
  foldedForms().forEach((folded, unit) => {
    if (isSurrogate(unit)) {
      cls[unit] = unitClass.surrogate
      return
    }
    fold[unit] = folded.charCodeAt(0)
    cls[unit] = classOf(String.fromCharCode(unit), folded)
    if (folded.length > 1 && cls[unit] === unitClass.dense) expand.set(unit, folded)
  })
  const variants = [...extraVariants]
  for (let i = 0; i + 1 < variants.length; i += 2) {
    fold[(variants[i] ?? '').charCodeAt(0)] = (variants[i + 1] ?? '').charCodeAt(0)
  }
  return { fold, cls, expand }
}

/** Width, case and script of every unit. One call converts all Han: called for each, the converter takes most of the time. */
function foldedForms(): string[] {
  const forms = Array.from({ length: 65_536 }, (_, unit) => widthAndCase(unit))
  const han = forms.flatMap((form, unit) => (isHan(form.charCodeAt(0)) ? [unit] : []))
  const simplify = Converter({ from: 't', to: 'cn' })
  const simplified = simplify(han.map((unit) => forms[unit]).join('\n')).split('\n')
  han.forEach((unit, i) => {
    forms[unit] = simplified[i] ?? ''
  })
  return forms
}

function widthAndCase(unit: number): string {
  const char = String.fromCharCode(unit)
  if (isSurrogate(unit) || (unit >= 0x4e00 && unit <= 0x9fff)) return char
  return char.normalize('NFKC').toLowerCase() || char
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff
}

function isHan(unit: number): boolean {
  return (unit >= 0x3400 && unit <= 0x9fff) || (unit >= 0xf900 && unit <= 0xfaff)
}

function classOf(char: string, folded: string): number {
  if (clauseMarks.includes(char) || clauseMarks.includes(folded)) return unitClass.clause
  if (char !== '\t' && nothing.test(char)) return unitClass.nothing
  return letter.test(folded[0] ?? '') ? unitClass.dense : unitClass.mark
}
