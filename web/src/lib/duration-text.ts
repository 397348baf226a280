import type { TFunction } from 'i18next'

/** A length of time in the largest unit that divides it: 24 hours, 7 days, 10 minutes. */
export function durationText(seconds: number, t: TFunction): string {
  if (seconds % 86_400 === 0 && seconds > 86_400) return t('action.days', { count: seconds / 86_400 })
  if (seconds % 3_600 === 0) return t('action.hours', { count: seconds / 3_600 })
  if (seconds % 60 === 0) return t('action.minutes', { count: seconds / 60 })
  return t('action.seconds', { count: seconds })
}
