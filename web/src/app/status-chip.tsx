import { useTranslation } from 'react-i18next'
import { Tick } from '../components/tick.tsx'
import { gauge, useFreshness } from '../lib/clock.ts'
import { clockTime, span } from '../lib/time.ts'
import styles from './status-chip.module.css'

/** Whether the screen is live: a shape, a word and a number computed from the age of the data. */
export function StatusChip() {
  const { t } = useTranslation()
  const { level, delayMs, frozenAt } = useFreshness()
  const name = t(`status.${level}`)
  return (
    <span className={styles.chip} data-level={level} role="status" aria-label={`${t('status.label')}：${name}`}>
      <svg className={styles.mark} width="12" height="12" viewBox="0 0 12 12" aria-hidden="true">
        {level === 'live' && <circle cx="6" cy="6" r="4" fill="currentColor" />}
        {(level === 'late' || level === 'connecting') && (
          <>
            <circle cx="6" cy="6" r="4" fill="none" stroke="currentColor" strokeWidth="1.500" />
            <path d="M6 2a4 4 0 0 0 0 8z" fill="currentColor" />
          </>
        )}
        {level === 'lost' && <path d="M6 1 11.500 11H.5z" fill="currentColor" />}
      </svg>
      <span>{name}</span>
      {level === 'live' && <span className={styles.number}>{seconds(delayMs)}</span>}
      {level === 'late' && (
        <Tick className={styles.number} text={() => seconds(Math.max(delayMs, gauge.read(Date.now()).silentMs))} />
      )}
      {level === 'lost' && frozenAt !== null && (
        <>
          <Tick className={styles.number} text={() => span(gauge.read(Date.now()).silentMs)} />
          <span>{t('status.frozen', { time: clockTime(frozenAt) })}</span>
        </>
      )}
    </span>
  )
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)}s`
}
