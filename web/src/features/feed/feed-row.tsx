import { memo } from 'react'
import { useTranslation } from 'react-i18next'
import { slaSeconds } from '../../../../src/contracts/alert.ts'
import { DemoBadge } from '../../components/demo-badge.tsx'
import { SeverityBadge } from '../../components/severity-badge.tsx'
import { Countdown, Tick } from '../../components/tick.tsx'
import { Time } from '../../components/time.tsx'
import { ExcerptText, UserText } from '../../components/user-text.tsx'
import { Viewers } from '../../components/viewers.tsx'
import { useAlert } from '../../lib/live-context.ts'
import { excerpt } from '../../lib/marked-text.ts'
import { useMe } from '../../lib/me-context.ts'
import { isClaimed, isOpen } from '../../lib/queue-order.ts'
import { ruleName } from '../../lib/rule-name.ts'
import { levelOf } from '../../lib/severity.ts'
import { span } from '../../lib/time.ts'
import styles from './feed-row.module.css'

/** Words before and after a hit that a wide row shows, in UTF-16 units; a narrow one shows fewer. */
const contextUnits = 12

/** The element id of an alert's option. */
export function optionId(id: string): string {
  return `alert-${id}`
}

/** One alert in two lines of fixed height. It re-renders only when its own alert changes; times are written by the clock. */
export const FeedRow = memo(function FeedRow({
  id,
  position,
  total,
  top,
  height,
  selected,
  fresh,
  onSelect,
}: {
  id: string
  position: number
  total: number
  top: number
  height: number
  selected: boolean
  fresh: boolean
  onSelect: (id: string) => void
}) {
  const { t, i18n } = useTranslation()
  const me = useMe()
  const alert = useAlert(id)
  if (alert === undefined) return null
  const language = i18n.language
  const rule = ruleName(alert.code, language)
  const quote = excerpt(alert.quoteText, alert.span, contextUnits)
  const times = Math.max(1, alert.hits.length)
  const open = isOpen(alert)
  const mine = alert.claimedBy === me.person.id
  return (
    <div
      id={optionId(id)}
      className={styles.row}
      role="option"
      data-id={id}
      data-level={levelOf(alert.severity)}
      data-fresh={fresh || undefined}
      data-done={!open || undefined}
      aria-selected={selected}
      aria-posinset={position}
      aria-setsize={total}
      style={{ transform: `translateY(${top}px)`, height }}
      onClick={() => onSelect(id)}
    >
      <SeverityBadge severity={alert.severity} />
      <div className={styles.first}>
        <span className={styles.rule} title={rule}>
          {rule}
        </span>
        {times > 1 && <span className={styles.times}>×{times}</span>}
        <span className={styles.quote}>
          <span className={styles.bracket}>「</span>
          <ExcerptText excerpt={quote} />
          <span className={styles.bracket}>」</span>
        </span>
      </div>
      <div className={styles.second}>
        <Time at={alert.openedAt} className={styles.time} />
        <span className={styles.room}>
          <UserText text={alert.roomTitle} />
        </span>
        <span className={styles.host}>
          <UserText text={alert.hostName} />
        </span>
        <Viewers className={styles.viewers} sessionId={alert.sessionId} then={alert.viewers} />
        {alert.demo && <DemoBadge />}
      </div>
      <div className={styles.side}>
        {open ? (
          <Countdown
            className={styles.sla}
            dueAt={alert.slaDueAt}
            totalSeconds={slaSeconds[alert.severity] ?? 600}
            text={(left) =>
              left >= 0 ? t('feed.remaining', { span: span(left) }) : t('feed.overdue', { span: span(-left) })
            }
          />
        ) : (
          <span className={styles.done}>{alert.state === 'withdrawn' ? t('feed.withdrawn') : t('feed.decided')}</span>
        )}
        {open && alert.claimedBy !== null && (
          <Tick
            className={mine ? styles.mine : styles.claim}
            text={(now) =>
              !isClaimed(alert, now)
                ? ''
                : mine
                  ? t('feed.claimedMine')
                  : t('feed.claimedBy', { name: alert.claimedByName ?? '' })
            }
          />
        )}
      </div>
    </div>
  )
})
