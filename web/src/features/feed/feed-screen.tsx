import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react'
import { useTranslation } from 'react-i18next'
import type { Alert } from '../../../../src/contracts/alert.ts'
import { Button } from '../../components/button.tsx'
import { CasePanel } from '../../components/case/case-panel.tsx'
import { Icon } from '../../components/icon.tsx'
import { IgnoredNote } from '../../components/ignored-note.tsx'
import { Empty, Skeleton } from '../../components/notice.tsx'
import { call } from '../../lib/api.ts'
import { FeedView, nextWanted } from '../../lib/feed-view.ts'
import { commandKeys, type CommandId } from '../../lib/key-catalogue.ts'
import { serverNow } from '../../lib/clock.ts'
import { useAlert, useHeartbeat, useLive, useLiveReady } from '../../lib/live-context.ts'
import { isClaimed, isOpen } from '../../lib/queue-order.ts'
import { feedSearch, passesRules, type FeedSearch } from '../../lib/search-params.ts'
import { levelOf } from '../../lib/severity.ts'
import { dayTime } from '../../lib/time.ts'
import { useCommand } from '../../lib/use-command.ts'
import { FeedBar } from './feed-bar.tsx'
import { FeedList, type FeedListHandle } from './feed-list.tsx'
import styles from './feed-screen.module.css'

const route = getRouteApi('/feed')

function matcher(search: FeedSearch): (alert: Alert) => boolean {
  const { severity, rule, room } = search
  return (alert) =>
    (severity === undefined || severity.includes(levelOf(alert.severity))) &&
    (room === undefined || room.includes(alert.roomId)) &&
    passesRules(alert.code, rule)
}

/** The queue on the left, the case of the selected alert on the right. */
export function FeedScreen() {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const { store } = useLive()
  const ready = useLiveReady()
  const list = useRef<FeedListHandle>(null)
  const filters = useRef<HTMLDivElement>(null)
  const [view] = useState(
    () =>
      new FeedView(store, {
        set: (run, ms) => setTimeout(run, ms),
        clear: (handle) => clearTimeout(handle as ReturnType<typeof setTimeout>),
        now: () => performance.now(),
      }),
  )
  const state = useSyncExternalStore(view.subscribe, view.state)
  const selected = search.alert ?? null
  const filterKey = JSON.stringify([search.severity, search.rule, search.room])
  const matches = useMemo(
    () => matcher(search),
    // The filter changes with its own part of the address only, not with the selection.
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [filterKey],
  )

  useEffect(() => view.start(), [view])
  useEffect(() => view.setFilter(matches), [view, matches])
  useEffect(() => {
    view.hold('selection', selected !== null)
  }, [view, selected])

  const select = (id: string | null) => {
    void navigate({ search: (before) => ({ ...before, alert: id ?? undefined }), replace: true })
  }
  const move = (direction: 1 | -1) => {
    const at = selected === null ? -1 : state.ids.indexOf(selected)
    const next = selected === null ? 0 : at + direction
    const id = state.ids[Math.max(0, Math.min(state.ids.length - 1, next))]
    if (id !== undefined) select(id)
    list.current?.focus()
  }
  const nextUnclaimed = () => {
    const id = nextWanted(state.ids, selected, (candidate) => {
      const alert = store.alert(candidate)
      return alert !== undefined && isOpen(alert) && !isClaimed(alert, serverNow())
    })
    if (id === null) view.show()
    else select(id)
    list.current?.focus()
  }

  useCommand('feed.next', () => move(1))
  useCommand('feed.previous', () => move(-1))
  useCommand('feed.nextUnclaimed', nextUnclaimed)
  useCommand('feed.showHeld', () => {
    view.show()
    list.current?.toTop()
  })
  useCommand('feed.filter', () => filters.current?.querySelector('button')?.focus())
  useCommand('feed.open', () => {
    if (selected === null) move(1)
    else document.querySelector<HTMLElement>('#case-pane h2')?.focus()
  })
  useCommand('general.back', () => {
    const pane = document.getElementById('case-pane')
    const active = document.activeElement
    if (active instanceof HTMLElement && pane?.contains(active)) {
      active.blur()
      list.current?.focus()
    } else if (active instanceof HTMLElement && filters.current?.contains(active)) {
      active.blur()
      list.current?.focus()
    } else select(null)
  })

  const filtered = search.severity !== undefined || search.rule !== undefined || search.room !== undefined
  return (
    <div className={styles.feed} data-open={selected !== null || undefined}>
      <div className={styles.queue}>
        <FeedBar
          ref={filters}
          search={search}
          state={state}
          onChange={(change) => void navigate({ search: (before) => ({ ...before, ...change }) })}
          onMenu={(open) => view.hold('menu', open)}
        />
        <IgnoredNote read={feedSearch} />
        <Strip
          waiting={state.waiting}
          worst={state.waitingWorst}
          held={state.held}
          onShow={() => {
            view.show()
            list.current?.toTop()
          }}
        />
        {!ready ? (
          <Skeleton rows={12} tall />
        ) : state.ids.length === 0 ? (
          <EmptyQueue
            filtered={filtered}
            onClear={() =>
              void navigate({
                search: (before) => ({ ...before, severity: undefined, rule: undefined, room: undefined }),
              })
            }
          />
        ) : (
          <FeedList ref={list} view={view} ids={state.ids} selected={selected} onSelect={select} />
        )}
      </div>
      <div className={styles.case} id="case-pane">
        {selected === null ? (
          <PickHint />
        ) : (
          <SelectedCase
            alertId={selected}
            onBack={() => {
              select(null)
              list.current?.focus()
            }}
            onSubmitted={() => list.current?.focus()}
            onNext={nextUnclaimed}
          />
        )}
      </div>
    </div>
  )
}

const hinted: readonly CommandId[] = [
  'feed.next',
  'feed.nextUnclaimed',
  'feed.open',
  'case.claim',
  'case.suspend',
  'case.dismiss',
  'case.submit',
  'feed.showHeld',
  'general.help',
]

/** The place of the case while none is chosen: the few keys that carry a shift. */
function PickHint() {
  const { t } = useTranslation()
  return (
    <div className={styles.pick}>
      <p className={styles.pickTitle}>{t('feed.pickTitle')}</p>
      <dl className={styles.pickKeys}>
        {hinted.map((id) => (
          <div key={id} className={styles.pickKey}>
            <dt>
              <kbd>{commandKeys(id)}</kbd>
            </dt>
            <dd>{t(`command.${id}`)}</dd>
          </div>
        ))}
      </dl>
    </div>
  )
}

/** The reserved line between bar and rows: what waits, and how to let it in. It never lies over a row. */
function Strip({
  waiting,
  worst,
  held,
  onShow,
}: {
  waiting: number
  worst: number
  held: boolean
  onShow: () => void
}) {
  const { t } = useTranslation()
  if (waiting === 0) {
    return (
      <p className={styles.strip}>
        <span>{t('feed.mode')}</span>
        <span>{held ? t('feed.holding') : t('feed.following')}</span>
      </p>
    )
  }
  return (
    <button type="button" className={styles.waiting} data-worst={worst > 0 || undefined} onClick={onShow}>
      {t('feed.waiting', { count: waiting, worst })}
      <span className={styles.show}>
        {t('feed.show')} <kbd>{commandKeys('feed.showHeld')}</kbd>
      </span>
    </button>
  )
}

function EmptyQueue({ filtered, onClear }: { filtered: boolean; onClear: () => void }) {
  const { t } = useTranslation()
  const { store } = useLive()
  const heartbeat = useHeartbeat()
  const rooms = useQuery({
    queryKey: ['rooms', 'count'],
    queryFn: ({ signal }) => call('rooms', { query: { live: 'true', limit: 1 } }, signal),
    staleTime: 10_000,
  })
  if (filtered) {
    return (
      <Empty title={t('feed.emptyFilteredTitle')}>
        <Button small onClick={onClear}>
          {t('feed.clear')}
        </Button>
      </Empty>
    )
  }
  const last = store.lastOpenedAt()
  return (
    <Empty title={t('feed.emptyTitle')}>
      <p>{t('feed.emptyBody', { live: rooms.data?.total ?? '–', blind: heartbeat?.blind ?? store.blind().length })}</p>
      {last !== null && <p>{t('feed.emptyLast', { time: dayTime(last) })}</p>}
    </Empty>
  )
}

/** The case of an alert, also of one that has left the queue since the address was made. */
function SelectedCase({
  alertId,
  onBack,
  onSubmitted,
  onNext,
}: {
  alertId: string
  onBack: () => void
  onSubmitted: () => void
  onNext: () => void
}) {
  const { t } = useTranslation()
  const alert = useAlert(alertId)
  const ready = useLiveReady()
  const past = useQuery({
    queryKey: ['alert', alertId],
    queryFn: ({ signal }) => call('alert', { params: { id: alertId } }, signal),
    enabled: ready && alert === undefined,
    retry: false,
  })
  const caseId = alert?.caseId ?? past.data?.alert.caseId
  if (caseId === undefined) {
    if (past.isError) {
      return (
        <Empty title={t('feed.goneTitle')}>
          <p>{t('feed.goneBody')}</p>
          <Button small onClick={onBack}>
            {t('feed.backToList')}
          </Button>
        </Empty>
      )
    }
    return <Skeleton rows={8} tall />
  }
  return (
    <CasePanel
      caseId={caseId}
      onSubmitted={onSubmitted}
      onNext={onNext}
      lead={
        <span className={styles.back}>
          <Button small tone="quiet" aria-label={t('feed.backToList')} onClick={onBack}>
            <Icon name="left" />
          </Button>
        </span>
      }
    />
  )
}
