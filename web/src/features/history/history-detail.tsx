import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { cuttingActions, type Enforcement } from '../../../../src/contracts/enforcement.ts'
import { Button } from '../../components/button.tsx'
import { PhaseTrack } from '../../components/case/phase-track.tsx'
import { MarkedUserText, UserText } from '../../components/user-text.tsx'
import { useMay, useMe } from '../../lib/me-context.ts'
import { streamTime } from '../../lib/time.ts'
import styles from './history-detail.module.css'
import { LiftForm } from './lift-form.tsx'

const running = new Set<Enforcement['status']>(['issued', 'received', 'effective', 'unconfirmed'])

/** What a measure stood on: the words as they were, the clauses, the notice, its course, and the way to end it early. */
export function HistoryDetail({ item }: { item: Enforcement }) {
  const { t } = useTranslation()
  const me = useMe()
  const mayLift = useMay('enforcement.lift')
  const mayLiftOthers = useMay('enforcement.ban')
  const [lifting, setLifting] = useState(false)
  const liftable = cuttingActions.includes(item.action) && running.has(item.status) && item.reverses === null
  return (
    <div className={styles.detail}>
      <section>
        <h3 className={styles.title}>{t('history.evidence')}</h3>
        <ul className={styles.lines}>
          {item.evidence.map((line) => (
            <li key={`${line.sessionId}:${line.seq}`} className={styles.line}>
              <span className={styles.time}>{streamTime(line.atMs)}</span>
              <span>
                {line.span === null ? (
                  <UserText text={line.text} />
                ) : (
                  <MarkedUserText
                    text={line.text}
                    spans={[{ start: line.span[0], end: line.span[1], strength: 'hit' }]}
                  />
                )}
              </span>
            </li>
          ))}
        </ul>
        <h3 className={styles.title}>{t('history.grounds')}</h3>
        <ul className={styles.lines}>
          {item.grounds.map((ground) => (
            <li key={ground.basisId}>
              {ground.citation} <span className={styles.time}>{t('case.version', { version: ground.version })}</span>
            </li>
          ))}
        </ul>
      </section>
      <section>
        <h3 className={styles.title}>{t('history.timeline')}</h3>
        <PhaseTrack enforcement={item} />
        {item.reason !== '' && (
          <>
            <h3 className={styles.title}>{t('history.reason')}</h3>
            <p>
              <UserText text={item.reason} />
            </p>
          </>
        )}
        {item.notice !== '' && (
          <>
            <h3 className={styles.title}>{t('history.notice')}</h3>
            <p className={styles.notice}>
              <UserText text={item.notice} />
            </p>
          </>
        )}
        <p className={styles.foot}>
          <span>{t('history.audit', { seq: item.auditSeq })}</span>
          {item.caseId !== null && (
            <Link to="/cases/$caseId" params={{ caseId: item.caseId }}>
              {item.caseNumber === null ? t('history.openCase') : t('case.number', { number: item.caseNumber })}
            </Link>
          )}
          {item.roomId !== null && (
            <Link to="/rooms/$roomId" params={{ roomId: item.roomId }} search={{}}>
              {t('case.openRoom')}
            </Link>
          )}
          {liftable && !lifting && (
            <Button
              small
              tone="danger"
              refusal={mayLift && (mayLiftOthers || item.actor.id === me.person.id) ? null : t('action.leadOnly')}
              onClick={() => setLifting(true)}
            >
              {t('history.lift')}
            </Button>
          )}
        </p>
        {lifting && <LiftForm item={item} onClose={() => setLifting(false)} />}
      </section>
    </div>
  )
}
