import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { Fragment, useEffect, useRef, useState, type KeyboardEvent, type MouseEvent } from 'react'
import { useTranslation } from 'react-i18next'
import type { Enforcement } from '../../../../src/contracts/enforcement.ts'
import { Button } from '../../components/button.tsx'
import { DemoBadge } from '../../components/demo-badge.tsx'
import { Icon } from '../../components/icon.tsx'
import { IgnoredNote } from '../../components/ignored-note.tsx'
import { Empty, ErrorNote, Skeleton } from '../../components/notice.tsx'
import { Time } from '../../components/time.tsx'
import { UserText } from '../../components/user-text.tsx'
import { call } from '../../lib/api.ts'
import { isCutOff } from '../../lib/cut-off.ts'
import { ruleName } from '../../lib/rule-name.ts'
import { historySearch, type HistorySearch } from '../../lib/search-params.ts'
import { dayEdge, minuteTime } from '../../lib/time.ts'
import { useMediaQuery } from '../../lib/use-media-query.ts'
import { HistoryDetail } from './history-detail.tsx'
import { HistoryFilters } from './history-filters.tsx'
import styles from './history-screen.module.css'

const route = getRouteApi('/history')
const pageSize = 50

/** Every measure ever taken, newest first, with what it stood on. */
export function HistoryScreen() {
  const { t } = useTranslation()
  // The address may carry more than filters (`?lang=`).
  const { open, ...search } = historySearch(route.useSearch())
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
  const [filtersOpen, setFiltersOpen] = useState(false)
  const narrow = useMediaQuery('(max-width: 45rem)')
  const items = history.data?.pages.flatMap((page) => page.items) ?? []
  const total = history.data?.pages[0]?.total
  const wishes = Object.values(search).filter((value) => value !== undefined).length
  const filtered = wishes > 0
  // A link may lead to a measure that the filters leave out, or that stands further down.
  const elsewhere = open !== undefined && history.data !== undefined && !items.some((item) => item.id === open)
  const linked = useQuery({
    queryKey: ['enforcements', 'linked', open],
    queryFn: ({ signal }) => call('enforcement', { params: { id: open ?? '' } }, signal),
    enabled: elsewhere,
    retry: false,
  })
  const linkedItem = elsewhere ? linked.data : undefined
  const toggle = (id: string) =>
    void navigate({ search: (before) => ({ ...before, open: id === open ? undefined : id }), replace: true })
  return (
    <div className={styles.screen}>
      <header className={styles.head}>
        <h1 className={styles.title} tabIndex={-1}>
          {t('history.title')}
        </h1>
        <span className={styles.total}>
          {total === null ? t('history.totalMany') : total === undefined ? '' : t('history.total', { total })}
        </span>
        {narrow && (
          <Button small aria-expanded={filtersOpen} onClick={() => setFiltersOpen(!filtersOpen)}>
            {filtered ? t('history.filtersSet', { count: wishes }) : t('history.filters')}
          </Button>
        )}
        {filtered && (
          <Button small tone="quiet" onClick={() => void navigate({ search: { open } })}>
            {t('history.clear')}
          </Button>
        )}
        {(!narrow || filtersOpen) && (
          <HistoryFilters
            key={`${search.q ?? ''}|${search.room ?? ''}|${search.host ?? ''}`}
            search={search}
            onChange={(change) => void navigate({ search: (before) => ({ ...before, ...change }) })}
          />
        )}
      </header>
      <IgnoredNote read={historySearch} />
      {history.isError && <ErrorNote error={history.error} onRetry={() => void history.refetch()} />}
      {history.isPending && <Skeleton rows={12} />}
      {elsewhere && linked.isError && <p className={styles.linked}>{t('history.linkedGone')}</p>}
      {history.data !== undefined && items.length === 0 && linkedItem === undefined && (
        <Empty title={filtered ? t('history.emptyFilteredTitle') : t('history.emptyTitle')}>
          {filtered ? t('history.emptyFilteredBody') : t('history.emptyBody')}
        </Empty>
      )}
      {(items.length > 0 || linkedItem !== undefined) && (
        <div className={styles.scroll}>
          <table role="table" className={styles.table} aria-label={t('history.table')}>
            <thead role="rowgroup">
              <tr role="row">
                <th role="columnheader" scope="col" aria-label={t('history.evidence')} />
                <th role="columnheader" scope="col">
                  {t('history.time')}
                </th>
                <th role="columnheader" scope="col">
                  {t('history.host')}
                </th>
                <th role="columnheader" scope="col">
                  {t('history.room')}
                </th>
                <th role="columnheader" scope="col">
                  {t('history.action')}
                </th>
                <th role="columnheader" scope="col">
                  {t('history.status')}
                </th>
                <th role="columnheader" scope="col">
                  {t('history.rule')}
                </th>
                <th role="columnheader" scope="col">
                  {t('history.grounds')}
                </th>
                <th role="columnheader" scope="col">
                  {t('history.actor')}
                </th>
                <th role="columnheader" scope="col">
                  {t('history.reason')}
                </th>
              </tr>
            </thead>
            <tbody role="rowgroup">
              {linkedItem !== undefined && (
                <>
                  <tr role="row">
                    <td role="cell" colSpan={10} className={styles.linked}>
                      {t('history.linked')}
                    </td>
                  </tr>
                  <HistoryRow item={linkedItem} open onToggle={toggle} />
                </>
              )}
              {items.map((item) => (
                <HistoryRow key={item.id} item={item} open={item.id === open} onToggle={toggle} />
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

function HistoryRow({ item, open, onToggle }: { item: Enforcement; open: boolean; onToggle: (id: string) => void }) {
  const { t, i18n } = useTranslation()
  const row = useRef<HTMLTableRowElement>(null)
  const [openedByLink] = useState(open)
  useEffect(() => {
    if (openedByLink) row.current?.scrollIntoView({ block: 'nearest' })
  }, [openedByLink])
  const onClick = (event: MouseEvent<HTMLTableRowElement>) => {
    // Selecting words to copy them is no wish to open.
    if (document.getSelection()?.isCollapsed === false) return
    if (event.target instanceof Element && event.target.closest('a, button') !== null) return
    onToggle(item.id)
  }
  const onKeyDown = (event: KeyboardEvent<HTMLTableRowElement>) => {
    if (event.key !== 'Enter' || event.target !== event.currentTarget) return
    event.preventDefault()
    onToggle(item.id)
  }
  const rules = item.codes.map((code) => ruleName(code, i18n.language)).join('、')
  const grounds = item.grounds.map((ground) => ground.citation).join('、')
  return (
    <Fragment>
      <tr
        ref={row}
        role="row"
        className={styles.entry}
        tabIndex={0}
        data-open={open || undefined}
        onClick={onClick}
        onKeyDown={onKeyDown}
      >
        <td role="cell">
          <button
            type="button"
            className={styles.expand}
            tabIndex={-1}
            aria-expanded={open}
            aria-label={open ? t('history.collapse') : t('history.expand')}
            onClick={() => onToggle(item.id)}
          >
            <Icon name="chevron" size={14} />
          </button>
        </td>
        <td role="cell" data-label={t('history.time')} className={styles.time}>
          <Time at={item.issuedAt} day />
        </td>
        <td role="cell" data-label={t('history.host')}>
          <UserText text={item.hostName ?? item.hostId ?? '–'} />
        </td>
        <td role="cell" data-label={t('history.room')} className={styles.wide}>
          <span className={styles.room}>
            <span className={styles.cut}>
              <UserText text={item.roomTitle ?? item.roomId ?? '–'} />
            </span>
            {item.demo && <DemoBadge />}
          </span>
        </td>
        <td role="cell" data-label={t('history.action')} className={styles.action}>
          {item.reverses === null ? t(`action.${item.action}`) : `${t('action.lift')} ${t(`action.${item.action}`)}`}
          {item.until !== null && (
            <span className={styles.until}>{t('history.until', { time: minuteTime(item.until) })}</span>
          )}
        </td>
        <td role="cell" data-label={t('history.status')}>
          <span className={styles.status} data-status={item.status}>
            {isCutOff(item) && item.status === 'effective' ? t('phase.cutOff') : t(`enforcementStatus.${item.status}`)}
          </span>
        </td>
        <td role="cell" data-label={t('history.rule')} className={styles.wide}>
          <span className={styles.cut} title={rules}>
            {rules}
          </span>
        </td>
        <td role="cell" data-label={t('history.grounds')} className={styles.wide}>
          <span className={styles.cut} title={grounds}>
            {grounds}
          </span>
        </td>
        <td role="cell" data-label={t('history.actor')}>
          <UserText text={item.actor.name} />
        </td>
        <td role="cell" data-label={t('history.reason')} className={styles.wide}>
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
        <tr role="row" className={styles.detailRow}>
          <td role="cell" colSpan={10}>
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
