import { useTranslation } from 'react-i18next'
import type { Alert } from '../../../../src/contracts/alert.ts'
import { SeverityBadge } from '../../components/severity-badge.tsx'
import { Time } from '../../components/time.tsx'
import { UserText } from '../../components/user-text.tsx'
import { isOpen } from '../../lib/queue-order.ts'
import { ruleName } from '../../lib/rule-name.ts'
import styles from './side-list.module.css'

/** The alerts of this broadcast, open ones first; one press opens the case beside the lanes. */
export function RoomCases({ alerts, onOpen }: { alerts: readonly Alert[]; onOpen: (caseId: string) => void }) {
  const { t, i18n } = useTranslation()
  const sorted = [...alerts].sort(
    (a, b) => Number(isOpen(b)) - Number(isOpen(a)) || b.severity - a.severity || b.lastAtMs - a.lastAtMs,
  )
  return (
    <section className={styles.section}>
      <h2 className={styles.title}>
        {t('room.cases')} <span className={styles.count}>{alerts.length}</span>
      </h2>
      {alerts.length === 0 && <p className={styles.none}>{t('room.noCases')}</p>}
      <ul>
        {sorted.map((alert) => (
          <li key={alert.id}>
            <button type="button" className={styles.item} onClick={() => onOpen(alert.caseId)}>
              <span className={styles.line}>
                <SeverityBadge severity={alert.severity} />
                <span className={styles.name}>{ruleName(alert.code, i18n.language)}</span>
                {alert.hits.length > 1 && <span className={styles.quiet}>×{alert.hits.length}</span>}
                <span className={styles.end}>
                  {alert.state === 'withdrawn'
                    ? t('feed.withdrawn')
                    : isOpen(alert)
                      ? t(alert.caseStatus === 'claimed' ? 'case.statusClaimed' : 'case.statusOpen')
                      : t('feed.decided')}
                </span>
              </span>
              <span className={styles.line}>
                <Time at={alert.openedAt} className={styles.quiet} />
                <span className={styles.quote}>
                  「<UserText text={alert.quote} />」
                </span>
              </span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  )
}
