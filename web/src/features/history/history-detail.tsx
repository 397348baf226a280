import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { cuttingActions, type Enforcement } from '../../../../src/contracts/enforcement.ts'
import { Button } from '../../components/button.tsx'
import { EvidenceLine } from '../../components/case/evidence-line.tsx'
import { PhaseTrack } from '../../components/case/phase-track.tsx'
import { Speaker } from '../../components/case/speaker.tsx'
import { UserText } from '../../components/user-text.tsx'
import { caseQuery } from '../../lib/case-query.ts'
import { frozenEvidence } from '../../lib/evidence.ts'
import { useMay, useMe } from '../../lib/me-context.ts'
import { streamTime } from '../../lib/time.ts'
import styles from './history-detail.module.css'
import { LiftForm } from './lift-form.tsx'

const running = new Set<Enforcement['status']>(['issued', 'received', 'effective', 'unconfirmed'])

/** What a measure stood on: the words as they were, the clauses, the notice, its course, and the way to end it early. */
export function HistoryDetail({ item }: { item: Enforcement }) {
  const { t } = useTranslation()
  const me = useMe()
  const mayReadCases = useMay('feed.read')
  const mayLift = useMay('enforcement.lift')
  const mayLiftOthers = useMay('enforcement.ban')
  const [lifting, setLifting] = useState(false)
  // What the case marks; without it the words marked are those kept with the measure.
  const decided = useQuery({
    ...caseQuery(item.caseId ?? ''),
    enabled: mayReadCases && item.caseId !== null,
    retry: false,
  })
  const liftable = cuttingActions.includes(item.action) && running.has(item.status) && item.reverses === null
  return (
    <div className={styles.detail}>
      <section>
        <h3 className={styles.title}>{t('history.evidence')}</h3>
        <ul className={styles.evidence}>
          {item.evidence.map((line) => {
            const spoken = decided.data?.transcript.find(({ seq }) => seq === line.seq)
            return (
              <EvidenceLine
                key={`${line.sessionId}:${line.seq}`}
                seq={line.seq}
                channel={line.channel === 'chat' ? 'chat' : 'speech'}
                time={streamTime(line.atMs)}
                speaker={spoken === undefined ? null : <Speaker line={spoken} />}
                text={line.text}
                evidence={frozenEvidence(line, decided.data)}
              />
            )
          })}
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
            <Link
              to="/rooms/$roomId"
              params={{ roomId: item.roomId }}
              search={{ session: item.sessionId ?? undefined }}
            >
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
