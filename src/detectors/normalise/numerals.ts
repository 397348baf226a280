const digits = '零一二三四五六七八九'
const powers = ['', '十', '百', '千'] as const

/** The Chinese reading of an integer below 100,000,000: 10 → 十, 1999 → 一千九百九十九. Text and terms are read alike. */
export function readInteger(value: number): string {
  if (value >= 10_000) {
    const low = value % 10_000
    const head = `${readInteger(Math.floor(value / 10_000))}万`
    return low === 0 ? head : `${head}${low < 1_000 ? '零' : ''}${readInteger(low)}`
  }
  if (value < 10) return digits[value] ?? ''
  let out = ''
  let zero = false
  const text = String(value)
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 48
    const power = powers[text.length - 1 - i] ?? ''
    if (digit === 0) zero = out !== ''
    else {
      if (zero) out += '零'
      zero = false
      out += (digit === 1 && power === '十' && out === '' ? '' : (digits[digit] ?? '')) + power
    }
  }
  return out
}

const single: Readonly<Record<string, number>> = {
  零: 0,
  〇: 0,
  一: 1,
  二: 2,
  两: 2,
  三: 3,
  四: 4,
  五: 5,
  六: 6,
  七: 7,
  八: 8,
  九: 9,
}
const multipliers: Readonly<Record<string, number>> = { 十: 10, 百: 100, 千: 1_000, 万: 10_000, 亿: 100_000_000 }

/** 1 for the UTF-16 units numbers are spoken with. */
export const numeralUnits = new Uint8Array(65_536)
for (const char of [...Object.keys(single), ...Object.keys(multipliers), '半', '几', '点', '多']) {
  numeralUnits[char.charCodeAt(0)] = 1
}

const noDigit = 255
const digitOf = new Uint8Array(65_536).fill(noDigit)
for (const [char, digit] of Object.entries(single)) digitOf[char.charCodeAt(0)] = digit
const powerOf = new Map(Object.entries(multipliers).map(([char, power]) => [char.charCodeAt(0), power]))
const half = '半'.charCodeAt(0)
const several = '几'.charCodeAt(0)

/**
 * The value of a spoken number. Forms without powers are read digit by digit (三九九 → 399), a last bare digit after a
 * power counts the next lower power (九百八 → 980); 半 is 0.5, 几 is 3, 多 is ignored.
 */
export function numeralValue(text: string): number {
  const point = text.indexOf('点')
  if (point > 0) {
    const fraction = digitsOf(text.slice(point + 1))
    return numeralValue(text.slice(0, point)) + (fraction === '' ? 0 : Number(`0.${fraction}`))
  }
  return text.length > 1 && isDigitsAlone(text) ? Number(digitsOf(text)) : powersValue(text)
}

function isDigitsAlone(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (digitOf[text.charCodeAt(i)] === noDigit) return false
  return true
}

/** As ASCII digits; 0 for whatever is none. */
function digitsOf(text: string): string {
  let digits = ''
  for (let i = 0; i < text.length; i++) {
    const digit = digitOf[text.charCodeAt(i)] ?? noDigit
    digits += digit === noDigit ? 0 : digit
  }
  return digits
}

function powersValue(text: string): number {
  let total = 0
  let section = 0
  let current = 0
  let lastPower = 0
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    const digit = digitOf[unit] ?? noDigit
    const power = powerOf.get(unit)
    if (unit === half) current += 0.5
    else if (unit === several) current = 3
    else if (power === undefined) {
      if (digit !== noDigit) current = digit
      if (digit === 0) lastPower = 0
    } else if (power >= 10_000) {
      total = (total + section + current || 1) * power
      section = 0
      current = 0
      lastPower = power
    } else {
      section += (current || 1) * power
      current = 0
      lastPower = power
    }
  }
  return total + section + (lastPower > 10 && current >= 1 ? (current * lastPower) / 10 : current)
}
