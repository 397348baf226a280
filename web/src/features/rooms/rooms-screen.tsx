import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import type { Room } from '../../../../src/contracts/history.ts'
import { Button } from '../../components/button.tsx'
import { DemoBadge } from '../../components/demo-badge.tsx'
import { Icon } from '../../components/icon.tsx'
import { IgnoredNote } from '../../components/ignored-note.tsx'
import { Empty, ErrorNote, Skeleton } from '../../components/notice.tsx'
import { Tick } from '../../components/tick.tsx'
import { UserText } from '../../components/user-text.tsx'
import { call } from '../../lib/api.ts'
import { shortCount } from '../../lib/numbers.ts'
import { dayTime, span } from '../../lib/time.ts'
import { roomsSearch, roomStates } from '../../lib/search-params.ts'
import styles from './rooms-screen.module.css'

const route = getRouteApi('/rooms')
const refreshMs = 10_000
/** Milliseconds without speech after which a live room counts as a blind spot. */
const blindMs = 30_000

/** Every room, live ones first, with what is known and what is not being heard. */
export function RoomsScreen() {
  const { t } = useTranslation()
  const { state = 'all' } = route.useSearch()
  const navigate = route.useNavigate()
  const rooms = useInfiniteQuery({
    queryKey: ['rooms', state],
    queryFn: ({ pageParam, signal }) =>
      call(
        'rooms',
        {
          query: {
            limit: 100,
            ...(state === 'live' ? { live: 'true' } : {}),
            ...(pageParam === null ? {} : { cursor: pageParam }),
          },
        },
        signal,
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
    refetchInterval: refreshMs,
  })
  const items = rooms.data?.pages.flatMap((page) => page.items) ?? []
  const total = rooms.data?.pages[0]?.total
  return (
    <div className={styles.screen}>
      <header className={styles.head}>
        <h1 className={styles.title} tabIndex={-1}>
          {t('rooms.title')}
        </h1>
        <div className={styles.states} role="group" aria-label={t('rooms.filter')}>
          {roomStates.map((choice) => (
            <button
              key={choice}
              type="button"
              className={styles.state}
              aria-pressed={state === choice}
              onClick={() => void navigate({ search: { state: choice === 'all' ? undefined : choice } })}
            >
              {choice === 'live' ? t('rooms.onlyLive') : t('rooms.all')}
            </button>
          ))}
        </div>
        {total !== undefined && total !== null && <span className={styles.total}>{t('rooms.total', { total })}</span>}
      </header>
      <IgnoredNote read={roomsSearch} />
      {rooms.isError && <ErrorNote error={rooms.error} onRetry={() => void rooms.refetch()} />}
      {rooms.isPending && <Skeleton rows={12} />}
      {rooms.data !== undefined && items.length === 0 && (
        <Empty title={t('rooms.emptyTitle')}>{t('rooms.emptyBody')}</Empty>
      )}
      {items.length > 0 && (
        <div className={styles.scroll}>
          <table role="table" className={styles.table} aria-label={t('rooms.list')}>
            <thead role="rowgroup">
              <tr role="row">
                <th role="columnheader" scope="col">
                  {t('rooms.room')}
                </th>
                <th role="columnheader" scope="col">
                  {t('rooms.host')}
                </th>
                <th role="columnheader" scope="col">
                  {t('rooms.category')}
                </th>
                <th role="columnheader" scope="col">
                  {t('rooms.state')}
                </th>
                <th role="columnheader" scope="col" className={styles.number}>
                  {t('rooms.alerts')}
                </th>
                <th role="columnheader" scope="col" className={styles.number}>
                  {t('rooms.viewers')}
                </th>
                <th role="columnheader" scope="col" className={styles.number}>
                  {t('rooms.since')}
                </th>
                <th role="columnheader" scope="col" className={styles.number}>
                  {t('rooms.speech')}
                </th>
              </tr>
            </thead>
            <tbody role="rowgroup">
              {items.map((room) => (
                <RoomRow key={room.id} room={room} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {rooms.hasNextPage && (
        <div className={styles.more}>
          <Button onClick={() => void rooms.fetchNextPage()} disabled={rooms.isFetchingNextPage}>
            {t('rooms.more')}
          </Button>
        </div>
      )}
    </div>
  )
}

function RoomRow({ room }: { room: Room }) {
  const { t, i18n } = useTranslation()
  const session = room.session
  const live = session !== null && session.endedAt === null
  return (
    <tr role="row" data-live={live || undefined}>
      <td role="cell">
        <span className={styles.room}>
          <Link to="/rooms/$roomId" params={{ roomId: room.id }} search={{}} className={styles.link}>
            <UserText text={room.title} />
          </Link>
          {room.demo && <DemoBadge />}
        </span>
      </td>
      <td role="cell" data-label={t('rooms.host')}>
        <UserText text={room.hostName} />
      </td>
      <td role="cell" data-label={t('rooms.category')}>
        {session === null || session.category === null ? t('case.productUnknown') : t(`category.${session.category}`)}
      </td>
      <td role="cell" data-label={t('rooms.state')} className={styles.stateCell}>
        <RoomState room={room} live={live} />
      </td>
      <td role="cell" data-label={t('rooms.alerts')} className={styles.number}>
        {room.openAlerts > 0 ? (
          <Link to="/feed" search={{ room: [room.id] }} className={styles.alerts}>
            <Icon name="bell" size={13} />
            {room.openAlerts}
          </Link>
        ) : (
          <span className={styles.quiet}>0</span>
        )}
      </td>
      <td role="cell" data-label={t('rooms.viewers')} className={styles.number}>
        {!live || session.viewers === null ? (
          <span className={styles.quiet}>–</span>
        ) : (
          <span title={String(session.viewers)}>{shortCount(session.viewers, i18n.language)}</span>
        )}
      </td>
      <td role="cell" data-label={t('rooms.since')} className={styles.number}>
        {live ? (
          <Tick text={(now) => span(now - Date.parse(session.startedAt))} />
        ) : (
          <span className={styles.quiet}>–</span>
        )}
      </td>
      <td role="cell" data-label={t('rooms.speech')} className={styles.number}>
        {session === null || session.lastSpeechAt === null ? (
          <span className={styles.quiet}>{t('rooms.never')}</span>
        ) : (
          <SpeechAge at={session.lastSpeechAt} />
        )}
      </td>
    </tr>
  )
}

function SpeechAge({ at }: { at: string }) {
  const { t } = useTranslation()
  return <Tick text={(now) => t('rooms.ago', { span: span(Math.max(0, now - Date.parse(at))) })} />
}

function RoomState({ room, live }: { room: Room; live: boolean }) {
  const { t } = useTranslation()
  if (room.banned) return <span className={styles.bad}>{t('rooms.banned')}</span>
  if (room.suspendedUntil !== null) {
    return <span className={styles.bad}>{t('rooms.suspended', { time: dayTime(room.suspendedUntil) })}</span>
  }
  if (!live) return <span className={styles.quiet}>{t('rooms.offline')}</span>
  const since = Date.parse(room.session?.lastSpeechAt ?? room.session?.startedAt ?? '')
  return (
    <span className={styles.live}>
      <span className={styles.dot} aria-hidden="true" />
      {t('rooms.live')}
      <Tick className={styles.blind} text={(now) => (now - since > blindMs ? t('rooms.blind') : '')} />
    </span>
  )
}
