import { useTranslation } from 'react-i18next'
import type { CaseDetail } from '../../../../src/contracts/case.ts'
import { ruleName } from '../../lib/rule-name.ts'
import { Time } from '../time.tsx'
import { UserText } from '../user-text.tsx'
import styles from './host-record.module.css'
import { Section } from './section.tsx'

const shown = 6

/** What this host was told before: active strikes against the threshold, and the measures so far. */
export function HostRecord({ detail }: { detail: CaseDetail }) {
  const { t, i18n } = useTranslation()
  const { strikesBefore, banThreshold } = detail.suggestion
  const boxes = Math.min(24, Math.max(banThreshold, strikesBefore))
  return (
    <Section
      title={t('case.record')}
      aside={
        <span className={styles.strikes}>
          {t('case.strikes')}
          <span className={styles.bar} aria-hidden="true">
            {Array.from({ length: boxes }, (_, index) => (
              <span key={index} className={styles.box} data-filled={index < strikesBefore || undefined} />
            ))}
          </span>
          {t('case.strikesValue', { count: strikesBefore, threshold: banThreshold })}
        </span>
      }
    >
      {detail.hostEnforcements.length === 0 && <p className={styles.none}>{t('case.recordNone')}</p>}
      <ul className={styles.list}>
        {detail.hostEnforcements.slice(0, shown).map((item) => (
          <li key={item.id} className={styles.item}>
            <Time at={item.issuedAt} day className={styles.time} />
            <span className={styles.action}>{t(`action.${item.action}`)}</span>
            <span className={styles.status}>{t(`enforcementStatus.${item.status}`)}</span>
            <span className={styles.rules}>
              {item.codes.map((code) => ruleName(code, i18n.language)).join('、')}
              {item.reason !== '' && (
                <>
                  {' · '}
                  <UserText text={item.reason} />
                </>
              )}
            </span>
          </li>
        ))}
      </ul>
    </Section>
  )
}
