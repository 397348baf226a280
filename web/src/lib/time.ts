/** Every time on screen is Beijing time, whatever zone the browser is in. */
const zone = 'Asia/Shanghai'

const clock = new Intl.DateTimeFormat('zh-CN', {
  timeZone: zone,
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
})
const parts = new Intl.DateTimeFormat('en-CA', {
  timeZone: zone,
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
})

type Instant = string | number

function dateOf(at: Instant): Date {
  return new Date(at)
}

function pieces(at: Instant): Record<string, string> {
  return Object.fromEntries(parts.formatToParts(dateOf(at)).map((part) => [part.type, part.value]))
}

/** Hour, minute and second in Beijing: `14:03:22`. */
export function clockTime(at: Instant): string {
  return clock.format(dateOf(at))
}

/** Month, day and time in Beijing: `11-23 14:03:22`. */
export function dayTime(at: Instant): string {
  const p = pieces(at)
  return `${p['month']}-${p['day']} ${p['hour']}:${p['minute']}:${p['second']}`
}

/** Year to minute in Beijing: `2026-11-24 14:05`. */
export function minuteTime(at: Instant): string {
  const p = pieces(at)
  return `${p['year']}-${p['month']}-${p['day']} ${p['hour']}:${p['minute']}`
}

/** For `<time datetime>`: the instant written with +08:00. */
export function machineTime(at: Instant): string {
  const p = pieces(at)
  return `${p['year']}-${p['month']}-${p['day']}T${p['hour']}:${p['minute']}:${p['second']}+08:00`
}

/** Milliseconds as `0:38`, `12:05` or `1:02:03`; negative spans are written with a leading minus. */
export function span(ms: number): string {
  const total = Math.floor(Math.abs(ms) / 1_000)
  const seconds = String(total % 60).padStart(2, '0')
  const minutes = Math.floor(total / 60) % 60
  const hours = Math.floor(total / 3_600)
  const sign = ms < 0 && total > 0 ? '-' : ''
  if (hours > 0) return `${sign}${hours}:${String(minutes).padStart(2, '0')}:${seconds}`
  return `${sign}${minutes}:${seconds}`
}

/** Position in a broadcast, milliseconds since it began: `01:12:07`. */
export function streamTime(ms: number): string {
  const total = Math.max(0, Math.floor(ms / 1_000))
  const two = (n: number) => String(n).padStart(2, '0')
  return `${two(Math.floor(total / 3_600))}:${two(Math.floor(total / 60) % 60)}:${two(total % 60)}`
}

/** First or last instant of a Beijing day `YYYY-MM-DD`, as the wire wants it; undefined for anything else. */
export function dayEdge(day: string | undefined, edge: 'from' | 'to'): string | undefined {
  if (day === undefined || !/^\d{4}-\d{2}-\d{2}$/.test(day) || Number.isNaN(Date.parse(day))) return undefined
  return `${day}T${edge === 'from' ? '00:00:00.000' : '23:59:59.999'}+08:00`
}

/** The Beijing day of an instant: `2026-11-23`. */
export function dayOf(at: Instant): string {
  const p = pieces(at)
  return `${p['year']}-${p['month']}-${p['day']}`
}
