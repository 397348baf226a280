import { useTranslation } from 'react-i18next'
import type { Enforcement } from '../../../../src/contracts/enforcement.ts'
import { Time } from '../../components/time.tsx'
import { UserText } from '../../components/user-text.tsx'
import { minuteTime } from '../../lib/time.ts'
import styles from './side-list.module.css'

/** What was decided about this room so far. */
export function RoomMeasures({ enforcements }: { enforcements: readonly Enforcement[] }) {
  const { t } = useTranslation()
  return (
    <section className={styles.section}>
      <h2 className={styles.title}>
        {t('room.measures')} <span className={styles.count}>{enforcements.length}</span>
      </h2>
      {enforcements.length === 0 && <p className={styles.none}>{t('room.noMeasures')}</p>}
      <ul>
        {enforcements.map((item) => (
          <li key={item.id} className={styles.entry}>
            <span className={styles.line}>
              <span className={styles.name}>
                {item.reverses === null ? t(`action.${item.action}`) : t('history.reverses')}
              </span>
              <span className={styles.end}>{t(`enforcementStatus.${item.status}`)}</span>
            </span>
            <span className={styles.line}>
              <Time at={item.issuedAt} day className={styles.quiet} />
              <span className={styles.quiet}>
                <UserText text={item.actor.name} />
              </span>
              {item.until !== null && (
                <span className={styles.quiet}>{t('history.until', { time: minuteTime(item.until) })}</span>
              )}
            </span>
            {item.reason !== '' && (
              <span className={styles.quote}>
                <UserText text={item.reason} />
              </span>
            )}
          </li>
        ))}
      </ul>
    </section>
  )
}
