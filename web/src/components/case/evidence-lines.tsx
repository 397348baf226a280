import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { CaseDetail } from '../../../../src/contracts/case.ts'
import type { LineEvidence } from '../../lib/evidence.ts'
import { streamTime } from '../../lib/time.ts'
import { foldContext, foldLines, type LaneLine } from '../../lib/transcript-fold.ts'
import { Time } from '../time.tsx'
import { EvidenceLine } from './evidence-line.tsx'
import styles from './evidence-lines.module.css'
import { Speaker } from './speaker.tsx'

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
              seq={part.item.line.seq}
              channel={part.item.line.channel}
              text={part.item.line.text}
              original={part.item.original?.text ?? null}
              partial={part.item.line.partial === true}
              time={<Time at={part.item.line.receivedAt} />}
              speaker={<Speaker line={part.item.line} />}
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
