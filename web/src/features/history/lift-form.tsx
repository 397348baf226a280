import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useId, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Enforcement } from '../../../../src/contracts/enforcement.ts'
import { Button } from '../../components/button.tsx'
import { call, newIdempotencyKey } from '../../lib/api.ts'
import { errorText } from '../../lib/error-text.ts'
import { toast } from '../../lib/toasts.ts'
import styles from './lift-form.module.css'

/** Ends a running measure early, for a stated reason. */
export function LiftForm({ item, onClose }: { item: Enforcement; onClose: () => void }) {
  const { t } = useTranslation()
  const queries = useQueryClient()
  const id = useId()
  // One form, one lift: pressing twice or trying again stays one action.
  const [idempotencyKey] = useState(newIdempotencyKey)
  const lift = useMutation({
    mutationFn: (reason: string) =>
      call('liftEnforcement', { params: { id: item.id }, body: { idempotencyKey, reason } }),
    onSuccess: () => {
      toast(t('history.liftDone'))
      void queries.invalidateQueries({ queryKey: ['enforcements'] })
      onClose()
    },
  })
  return (
    <form
      className={styles.form}
      aria-label={t('history.liftTitle', { action: t(`action.${item.action}`) })}
      onSubmit={(event) => {
        event.preventDefault()
        const reason = String(new FormData(event.currentTarget).get('reason') ?? '').trim()
        if (reason !== '' && !lift.isPending) lift.mutate(reason)
      }}
    >
      <label htmlFor={id}>{t('history.liftReason')}</label>
      <textarea id={id} className={styles.field} name="reason" rows={2} maxLength={1_000} required autoFocus />
      {lift.isError && (
        <p className={styles.error} role="alert">
          {t('action.failed', { message: errorText(lift.error, t) })}
        </p>
      )}
      <div className={styles.ways}>
        <Button type="submit" small tone="primary" disabled={lift.isPending}>
          {t('history.liftSubmit')}
        </Button>
        <Button small onClick={onClose}>
          {t('history.liftCancel')}
        </Button>
      </div>
    </form>
  )
}
