import { useTranslation } from 'react-i18next'
import type { Case } from '../../../../src/contracts/case.ts'
import { useMe } from '../../lib/me-context.ts'
import { clockTime } from '../../lib/time.ts'
import { Button } from '../button.tsx'
import styles from './conflict-panel.module.css'

/** Somebody was faster: what they did, what you had prepared, and the two ways on. Nothing of the draft is lost. */
export function ConflictPanel({
  current,
  draftText,
  onAdopt,
  onAgain,
}: {
  current: Case
  draftText: string
  onAdopt: () => void
  onAgain: () => void
}) {
  const { t } = useTranslation()
  const me = useMe()
  const resolved = current.status === 'resolved'
  const claimedByOther = current.claimedBy !== null && current.claimedBy !== me.person.id
  return (
    <div className={styles.conflict} role="alert">
      <p>
        <strong>{t('conflict.title')}：</strong>
        {resolved && current.resolvedAt !== null
          ? t('conflict.resolved', {
              name: current.resolvedByName ?? t('conflict.someone'),
              time: clockTime(current.resolvedAt),
              decision: current.decision === null ? '' : t(`action.${current.decision}`),
            })
          : claimedByOther
            ? t('conflict.claimed', { name: current.claimedByName ?? t('conflict.someone') })
            : t('conflict.changed')}
      </p>
      <p>{t('conflict.yours', { draft: draftText })}</p>
      <div className={styles.ways}>
        {resolved ? (
          <Button small onClick={onAdopt}>
            {t('conflict.adopt')}
          </Button>
        ) : (
          <Button small onClick={onAgain}>
            {t('conflict.again')}
          </Button>
        )}
        <span className={styles.kept}>{t('conflict.kept')}</span>
      </div>
    </div>
  )
}
