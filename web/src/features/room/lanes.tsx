import { memo, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Alert, TranscriptLine } from '../../../../src/contracts/alert.ts'
import type { CoverageGap } from '../../../../src/contracts/session.ts'
import { Button } from '../../components/button.tsx'
import { Empty, ErrorNote, Skeleton } from '../../components/notice.tsx'
import { SeverityShape } from '../../components/severity-badge.tsx'
import { Time } from '../../components/time.tsx'
import { MarkedUserText, UserText } from '../../components/user-text.tsx'
import { tellingReadings, type LineEvidence } from '../../lib/evidence.ts'
import { commandKeys } from '../../lib/key-catalogue.ts'
import { levelOf } from '../../lib/severity.ts'
import { foldLines, laneRows, type LaneLine, type LaneRow } from '../../lib/transcript-fold.ts'
import { useCommand } from '../../lib/use-command.ts'
import styles from './lanes.module.css'
import { Timeline } from './timeline.tsx'
import type { LiveTranscript } from './use-transcript.ts'

/** Pixels from the end within which the lanes follow. */
const tail = 60
/** Words recognised with less confidence than this are underlined. */
const lowConfidence = 0.6

type Item = { kind: 'row'; row: LaneRow } | { kind: 'gap'; gap: CoverageGap; seq: number }

/** Speech and chat on one time axis: what the chat wrote stands beside the words it followed. */
export function Lanes({
  transcript,
  evidence,
  gaps,
  alerts,
  live,
  at,
}: {
  transcript: LiveTranscript
  evidence: ReadonlyMap<number, LineEvidence>
  gaps: readonly CoverageGap[]
  alerts: readonly Alert[]
  live: boolean
  at: number | null
}) {
  const { t } = useTranslation()
  const box = useRef<HTMLDivElement>(null)
  const [following, setFollowing] = useState(at === null)
  const [pausedAt, setPausedAt] = useState(0)
  const [target, setTarget] = useState(at)
  const lines = transcript.lines
  const lastSeq = lines.at(-1)?.seq ?? 0
  const items = useMemo(() => {
    const rows = laneRows(foldLines(lines), new Set(evidence.keys()))
    return withGaps(rows, gaps, lines[0]?.seq ?? 0)
  }, [lines, evidence, gaps])

  useLayoutEffect(() => {
    const node = box.current
    if (following && node !== null) node.scrollTop = node.scrollHeight
  }, [following, items])
  const reachable = target !== null && lines.some((line) => line.seq === target)
  useEffect(() => {
    if (target === null || !reachable) return
    box.current?.querySelector(`[data-seq="${target}"]`)?.scrollIntoView({ block: 'center' })
  }, [target, reachable])

  const pause = () => {
    setFollowing(false)
    setPausedAt(lastSeq)
  }
  const follow = () => {
    setTarget(null)
    setFollowing(true)
  }
  const goTo = (seq: number) => {
    pause()
    setTarget(seq)
  }
  useCommand('room.live', follow)
  useCommand('room.pause', () => (following ? pause() : follow()))

  const unseen = following
    ? 0
    : lines.filter((line) => line.seq > Math.max(pausedAt, transcript.openedAtSeq) && isShown(line)).length
  return (
    <section className={styles.lanes} aria-label={`${t('room.speech')} / ${t('room.chat')}`}>
      <Timeline lines={lines} alerts={alerts} onPick={goTo} />
      <div className={styles.heads} aria-hidden="true">
        <span />
        <span>{t('room.speech')}</span>
        <span>{t('room.chat')}</span>
      </div>
      <div
        ref={box}
        className={styles.scroll}
        tabIndex={0}
        role="region"
        aria-label={`${t('room.speech')}、${t('room.chat')}`}
        onWheel={(event) => {
          if (event.deltaY < 0 && following) pause()
        }}
        onScroll={(event) => {
          const node = event.currentTarget
          const atTail = node.scrollHeight - node.scrollTop - node.clientHeight < tail
          if (atTail && !following && target === null) setFollowing(true)
          else if (!atTail && following) pause()
        }}
      >
        {transcript.state === 'failed' && <ErrorNote error={transcript.error} onRetry={transcript.retry} />}
        {transcript.state === 'loading' && <Skeleton rows={12} />}
        {transcript.hasEarlier && (
          <div className={styles.earlier}>
            <Button
              small
              tone="quiet"
              onClick={() => {
                pause()
                void transcript.loadEarlier().catch(() => transcript.retry())
              }}
            >
              {t('room.earlier')}
            </Button>
          </div>
        )}
        {transcript.state === 'ready' && items.length === 0 && <Empty title={t('room.waiting')} />}
        {items.map((item) =>
          item.kind === 'gap' ? (
            <p key={`gap-${item.gap.fromSeq}`} className={styles.gap}>
              {t('room.gapRow', {
                from: item.gap.fromSeq,
                to: item.gap.toSeq,
                count: item.gap.toSeq - item.gap.fromSeq + 1,
                reason: t(`gapReason.${item.gap.reason}`),
              })}
            </p>
          ) : (
            <Row key={item.row.key} row={item.row} evidence={evidence} target={target} />
          ),
        )}
      </div>
      {live && (
        <div className={styles.pill}>
          {following ? (
            <span className={styles.following}>{t('room.follow')}</span>
          ) : (
            <Button small tone="primary" keys={commandKeys('room.live')} onClick={follow}>
              {t('room.backToLive')} · {t('room.paused', { count: unseen })}
            </Button>
          )}
        </div>
      )}
    </section>
  )
}

const Row = memo(function Row({
  row,
  evidence,
  target,
}: {
  row: LaneRow
  evidence: ReadonlyMap<number, LineEvidence>
  target: number | null
}) {
  const first = row.speech[0]?.line ?? row.chat[0]?.line
  return (
    <div className={styles.row}>
      {first !== undefined && <Time at={first.receivedAt} className={styles.time} />}
      <div className={styles.speech}>
        {row.speech.map((item) => (
          <Speech
            key={item.line.seq}
            item={item}
            evidence={evidence.get(item.line.seq)}
            originalEvidence={item.original === null ? undefined : evidence.get(item.original.seq)}
            active={item.line.seq === target || item.original?.seq === target}
          />
        ))}
      </div>
      <div className={styles.chat}>
        {row.chat.map(({ line, count }) => {
          const hit = evidence.get(line.seq)
          return (
            <p
              key={line.seq}
              className={styles.message}
              data-seq={line.seq}
              data-hit={hit === undefined ? undefined : levelOf(hit.severity)}
              data-active={line.seq === target || undefined}
            >
              <Author line={line} />
              {hit === undefined ? (
                <UserText text={line.text} />
              ) : (
                <MarkedUserText text={line.text} spans={hit.spans} />
              )}
              {count > 1 && <span className={styles.count}>×{count}</span>}
            </p>
          )
        })}
      </div>
    </div>
  )
})

function Speech({
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
  const unsure = line.confidence !== undefined && line.confidence < lowConfidence
  return (
    <p
      className={styles.line}
      data-seq={line.seq}
      data-hit={marked === undefined ? undefined : levelOf(marked.severity)}
      data-partial={line.partial || undefined}
      data-unsure={unsure || undefined}
      data-active={active || undefined}
      title={unsure ? t('room.lowConfidence') : undefined}
    >
      {marked !== undefined && <SeverityShape level={levelOf(marked.severity)} size={9} />}
      {line.speaker === 'assistant' && <span className={styles.who}>{t('case.assistant')}</span>}
      <span className={styles.words}>
        {evidence === undefined ? (
          <UserText text={line.text} />
        ) : (
          <MarkedUserText text={line.text} spans={evidence.spans} />
        )}
      </span>
      {line.partial === true && <span className={styles.note}>{t('room.recognising')}…</span>}
      {original !== null && (
        <span className={styles.original}>
          {t('room.original')}：
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
          <span key={reading} className={styles.original}>
            <UserText text={t('case.reading', { reading })} />
          </span>
        ))}
    </p>
  )
}

function Author({ line }: { line: TranscriptLine }) {
  const { t } = useTranslation()
  return (
    <span className={styles.author} data-staff={line.staff || undefined}>
      {line.staff === true ? t('case.staff') : <UserText text={line.userName ?? t('case.viewer')} />}
    </span>
  )
}

function isShown(line: TranscriptLine): boolean {
  return (line.channel === 'speech' && line.partial !== true) || line.channel === 'chat'
}

function withGaps(rows: readonly LaneRow[], gaps: readonly CoverageGap[], firstSeq: number): Item[] {
  const items: Item[] = rows.map((row) => ({ kind: 'row', row }))
  for (const gap of gaps) if (gap.toSeq >= firstSeq) items.push({ kind: 'gap', gap, seq: gap.fromSeq })
  return items.sort((a, b) => seqOf(a) - seqOf(b))
}

function seqOf(item: Item): number {
  return item.kind === 'row' ? item.row.seq : item.seq
}
