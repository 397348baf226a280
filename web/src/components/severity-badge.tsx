import { useTranslation } from 'react-i18next'
import { levelOf, type Level } from '../lib/severity.ts'
import styles from './severity-badge.module.css'

const shapes: Readonly<Record<Level, string>> = {
  S0: 'M6 .5 11.500 6 6 11.500.5 6z',
  S1: 'M6 1 11.500 11H.5z',
  S2: 'M6 1a5 5 0 1 0 0 10A5 5 0 0 0 6 1z',
  S3: 'M6 1.800a4.200 4.200 0 1 0 0 8.400 4.200 4.200 0 0 0 0-8.400z',
}

/** The shape of a class: diamond, triangle, disc, ring. */
export function SeverityShape({ level, size = 10 }: { level: Level; size?: number }) {
  return (
    <svg
      className={level === 'S3' ? styles.ring : styles.shape}
      width={size}
      height={size}
      viewBox="0 0 12 12"
      aria-hidden="true"
      focusable="false"
    >
      <path d={shapes[level]} />
    </svg>
  )
}

/** Severity in four ways at once: shape, word, weight of the fill, colour. */
export function SeverityBadge({ severity }: { severity: number }) {
  const { t } = useTranslation()
  const level = levelOf(severity)
  return (
    <span className={styles.badge} data-level={level}>
      <SeverityShape level={level} />
      {t(`level.${level}`)}
    </span>
  )
}
