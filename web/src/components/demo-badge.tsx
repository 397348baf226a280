import { useTranslation } from 'react-i18next'
import styles from './demo-badge.module.css'

/** Says that a room plays a written script. */
export function DemoBadge() {
  const { t } = useTranslation()
  return (
    <span className={styles.badge} title={t('demo.note')}>
      {t('demo.badge')}
    </span>
  )
}
