import { useSyncExternalStore } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from '../components/button.tsx'
import { Tick } from '../components/tick.tsx'
import { gauge, useFreshness } from '../lib/clock.ts'
import { useLive } from '../lib/live-context.ts'
import { clockTime, span } from '../lib/time.ts'
import styles from './stale-banner.module.css'

/** Says in words that the screen stands still, and afterwards what the break brought. */
export function StaleBanner() {
  const { t } = useTranslation()
  const { level, frozenAt } = useFreshness()
  const { socket } = useLive()
  const past = useSyncExternalStore(socket.onBreak, socket.lastBreak)
  if (level === 'lost' && frozenAt !== null) {
    return (
      <div className={styles.lost}>
        <Tick
          text={() =>
            t('status.lostBanner', { time: clockTime(frozenAt), span: span(gauge.read(Date.now()).silentMs) })
          }
        />
      </div>
    )
  }
  if (past === null) return null
  const times = { from: clockTime(past.fromMs), to: clockTime(past.toMs) }
  return (
    <div className={styles.mended} role="status">
      {past.recovery.kind === 'replayed'
        ? t('status.replayed', { ...times, count: past.recovery.items })
        : t('status.reloaded', times)}
      <Button small tone="quiet" onClick={() => socket.forgetBreak()}>
        {t('status.dismiss')}
      </Button>
    </div>
  )
}
