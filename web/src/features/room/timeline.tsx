import { useTranslation } from 'react-i18next'
import type { Alert, TranscriptLine } from '../../../../src/contracts/alert.ts'
import { SeverityShape } from '../../components/severity-badge.tsx'
import { ruleName } from '../../lib/rule-name.ts'
import { levelOf } from '../../lib/severity.ts'
import { streamTime } from '../../lib/time.ts'
import styles from './timeline.module.css'

const speechBins = 96

/** The broadcast at a glance: how densely there was speech, and a button at every alert. */
export function Timeline({
  lines,
  alerts,
  onPick,
}: {
  lines: readonly TranscriptLine[]
  alerts: readonly Alert[]
  onPick: (seq: number) => void
}) {
  const { t, i18n } = useTranslation()
  const first = lines[0]?.atMs ?? 0
  const last = lines.at(-1)?.atMs ?? 0
  const length = last - first
  if (length <= 0) return null
  const bins = new Array<number>(speechBins).fill(0)
  for (const line of lines) {
    if (line.channel !== 'speech' || line.partial === true) continue
    const bin = Math.min(speechBins - 1, Math.floor(((line.atMs - first) / length) * speechBins))
    bins[bin] = (bins[bin] ?? 0) + line.text.length
  }
  const highest = Math.max(1, ...bins)
  const shown = alerts.filter((alert) => alert.firstAtMs >= first && alert.firstAtMs <= last)
  return (
    <div className={styles.timeline} role="group" aria-label={t('room.timeline')}>
      <span className={styles.edge}>{streamTime(first)}</span>
      <div className={styles.axis}>
        <svg className={styles.density} viewBox={`0 0 ${speechBins} 10`} preserveAspectRatio="none" aria-hidden="true">
          {bins.map((value, index) => (
            <rect key={index} x={index} width={0.7} y={10 - (value / highest) * 9} height={(value / highest) * 9} />
          ))}
        </svg>
        {shown.map((alert) => {
          const name = t('room.marker', {
            time: streamTime(alert.firstAtMs),
            level: t(`level.${levelOf(alert.severity)}`),
            rule: ruleName(alert.code, i18n.language),
          })
          return (
            <button
              key={alert.id}
              type="button"
              className={styles.marker}
              data-level={levelOf(alert.severity)}
              style={{ left: `${((alert.firstAtMs - first) / length) * 100}%` }}
              aria-label={name}
              title={name}
              onClick={() => onPick(alert.quoteSeq)}
            >
              <SeverityShape level={levelOf(alert.severity)} size={11} />
            </button>
          )
        })}
      </div>
      <span className={styles.edge}>{streamTime(last)}</span>
    </div>
  )
}
