import type { TFunction } from 'i18next'
import { ApiError } from './api.ts'

/** The words of a failure in the language of the screen; the service's own words only where its code is unknown. */
export function errorText(error: unknown, t: TFunction): string {
  if (!(error instanceof ApiError)) return error instanceof Error ? error.message : String(error)
  if (error.status === 0) return t('error.network')
  if (error.wire === null) return error.message
  const words = t(`error.code.${error.wire.code}`)
  return error.wire.field === undefined ? words : `${words} (${error.wire.field})`
}
