import { useQueries, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import type { RoomDetail } from '../../../../src/contracts/history.ts'
import { Button } from '../../components/button.tsx'
import { CasePanel } from '../../components/case/case-panel.tsx'
import { DemoBadge } from '../../components/demo-badge.tsx'
import { Icon } from '../../components/icon.tsx'
import { IgnoredNote } from '../../components/ignored-note.tsx'
import { Empty, ErrorNote, Skeleton } from '../../components/notice.tsx'
import { Tick } from '../../components/tick.tsx'
import { UserText } from '../../components/user-text.tsx'
import { Viewers } from '../../components/viewers.tsx'
import { ApiError, call } from '../../lib/api.ts'
import { roomQuery } from '../../lib/case-query.ts'
import { useMay } from '../../lib/me-context.ts'
import { evidenceBySeq, type LineEvidence } from '../../lib/evidence.ts'
import { roomSearch } from '../../lib/search-params.ts'
import { minuteTime, span } from '../../lib/time.ts'
import { useCommand } from '../../lib/use-command.ts'
import { BroadcastSelect } from './broadcast-select.tsx'
import { Lanes } from './lanes.tsx'
import { RoomCases } from './room-cases.tsx'
import { RoomMeasures } from './room-measures.tsx'
import styles from './room-screen.module.css'
import { useTranscript } from './use-transcript.ts'

const route = getRouteApi('/rooms/$roomId')
/** Alerts of a broadcast whose findings are fetched to mark the exact words. */
const markedAlerts = 30
/** Alerts of an earlier broadcast that are asked for. */
const mostAlerts = 200

/** One room: what is said and what is written side by side, its cases, and what was decided before. */
export function RoomScreen() {
  const { t } = useTranslation()
  const { roomId } = route.useParams()
  const { session: wished } = route.useSearch()
  const query = useQuery(roomQuery(roomId))
  if (query.data === undefined) {
    if (!query.isError) return <Skeleton rows={12} tall />
    if (query.error instanceof ApiError && query.error.status === 404) {
      return (
        <Empty title={t('room.notFoundTitle')}>
          <p>{t('room.notFoundBody')}</p>
          <Link to="/rooms" search={{}}>
            {t('nav.rooms')}
          </Link>
        </Empty>
      )
    }
    return <ErrorNote error={query.error} onRetry={() => void query.refetch()} />
  }
  const key = `${roomId}:${wished ?? query.data.session?.id ?? ''}`
  return wished === undefined || wished === query.data.session?.id ? (
    <RoomBody key={key} detail={query.data} past={false} />
  ) : (
    <PastBroadcast key={key} detail={query.data} sessionId={wished} />
  )
}

/** An earlier broadcast of a room, with the alerts it had. */
function PastBroadcast({ detail, sessionId }: { detail: RoomDetail; sessionId: string }) {
  const { t } = useTranslation()
  const mayHistory = useMay('history.read')
  const session = useQuery({
    queryKey: ['session', sessionId],
    queryFn: ({ signal }) => call('session', { params: { id: sessionId } }, signal),
    retry: false,
  })
  const alerts = useQuery({
    queryKey: ['alerts', sessionId],
    queryFn: ({ signal }) => call('alerts', { query: { sessionId, limit: mostAlerts } }, signal),
    enabled: mayHistory,
  })
  const found = session.data?.roomId === detail.room.id ? session.data : undefined
  if (session.isPending || (mayHistory && alerts.isPending)) return <Skeleton rows={12} tall />
  if (found === undefined) {
    return (
      <Empty title={t('room.noBroadcastTitle')}>
        <Link to="/rooms/$roomId" params={{ roomId: detail.room.id }} search={{}}>
          {t('room.toPresent')}
        </Link>
      </Empty>
    )
  }
  if (alerts.isError) return <ErrorNote error={alerts.error} onRetry={() => void alerts.refetch()} />
  return <RoomBody detail={{ ...detail, session: found, alerts: alerts.data?.items ?? [], gaps: [] }} past />
}

function RoomBody({ detail, past }: { detail: RoomDetail; past: boolean }) {
  const { t } = useTranslation()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const { room, session } = detail
  const transcript = useTranscript(session?.id ?? null, search.at ?? null)
  const evidence = useEvidence(detail)
  const mayHistory = useMay('history.read')
  const live = session !== null && session.endedAt === null
  const openCase = (caseId: string | undefined) =>
    void navigate({ search: (before) => ({ ...before, case: caseId }), replace: true })
  useCommand('general.back', () => openCase(undefined), search.case !== undefined)

  return (
    <div className={styles.screen}>
      <header className={styles.head}>
        <h1 className={styles.title} tabIndex={-1}>
          <UserText text={room.title} />
        </h1>
        {room.demo && <DemoBadge />}
        <span className={styles.fact}>
          {t('case.host')} <UserText text={room.hostName} />
        </span>
        {session !== null && session.category !== null && (
          <span className={styles.fact}>{t(`category.${session.category}`)}</span>
        )}
        {session !== null && session.licences.length > 0 && (
          <span className={styles.fact}>
            <UserText text={session.licences.join('、')} />
          </span>
        )}
        {live ? (
          <>
            <span className={styles.live}>
              <span className={styles.dot} aria-hidden="true" />
              <Tick text={(now) => t('room.sinceStart', { span: span(now - Date.parse(session.startedAt)) })} />
            </span>
            <Viewers className={styles.fact} sessionId={session.id} then={null} />
          </>
        ) : (
          <span className={styles.fact}>{session === null ? t('room.noSession') : t('room.ended')}</span>
        )}
        <BroadcastSelect roomId={room.id} shown={session?.id ?? null} present={room.session?.id ?? null} />
        <span className={styles.spring} />
        {room.liveUrl !== null && (
          <a className={styles.liveLink} href={room.liveUrl} target="_blank" rel="noopener noreferrer">
            <Icon name="external" size={14} />
            {t('room.liveLink')}
          </a>
        )}
      </header>
      <IgnoredNote read={roomSearch} />
      {room.banned && <p className={styles.suspended}>{t('room.bannedBanner')}</p>}
      {!room.banned && room.suspendedUntil !== null && (
        <p className={styles.suspended}>{t('room.suspendedBanner', { time: minuteTime(room.suspendedUntil) })}</p>
      )}
      <div className={styles.body} data-case={search.case === undefined ? undefined : true}>
        <Lanes
          transcript={transcript}
          evidence={evidence}
          gaps={detail.gaps}
          alerts={detail.alerts}
          live={live}
          at={search.at ?? null}
        />
        <aside className={styles.side} aria-label={t('room.side')}>
          {search.case === undefined ? (
            <div className={styles.lists}>
              {past && <p className={styles.past}>{t('room.pastNote')}</p>}
              {(!past || mayHistory) && <RoomCases alerts={detail.alerts} onOpen={openCase} />}
              <RoomMeasures enforcements={detail.enforcements} />
            </div>
          ) : (
            <CasePanel
              caseId={search.case}
              onNext={() => openCase(undefined)}
              lead={
                <Button small tone="quiet" aria-label={t('room.closeCase')} onClick={() => openCase(undefined)}>
                  <Icon name="left" />
                </Button>
              }
            />
          )}
        </aside>
      </div>
    </div>
  )
}

/** The exact words of every recent alert of the room, by line. */
function useEvidence(detail: RoomDetail): ReadonlyMap<number, LineEvidence> {
  const alerts = detail.alerts.filter((alert) => alert.sessionId === detail.session?.id).slice(0, markedAlerts)
  const details = useQueries({
    queries: alerts.map((alert) => ({
      queryKey: ['alert', alert.id, alert.rev],
      queryFn: ({ signal }: { signal: AbortSignal }) => call('alert', { params: { id: alert.id } }, signal),
      staleTime: Infinity,
    })),
  })
  const evidence = evidenceBySeq(
    details.flatMap((item) => (item.data?.alert.state === 'withdrawn' ? [] : (item.data?.findings ?? []))),
  )
  for (const alert of alerts) {
    if (alert.state === 'withdrawn' || evidence.has(alert.quoteSeq)) continue
    evidence.set(alert.quoteSeq, {
      spans: [{ start: alert.span[0], end: alert.span[1], strength: 'hit' }],
      severity: alert.severity,
      readings: [],
    })
  }
  return evidence
}
