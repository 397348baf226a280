import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { TranscriptLine } from '../../../../src/contracts/alert.ts'
import type { CaseDetail } from '../../../../src/contracts/case.ts'
import { tellingReadings, type LineEvidence } from '../../lib/evidence.ts'
import { levelOf } from '../../lib/severity.ts'
import { streamTime } from '../../lib/time.ts'
import { foldContext, foldLines, type LaneLine } from '../../lib/transcript-fold.ts'
import { SeverityShape } from '../severity-badge.tsx'
import { Time } from '../time.tsx'
import { MarkedUserText, UserText } from '../user-text.tsx'
import styles from './evidence-lines.module.css'

/** Lines of context shown before and after the evidence until more is asked for. */
const contextLines = 2

/** The words that justify a decision, in their context of half a minute, with the exact words marked. */
export function EvidenceLines({
  detail,
  evidence,
  activeSeq,
  atMs,
}: {
  detail: CaseDetail
  evidence: ReadonlyMap<number, LineEvidence>
  activeSeq: number | null
  atMs: number
}) {
  const { t } = useTranslation()
  const [unfolded, setUnfolded] = useState(false)
  const lines = foldLines(detail.transcript).filter(({ line }) => line.channel === 'speech' || line.channel === 'chat')
  const bears = ({ line, original }: LaneLine) =>
    evidence.has(line.seq) || (original !== null && evidence.has(original.seq))
  const parts = foldContext(lines, bears, unfolded ? Infinity : contextLines)
  return (
    <div className={styles.evidence}>
      <h3 className={styles.title}>
        {t('case.evidence')}
        <span className={styles.aside}>{t('case.evidenceFrom', { time: streamTime(atMs) })}</span>
        {detail.gaps.map((gap) => (
          <span key={`${gap.fromSeq}-${gap.toSeq}`} className={styles.gap}>
            {t('case.gap', { count: gap.toSeq - gap.fromSeq + 1 })} · {t(`gapReason.${gap.reason}`)}
          </span>
        ))}
      </h3>
      {lines.length === 0 && <p className={styles.none}>{t('case.noTranscript')}</p>}
      <ol>
        {parts.map((part) =>
          part.kind === 'line' ? (
            <EvidenceLine
              key={part.item.line.seq}
              item={part.item}
              evidence={evidence.get(part.item.line.seq)}
              originalEvidence={part.item.original === null ? undefined : evidence.get(part.item.original.seq)}
              active={part.item.line.seq === activeSeq}
            />
          ) : (
            <li key={`fold-${part.seq}`}>
              <button type="button" className={styles.fold} onClick={() => setUnfolded(true)}>
                {t('case.unfold', { count: part.count })}
              </button>
            </li>
          ),
        )}
      </ol>
    </div>
  )
}

function EvidenceLine({
  item: { line, original },
  evidence,
  originalEvidence,
  active,
}: {
  item: LaneLine
  evidence: LineEvidence | undefined
  originalEvidence: LineEvidence | undefined
  active: boolean
}) {
  const { t } = useTranslation()
  const marked = evidence ?? originalEvidence
  return (
    <li
      className={styles.line}
      data-seq={line.seq}
      data-channel={line.channel}
      data-hit={marked === undefined ? undefined : levelOf(marked.severity)}
      data-active={active || undefined}
      data-partial={line.partial || undefined}
    >
      <Time at={line.receivedAt} className={styles.time} />
      <span className={styles.speaker}>
        {marked !== undefined && <SeverityShape level={levelOf(marked.severity)} size={8} />}
        <Speaker line={line} />
      </span>
      <span className={styles.text}>
        {evidence === undefined ? (
          <UserText text={line.text} />
        ) : (
          <MarkedUserText text={line.text} spans={evidence.spans} />
        )}
        {original !== null && (
          <span className={styles.original}>
            {t('case.revised')}：
            <del>
              {originalEvidence === undefined ? (
                <UserText text={original.text} />
              ) : (
                <MarkedUserText text={original.text} spans={originalEvidence.spans} />
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

function Speaker({ line }: { line: TranscriptLine }) {
  const { t } = useTranslation()
  if (line.channel === 'speech') return line.speaker === 'assistant' ? t('case.assistant') : t('case.hostLane')
  if (line.staff === true) return t('case.staff')
  return line.userName === undefined ? t('case.viewer') : <UserText text={line.userName} />
}
