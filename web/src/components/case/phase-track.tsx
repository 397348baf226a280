import { useTranslation } from 'react-i18next'
import type { Enforcement } from '../../../../src/contracts/enforcement.ts'
import { useSecond } from '../../lib/clock.ts'
import { isCutOff } from '../../lib/cut-off.ts'
import { minuteTime } from '../../lib/time.ts'
import { Icon } from '../icon.tsx'
import { Time } from '../time.tsx'
import styles from './phase-track.module.css'

/** Milliseconds after which a measure that no platform received is shown as unconfirmed. */
const unconfirmedMs = 8_000

/** How far a measure has come. It is never called a success before the platform said that it obeyed. */
export function PhaseTrack({ enforcement }: { enforcement: Enforcement }) {
  const { t } = useTranslation()
  const waiting = enforcement.status === 'issued'
  const now = useSecond(waiting)
  const unconfirmed =
    enforcement.status === 'unconfirmed' || (waiting && now - Date.parse(enforcement.issuedAt) > unconfirmedMs)
  const failed = enforcement.status === 'failed'
  const cutOff = isCutOff(enforcement)
  return (
    <div className={styles.track}>
      <ol className={styles.steps} aria-label={t('phase.title')} aria-live="polite">
        <Step name={t('phase.submitted')} at={enforcement.issuedAt} done />
        {/* What took effect without the platform's word never gets it; the step would look like one still due. */}
        {(enforcement.receivedAt !== null || enforcement.effectiveAt === null) && (
          <Step name={t('phase.received')} at={enforcement.receivedAt} done={enforcement.receivedAt !== null} />
        )}
        <Step
          name={cutOff ? t('phase.cutOff') : t('phase.effective')}
          at={enforcement.effectiveAt}
          done={enforcement.effectiveAt !== null}
        />
        {enforcement.endedAt !== null && (
          <Step name={t(`enforcementStatus.${enforcement.status}`)} at={enforcement.endedAt} done />
        )}
      </ol>
      {enforcement.until !== null && enforcement.endedAt === null && (
        <span className={styles.until}>{t('action.until', { time: minuteTime(enforcement.until) })}</span>
      )}
      {unconfirmed && (
        <p className={styles.warning}>
          <strong>{t('phase.unconfirmed')}</strong> {t('phase.unconfirmedHelp')}
        </p>
      )}
      {failed && (
        <p className={styles.warning}>
          <strong>{t('phase.failed')}</strong>
        </p>
      )}
    </div>
  )
}

function Step({ name, at, done }: { name: string; at: string | null; done: boolean }) {
  return (
    <li className={styles.step} data-done={done || undefined}>
      <span className={styles.dot}>{done && <Icon name="check" size={12} />}</span>
      <span>{name}</span>
      {at !== null && <Time at={at} className={styles.time} />}
    </li>
  )
}
