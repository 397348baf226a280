import type { ComputedConcept } from '../pack/computed-concepts.ts'
import { numeralUnits, numeralValue } from '../normalise/numerals.ts'
import type { Normalised } from '../normalise/normalise.ts'

export type NumberSpan = { concept: ComputedConcept; start: number; end: number; value: number }

/** Units by what they measure, longest first; the factor turns money into fen. */
const measures: readonly (readonly [ComputedConcept, readonly string[], number])[] = [
  ['#MONEY', ['块钱', '元钱', '块', '元', '圆'], 100],
  ['#MONEY', ['毛钱', '毛', '角钱'], 10],
  ['#AGE', ['岁', '年级', '周岁'], 1],
  ['#WEIGHT', ['公斤', '千克', '毫克', '斤', '克', '吨', 'kg', 'g', '两重'], 1],
  [
    '#TIME_SPAN',
    [
      '个礼拜',
      '个星期',
      '个小时',
      '个疗程',
      '个月',
      '个钟',
      '分钟',
      '小时',
      '礼拜',
      '星期',
      '疗程',
      '周期',
      '秒',
      '天',
      '日',
      '周',
      '晚上',
      '晚',
      '宿',
      '夜',
      '年',
      '月',
    ],
    1,
  ],
  [
    '#COUNT',
    [
      '个',
      '包',
      '件',
      '盒',
      '瓶',
      '把',
      '只',
      '单',
      '箱',
      '份',
      '条',
      '张',
      '片',
      '双',
      '台',
      '口',
      '抽',
      '人',
      '袋',
      '罐',
      '支',
      '颗',
      '粒',
      '套',
      '次',
      '例',
      '连',
      '针',
      '度',
      '倍',
      '位',
    ],
    1,
  ],
]
const byFirst = indexMeasures()

/** Numbers with their units: 三天, 百分之九十八, 九块九, 十斤, 五个, 四年级. Linear in the text. */
export function numberSpans(norm: Normalised): NumberSpan[] {
  const spans: NumberSpan[] = []
  const { units, length } = norm
  let at = 0
  while (at < length) {
    const unit = units[at] ?? 0
    if (numeralUnits[unit] === 0) at++
    else if (unit === hundred && units[at + 1] === parts) at = percentAt(norm, at, spans)
    else if (unit === point || unit === many) at++
    else {
      let end = at + 1
      while (end < length && end - at < 16 && isNumeralAt(norm, end) && norm.clause[end] === norm.clause[at]) end++
      while (units[end - 1] === point || units[end - 1] === many) end--
      if (units[end] === about || units[end] === many) end++ // 十来天
      if (units[at - 1] !== ordinal) unitAfter(norm, at, end, spans)
      at = Math.max(end, at + 1)
    }
  }
  return spans
}

const hundred = '百'.charCodeAt(0)
const parts = '分'.charCodeAt(0)
const point = '点'.charCodeAt(0)
const many = '多'.charCodeAt(0)
const about = '来'.charCodeAt(0)
const ordinal = '第'.charCodeAt(0)

function isNumeralAt(norm: Normalised, at: number): boolean {
  return numeralUnits[norm.units[at] ?? 0] === 1
}

function percentAt(norm: Normalised, at: number, spans: NumberSpan[]): number {
  const { text } = norm
  const start = at
  let end = at + (text.startsWith('百分之', at) ? 3 : text.startsWith('百分百', at) ? 3 : 2)
  while (end < norm.length && isNumeralAt(norm, end)) end++
  if (end > start + 2) spans.push({ concept: '#PERCENT', start, end, value: numeralValue(text.slice(start + 3, end)) })
  return end
}

function unitAfter(norm: Normalised, start: number, end: number, spans: NumberSpan[]): void {
  const { text } = norm
  for (const [concept, unit, factor] of byFirst.get(text.charCodeAt(end)) ?? []) {
    if (!text.startsWith(unit, end)) continue
    let stop = end + unit.length
    let value = numeralValue(text.slice(start, end)) * factor
    if (concept === '#MONEY' && (unit === '块' || unit === '元')) {
      const tail = text[stop] ?? ''
      const after = text[stop + 1] ?? ''
      if (isNumeralAt(norm, stop) && tail !== '几' && !isNumeralAt(norm, stop + 1) && !countsAfter(after)) {
        value += tail === '半' ? 50 : numeralValue(tail) * 10
        stop++
      }
    }
    // 一块 and 一个月 are common as mere words; 月 and 日 after a number may be a date.
    spans.push({ concept, start, end: stop, value })
    return
  }
}

/** 九块九一片: the digit belongs to what follows when a counter follows it. */
function countsAfter(char: string): boolean {
  return char !== '' && '个包件盒瓶把只单箱份条张片双台斤两'.includes(char) && char !== '钱'
}

function indexMeasures(): Map<number, [ComputedConcept, string, number][]> {
  const map = new Map<number, [ComputedConcept, string, number][]>()
  for (const [concept, units, factor] of measures) {
    for (const unit of units) {
      const first = unit.charCodeAt(0)
      map.set(first, [...(map.get(first) ?? []), [concept, unit, factor]])
    }
  }
  for (const list of map.values()) list.sort((a, b) => b[1].length - a[1].length)
  return map
}
