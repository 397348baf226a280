import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { Fragment, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Enforcement } from '../../../../src/contracts/enforcement.ts'
import { Button } from '../../components/button.tsx'
import { DemoBadge } from '../../components/demo-badge.tsx'
import { Icon } from '../../components/icon.tsx'
import { Empty, ErrorNote, Skeleton } from '../../components/notice.tsx'
import { Time } from '../../components/time.tsx'
import { UserText } from '../../components/user-text.tsx'
import { call } from '../../lib/api.ts'
import { ruleName } from '../../lib/rule-name.ts'
import { historySearch, type HistorySearch } from '../../lib/search-params.ts'
import { dayEdge, minuteTime } from '../../lib/time.ts'
import { HistoryDetail } from './history-detail.tsx'
import { HistoryFilters } from './history-filters.tsx'
import styles from './history-screen.module.css'

const route = getRouteApi('/history')
const pageSize = 50

/** Every measure ever taken, newest first, with what it stood on. */
export function HistoryScreen() {
  const { t } = useTranslation()
  // The address may carry more than filters (`?lang=`).
  const search = historySearch(route.useSearch())
  const navigate = route.useNavigate()
  const history = useInfiniteQuery({
    queryKey: ['enforcements', search],
    queryFn: ({ pageParam, signal }) =>
      call(
        'enforcements',
        { query: { ...queryOf(search), ...(pageParam === null ? {} : { cursor: pageParam }) } },
        signal,
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
  })
  const items = history.data?.pages.flatMap((page) => page.items) ?? []
  const total = history.data?.pages[0]?.total
  const filtered = Object.values(search).some((value) => value !== undefined)
  return (
    <div className={styles.screen}>
      <header className={styles.head}>
        <h1 className={styles.title} tabIndex={-1}>
          {t('history.title')}
        </h1>
        <HistoryFilters
          key={`${search.q ?? ''}|${search.room ?? ''}|${search.host ?? ''}`}
          search={search}
          onChange={(change) => void navigate({ search: (before) => ({ ...before, ...change }) })}
        />
        {filtered && (
          <Button small tone="quiet" onClick={() => void navigate({ search: {} })}>
            {t('history.clear')}
          </Button>
        )}
        <span className={styles.total}>
          {total === null ? t('history.totalMany') : total === undefined ? '' : t('history.total', { total })}
        </span>
      </header>
      {history.isError && <ErrorNote error={history.error} onRetry={() => void history.refetch()} />}
      {history.isPending && <Skeleton rows={12} />}
      {history.data !== undefined && items.length === 0 && (
        <Empty title={filtered ? t('history.emptyFilteredTitle') : t('history.emptyTitle')}>
          {filtered ? t('history.emptyFilteredBody') : t('history.emptyBody')}
        </Empty>
      )}
      {items.length > 0 && (
        <div className={styles.scroll}>
          <table className={styles.table} aria-label={t('history.table')}>
            <thead>
              <tr>
                <th scope="col" aria-label={t('history.evidence')} />
                <th scope="col">{t('history.time')}</th>
                <th scope="col">{t('history.host')}</th>
                <th scope="col">{t('history.room')}</th>
                <th scope="col">{t('history.action')}</th>
                <th scope="col">{t('history.status')}</th>
                <th scope="col">{t('history.rule')}</th>
                <th scope="col">{t('history.grounds')}</th>
                <th scope="col">{t('history.actor')}</th>
                <th scope="col">{t('history.reason')}</th>
              </tr>
            </thead>
            <tbody>
              {items.map((item) => (
                <HistoryRow key={item.id} item={item} />
              ))}
            </tbody>
          </table>
          {history.hasNextPage && (
            <div className={styles.more}>
              <Button onClick={() => void history.fetchNextPage()} disabled={history.isFetchingNextPage}>
                {t('history.more')}
              </Button>
            </div>
          )}
        </div>
      )}
    </div>
  )
}

function HistoryRow({ item }: { item: Enforcement }) {
  const { t, i18n } = useTranslation()
  const [open, setOpen] = useState(false)
  const rules = item.codes.map((code) => ruleName(code, i18n.language)).join('、')
  const grounds = item.grounds.map((ground) => ground.citation).join('、')
  return (
    <Fragment>
      <tr data-open={open || undefined}>
        <td>
          <button
            type="button"
            className={styles.expand}
            aria-expanded={open}
            aria-label={open ? t('history.collapse') : t('history.expand')}
            onClick={() => setOpen(!open)}
          >
            <Icon name="chevron" size={14} />
          </button>
        </td>
        <td className={styles.time}>
          <Time at={item.issuedAt} day />
        </td>
        <td>
          <UserText text={item.hostName ?? item.hostId ?? '–'} />
        </td>
        <td className={styles.wide}>
          <span className={styles.room}>
            <span className={styles.cut}>
              <UserText text={item.roomTitle ?? item.roomId ?? '–'} />
            </span>
            {item.demo && <DemoBadge />}
          </span>
        </td>
        <td className={styles.action}>
          {item.reverses === null ? t(`action.${item.action}`) : `${t('action.lift')} ${t(`action.${item.action}`)}`}
          {item.until !== null && (
            <span className={styles.until}>{t('history.until', { time: minuteTime(item.until) })}</span>
          )}
        </td>
        <td>
          <span className={styles.status} data-status={item.status}>
            {t(`enforcementStatus.${item.status}`)}
          </span>
        </td>
        <td className={styles.wide}>
          <span className={styles.cut} title={rules}>
            {rules}
          </span>
        </td>
        <td className={styles.wide}>
          <span className={styles.cut} title={grounds}>
            {grounds}
          </span>
        </td>
        <td>
          <UserText text={item.actor.name} />
        </td>
        <td className={styles.wide}>
          <span className={styles.cut}>
            {item.reason === '' ? (
              <span className={styles.quiet}>{t('history.noReason')}</span>
            ) : (
              <UserText text={item.reason} />
            )}
          </span>
        </td>
      </tr>
      {open && (
        <tr className={styles.detailRow}>
          <td colSpan={10}>
            <HistoryDetail item={item} />
          </td>
        </tr>
      )}
    </Fragment>
  )
}

function queryOf(search: HistorySearch) {
  const from = dayEdge(search.from, 'from')
  const to = dayEdge(search.to, 'to')
  return {
    limit: pageSize,
    ...(search.action === undefined ? {} : { action: search.action }),
    ...(search.status === undefined ? {} : { status: search.status }),
    ...(search.code === undefined ? {} : { code: search.code }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(search.room === undefined ? {} : { roomId: search.room }),
    ...(search.host === undefined ? {} : { hostId: search.host }),
    ...(search.q === undefined ? {} : { q: search.q }),
    ...(search.demo === undefined ? {} : { demo: search.demo }),
  }
}
