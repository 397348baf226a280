import { useTranslation } from 'react-i18next'
import type { CaseDetail } from '../../../../src/contracts/case.ts'
import type { ActionDraft } from '../../lib/action-draft.ts'
import { ruleName } from '../../lib/rule-name.ts'
import { UserText } from '../user-text.tsx'
import styles from './notice-preview.module.css'

/** What the host will be told, in outline, before anything is pressed. */
export function NoticePreview({
  detail,
  draft,
  actionText,
}: {
  detail: CaseDetail
  draft: ActionDraft
  actionText: string
}) {
  const { t, i18n } = useTranslation()
  const rules = [...new Set(detail.alerts.map((alert) => ruleName(alert.code, i18n.language)))].join('、')
  const quotes = [...new Set(detail.findings.map((finding) => `「${finding.quote}」`))].slice(0, 3).join('')
  const grounds = detail.grounds
    .filter((ground) => draft.basisIds.includes(ground.basisId))
    .map((ground) => ground.citation)
    .join('、')
  return (
    <details className={styles.preview}>
      <summary>{t('action.preview')}</summary>
      <blockquote className={styles.body}>
        <p>
          <UserText text={t('action.previewBody', { rules, action: actionText, quotes, grounds })} />
        </p>
        {draft.reason.trim() !== '' && (
          <p>
            <UserText text={t('action.previewReason', { reason: draft.reason.trim() })} />
          </p>
        )}
        <p className={styles.note}>{t('action.previewNote')}</p>
      </blockquote>
    </details>
  )
}
