import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { ApiError } from '../lib/api.ts'
import { errorText } from '../lib/error-text.ts'
import { Button } from './button.tsx'
import styles from './notice.module.css'

/** An empty place that says why it is empty and what to do next. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className={styles.empty}>
      <p className={styles.emptyTitle}>{title}</p>
      {children !== undefined && <div className={styles.emptyBody}>{children}</div>}
    </div>
  )
}

/** A failure at the place where it happened, with its number and a way on. */
export function ErrorNote({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { t } = useTranslation()
  const requestId = error instanceof ApiError ? error.wire?.requestId : undefined
  return (
    <div className={styles.error} role="alert">
      <span>{t('error.load', { message: errorText(error, t) })}</span>
      {requestId !== undefined && <span className={styles.id}>{t('action.errorId', { id: requestId })}</span>}
      {onRetry !== undefined && (
        <Button small onClick={onRetry}>
          {t('error.retry')}
        </Button>
      )}
    </div>
  )
}

/** Still rows in place of rows that are on their way; nothing shimmers. */
export function Skeleton({ rows, tall = false }: { rows: number; tall?: boolean }) {
  return (
    <div className={styles.skeleton} aria-hidden="true">
      {Array.from({ length: rows }, (_, index) => (
        <div key={index} className={tall ? styles.tallRow : styles.row}>
          <span className={styles.bar} data-width={index % 3} />
          {tall && <span className={styles.bar} data-width={(index + 1) % 3} />}
        </div>
      ))}
    </div>
  )
}
