import { useTranslation } from 'react-i18next'
import { useAudience } from '../lib/live-context.ts'
import { shortCount } from '../lib/numbers.ts'

/** How many watch a broadcast now, where that is known; else how many did when the alert was raised, and said so. */
export function Viewers({
  sessionId,
  then,
  className,
}: {
  sessionId: string
  then: number | null
  className?: string | undefined
}) {
  const { t, i18n } = useTranslation()
  const now = useAudience(sessionId)
  const count = now ?? then
  if (count === null) return null
  const value = shortCount(count, i18n.language)
  return (
    <span className={className} title={String(count)}>
      {now === null ? t('feed.viewersThen', { value }) : t('feed.viewers', { value })}
    </span>
  )
}
