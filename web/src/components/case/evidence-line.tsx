import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import type { TranscriptLine } from '../../../../src/contracts/alert.ts'
import { tellingReadings, type LineEvidence } from '../../lib/evidence.ts'
import { levelOf } from '../../lib/severity.ts'
import { SeverityShape } from '../severity-badge.tsx'
import { MarkedUserText, UserText } from '../user-text.tsx'
import styles from './evidence-line.module.css'

/** One line of a broadcast as evidence: when, who, and the words with everything marked that findings rest on. */
export function EvidenceLine({
  seq,
  channel,
  time,
  speaker,
  text,
  evidence,
  original = null,
  originalEvidence,
  active = false,
  partial = false,
}: {
  seq: number
  channel: TranscriptLine['channel']
  time: ReactNode
  speaker: ReactNode
  text: string
  evidence: LineEvidence | undefined
  /** The words before they were corrected, and what of those was evidence. */
  original?: string | null
  originalEvidence?: LineEvidence | undefined
  active?: boolean
  partial?: boolean
}) {
  const { t } = useTranslation()
  const marked = evidence ?? originalEvidence
  const level = marked === undefined || marked.severity === 0 ? null : levelOf(marked.severity)
  return (
    <li
      className={styles.line}
      data-seq={seq}
      data-channel={channel}
      data-hit={marked === undefined ? undefined : (level ?? 'unknown')}
      data-active={active || undefined}
      data-partial={partial || undefined}
    >
      <span className={styles.time}>{time}</span>
      <span className={styles.speaker}>
        {level !== null && <SeverityShape level={level} size={8} />}
        {speaker}
      </span>
      <span className={styles.text}>
        {evidence === undefined ? <UserText text={text} /> : <MarkedUserText text={text} spans={evidence.spans} />}
        {original !== null && (
          <span className={styles.original}>
            {t('case.revised')}：
            <del>
              {originalEvidence === undefined ? (
                <UserText text={original} />
              ) : (
                <MarkedUserText text={original} spans={originalEvidence.spans} />
              )}
            </del>
          </span>
        )}
        {evidence !== undefined &&
          tellingReadings(evidence.readings).map((reading) => (
            <span key={reading} className={styles.reading}>
              <UserText text={t('case.reading', { reading })} />
            </span>
          ))}
      </span>
    </li>
  )
}
