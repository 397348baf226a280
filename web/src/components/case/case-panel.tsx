import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useEffect, useRef, useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { slaSeconds } from '../../../../src/contracts/alert.ts'
import type { CaseDetail } from '../../../../src/contracts/case.ts'
import type { Finding } from '../../../../src/contracts/finding.ts'
import { serverNow } from '../../lib/clock.ts'
import { caseQuery } from '../../lib/case-query.ts'
import { evidenceBySeq, evidenceSeqs } from '../../lib/evidence.ts'
import { commandKeys } from '../../lib/key-catalogue.ts'
import { useLiveCase } from '../../lib/live-context.ts'
import { useMay, useMe } from '../../lib/me-context.ts'
import { ruleName } from '../../lib/rule-name.ts'
import { shortCitation } from '../../lib/short-citation.ts'
import { span } from '../../lib/time.ts'
import { toast } from '../../lib/toasts.ts'
import { useClaim } from '../../lib/use-claim.ts'
import { useCommand } from '../../lib/use-command.ts'
import { Button } from '../button.tsx'
import { DemoBadge } from '../demo-badge.tsx'
import { Icon } from '../icon.tsx'
import { Empty, ErrorNote, Skeleton } from '../notice.tsx'
import { SeverityBadge } from '../severity-badge.tsx'
import { Countdown, Tick } from '../tick.tsx'
import { UserText } from '../user-text.tsx'
import { Viewers } from '../viewers.tsx'
import { ActionPanel } from './action-panel.tsx'
import styles from './case-panel.module.css'
import { EvidenceLines } from './evidence-lines.tsx'
import { HostRecord } from './host-record.tsx'
import { LegalBasis } from './legal-basis.tsx'
import { Why } from './why.tsx'

/** One case with its evidence and, docked below it and never over it, the decision. */
export function CasePanel({
  caseId,
  heading = 'h2',
  lead,
  onSubmitted,
  onNext,
}: {
  caseId: string
  heading?: 'h1' | 'h2'
  /** What stands before the title: a way back, for instance. */
  lead?: ReactNode
  /** Runs when a decision was taken in, so that the focus can go back to the list. */
  onSubmitted?: (() => void) | undefined
  /** Leads to the next case, where there is a list to go on in. */
  onNext?: (() => void) | undefined
}) {
  const { t } = useTranslation()
  const query = useQuery(caseQuery(caseId))
  if (query.data === undefined) {
    return (
      <section className={styles.panel} aria-label={t('case.label')} aria-busy={query.isPending}>
        {lead}
        {query.isError ? (
          <ErrorNote error={query.error} onRetry={() => void query.refetch()} />
        ) : (
          <Skeleton rows={8} tall />
        )}
      </section>
    )
  }
  return (
    <CaseBody
      key={caseId}
      detail={query.data}
      heading={heading}
      lead={lead}
      onSubmitted={onSubmitted}
      onNext={onNext}
    />
  )
}

function CaseBody({
  detail,
  heading: Heading,
  lead,
  onSubmitted,
  onNext,
}: {
  detail: CaseDetail
  heading: 'h1' | 'h2'
  lead: ReactNode
  onSubmitted: (() => void) | undefined
  onNext: (() => void) | undefined
}) {
  const { t, i18n } = useTranslation()
  const me = useMe()
  const mayAct = useMay('case.act')
  const navigate = useNavigate()
  const pushed = useLiveCase(detail.case.id)
  const current = pushed !== undefined && pushed.rev > detail.case.rev ? pushed : detail.case
  const claim = useClaim(current)
  const scroller = useRef<HTMLDivElement>(null)
  const [activeSeq, setActiveSeq] = useState<number | null>(null)
  const evidence = evidenceBySeq(detail.findings)
  const seqs = evidenceSeqs(detail.transcript, evidence)
  const alerts = [...detail.alerts].sort((a, b) => b.severity - a.severity)
  const first = alerts[0]
  const ground = detail.grounds[0]
  const strongest = [...detail.findings].sort((a, b) => b.severity - a.severity || b.score - a.score)[0]
  const atMs = detail.transcript.find((line) => line.seq === seqs[0])?.atMs ?? first?.firstAtMs ?? 0

  const step = (direction: 1 | -1) => {
    const at = activeSeq === null ? -1 : seqs.indexOf(activeSeq)
    const next = seqs[Math.min(seqs.length - 1, Math.max(0, at + direction))]
    if (next !== undefined) setActiveSeq(next)
  }
  const openRoom = () =>
    void navigate({
      to: '/rooms/$roomId',
      params: { roomId: detail.case.roomId },
      // Of a broadcast that is over the room may show another one by now.
      search: {
        at: activeSeq ?? seqs[0],
        session: detail.session.endedAt === null ? undefined : detail.session.id,
      },
    })
  const copyLink = () => {
    const address = `${window.location.origin}/cases/${encodeURIComponent(detail.case.id)}`
    // Without a secure context there is no clipboard.
    const clipboard: Clipboard | undefined = navigator.clipboard
    const copied = clipboard === undefined ? Promise.reject(new Error('no clipboard')) : clipboard.writeText(address)
    copied.then(
      () => toast(t('case.copied')),
      () => toast(t('case.copyFailed'), 'bad'),
    )
  }
  useCommand('case.nextEvidence', () => step(1))
  useCommand('case.previousEvidence', () => step(-1))
  useCommand('case.room', openRoom)
  useCommand('case.copyLink', copyLink)
  useCommand('case.claim', () => claim.claim())
  useCommand('case.release', () => claim.release())

  useEffect(() => {
    if (activeSeq === null) return
    scroller.current?.querySelector(`[data-seq="${activeSeq}"]`)?.scrollIntoView({ block: 'nearest' })
  }, [activeSeq])

  const claimedByOther = current.claimedBy !== null && current.claimedBy !== me.person.id
  return (
    <section className={styles.panel} aria-label={t('case.number', { number: current.number })}>
      <header className={styles.head}>
        <div className={styles.titleRow}>
          {lead}
          <SeverityBadge severity={current.severity} />
          <Heading className={styles.title} tabIndex={-1}>
            {first === undefined ? t('case.label') : ruleName(first.code, i18n.language)}
            {alerts.length > 1 && <span className={styles.more}>+{alerts.length - 1}</span>}
          </Heading>
          <span className={styles.number}>{t('case.number', { number: current.number })}</span>
          {detail.session.demo && <DemoBadge />}
        </div>
        <div className={styles.meta}>
          <Link to="/rooms/$roomId" params={{ roomId: current.roomId }} search={{}} className={styles.roomLink}>
            <UserText text={detail.session.title} />
          </Link>
          <span>
            {t('case.host')} <UserText text={detail.session.host.name} />
          </span>
          <span>
            {t('case.category')}{' '}
            {detail.session.category === null ? t('case.productUnknown') : t(`category.${detail.session.category}`)}
          </span>
          {detail.session.licences.length > 0 && (
            <span>
              {t('case.licences')} <UserText text={detail.session.licences.join('、')} />
            </span>
          )}
          <Viewers sessionId={detail.session.id} then={first?.viewers ?? null} />
        </div>
        <div className={styles.gist}>
          {ground !== undefined && (
            <span>
              <span className={styles.gistName}>{t('case.basisLine')}</span> {shortCitation(ground.citation)}
              {detail.grounds.length > 1 && <span className={styles.more}>+{detail.grounds.length - 1}</span>}
            </span>
          )}
          {strongest !== undefined && (
            <span>
              <span className={styles.gistName}>{t('case.whyLine')}</span> <UserText text={gistOf(strongest)} />
              <span className={styles.more}>{strongest.score.toFixed(2)}</span>
            </span>
          )}
        </div>
        <div className={styles.lockRow}>
          {current.status === 'resolved' ? (
            <span className={styles.closed}>
              <Icon name="check" size={14} />
              {t('case.statusResolved')}
            </span>
          ) : (
            first !== undefined && (
              <Countdown
                className={styles.sla}
                dueAt={first.slaDueAt}
                totalSeconds={slaSeconds[first.severity] ?? 600}
                text={(left) =>
                  `${t('case.sla')} ${left >= 0 ? t('feed.remaining', { span: span(left) }) : t('feed.overdue', { span: span(-left) })}`
                }
              />
            )
          )}
          {current.claimedBy !== null && current.status !== 'resolved' && (
            <Tick
              className={claimedByOther ? styles.lockOther : styles.lockMine}
              text={() => {
                const left = current.claimedUntil === null ? 0 : Date.parse(current.claimedUntil) - serverNow()
                if (left <= 0) return ''
                return claimedByOther
                  ? t('case.claimedOther', { name: current.claimedByName ?? '', span: span(left) })
                  : t('case.claimedMine', { span: span(left) })
              }}
            />
          )}
          {current.follows !== null && <span>{t('case.follows')}</span>}
          <span className={styles.spring} />
          {mayAct && current.status !== 'resolved' && (
            <Button
              small
              tone="quiet"
              keys={commandKeys(claim.mine ? 'case.release' : 'case.claim')}
              refusal={claimedByOther ? t('conflict.claimed', { name: current.claimedByName ?? '' }) : null}
              onClick={() => (claim.mine ? claim.release() : claim.claim())}
            >
              {claim.mine ? t('case.release') : t('case.claim')}
            </Button>
          )}
          <Button small tone="quiet" keys={commandKeys('case.room')} onClick={openRoom}>
            <Icon name="broadcast" size={14} />
            {t('case.openRoom')}
          </Button>
          <Button
            small
            tone="quiet"
            keys={commandKeys('case.copyLink')}
            aria-label={t('case.permalink')}
            title={t('case.permalink')}
            onClick={copyLink}
          >
            <Icon name="link" size={14} />
          </Button>
        </div>
      </header>
      <div ref={scroller} className={styles.scroll}>
        <EvidenceLines detail={detail} evidence={evidence} activeSeq={activeSeq} atMs={atMs} />
        <div className={styles.facts}>
          <LegalBasis grounds={detail.grounds} />
          <Why findings={detail.findings} />
          <HostRecord detail={detail} />
        </div>
        {alerts.length === 0 && <Empty title={t('feed.goneTitle')}>{t('feed.goneBody')}</Empty>}
      </div>
      <ActionPanel detail={detail} current={current} claim={claim} onSubmitted={onSubmitted} onNext={onNext} />
    </section>
  )
}

/** The words of the concepts that met, as said; the whole quote when a finding names none. */
function gistOf(finding: Finding): string {
  const words = [...new Set(finding.concepts.map((hit) => hit.quote))]
  return words.length === 0 ? finding.quote : words.join(' ∧ ')
}
