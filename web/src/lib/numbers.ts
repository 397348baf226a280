/** Audience and other large counts: `1.2万` in Chinese, `12K` in English; exact below the unit. */
export function shortCount(value: number, language: string): string {
  if (language.startsWith('zh')) {
    if (value < 10_000) return String(value)
    const wan = value / 10_000
    return `${wan < 100 ? trim(wan) : Math.round(wan)}万`
  }
  if (value < 1_000) return String(value)
  if (value < 1_000_000) return `${value < 100_000 ? trim(value / 1_000) : Math.round(value / 1_000)}K`
  return `${trim(value / 1_000_000)}M`
}

function trim(value: number): string {
  return value.toFixed(1).replace(/\.0$/, '')
}
