import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Case, CaseDetail } from '../../../../src/contracts/case.ts'
import type { Enforcement } from '../../../../src/contracts/enforcement.ts'
import { useLiveEnforcement } from '../../lib/live-context.ts'
import { useMe } from '../../lib/me-context.ts'
import { draftKey, readStored, writeStored } from '../../lib/settings.ts'
import { clockTime } from '../../lib/time.ts'
import { parseDraft } from '../../lib/action-draft.ts'
import { durationText } from '../../lib/duration-text.ts'
import { commandKeys } from '../../lib/key-catalogue.ts'
import { Button } from '../button.tsx'
import { UserText } from '../user-text.tsx'
import { ConflictPanel } from './conflict-panel.tsx'
import styles from './decided.module.css'
import { PhaseTrack } from './phase-track.tsx'

/** What became of a case: who decided what, and how far the measure has come. */
export function Decided({
  detail,
  current,
  issuedId,
  onNext,
}: {
  detail: CaseDetail
  current: Case
  issuedId: string | null
  onNext: (() => void) | undefined
}) {
  const { t } = useTranslation()
  const me = useMe()
  const key = draftKey(me.person.id, current.id)
  const [left, setLeft] = useState(() => (current.resolvedBy === me.person.id ? null : parseDraft(readStored(key))))
  const known = detail.hostEnforcements.find((item) => item.caseId === current.id && item.reverses === null)
  const id = known?.id ?? issuedId
  const name = current.resolvedByName ?? t('conflict.someone')
  const time = current.resolvedAt === null ? '' : clockTime(current.resolvedAt)
  return (
    <div className={styles.decided}>
      {current.status === 'resolved' && (
        <p className={styles.words}>
          {current.decision === 'dismiss'
            ? t('case.dismissedAs', {
                name,
                time,
                reason: current.dismissReason === null ? '' : t(`dismissReason.${current.dismissReason}`),
              })
            : t('case.resolvedAs', {
                name,
                time,
                decision: current.decision === null ? '' : t(`action.${current.decision}`),
              })}
        </p>
      )}
      {id !== null && <LivePhases id={id} known={known} />}
      {left !== null && (
        <ConflictPanel
          current={current}
          draftText={
            left.choice === 'suspend'
              ? `${t('action.suspend')} ${durationText(left.durationSeconds, t)}`
              : t(`action.${left.choice}`)
          }
          onAdopt={() => {
            writeStored(key, null)
            setLeft(null)
            onNext?.()
          }}
          onAgain={() => undefined}
        />
      )}
      <div className={styles.ways}>
        {onNext !== undefined && (
          <Button small onClick={onNext} keys={commandKeys('feed.nextUnclaimed')}>
            {t('action.next')}
          </Button>
        )}
        {current.decision !== 'dismiss' && (
          <Link to="/history" search={{ room: current.roomId }}>
            {t('phase.toHistory')}
          </Link>
        )}
      </div>
    </div>
  )
}

function LivePhases({ id, known }: { id: string; known: Enforcement | undefined }) {
  const pushed = useLiveEnforcement(id)
  const enforcement = pushed !== undefined && (known === undefined || pushed.rev >= known.rev) ? pushed : known
  if (enforcement === undefined) return null
  return (
    <>
      <PhaseTrack enforcement={enforcement} />
      {enforcement.reason !== '' && (
        <p className={styles.reason}>
          <UserText text={enforcement.reason} />
        </p>
      )}
    </>
  )
}
