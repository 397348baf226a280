import { defaultRangeExtractor, useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useImperativeHandle, useRef, type Ref } from 'react'
import { useTranslation } from 'react-i18next'
import type { FeedView } from '../../lib/feed-view.ts'
import { useMediaQuery } from '../../lib/use-media-query.ts'
import styles from './feed-list.module.css'
import { FeedRow, optionId } from './feed-row.tsx'

export type FeedListHandle = { focus: () => void; toTop: () => void }

const rowRem = 3.75
const narrowRowRem = 5.25
const overscan = 6

/** The rows on screen and a few beside them; the list itself has the focus, its options are only pointed at. */
export function FeedList({
  ref,
  view,
  ids,
  selected,
  onSelect,
}: {
  ref: Ref<FeedListHandle>
  view: FeedView
  ids: readonly string[]
  selected: string | null
  onSelect: (id: string) => void
}) {
  const { t } = useTranslation()
  const box = useRef<HTMLDivElement>(null)
  const narrow = useMediaQuery('(max-width: 40rem)')
  const rootSize = Number.parseFloat(getComputedStyle(document.documentElement).fontSize)
  const rowHeight = (narrow ? narrowRowRem : rowRem) * rootSize
  const active = selected === null ? -1 : ids.indexOf(selected)
  // eslint-disable-next-line react-hooks/incompatible-library
  const rows = useVirtualizer({
    count: ids.length,
    getScrollElement: () => box.current,
    estimateSize: () => rowHeight,
    overscan,
    getItemKey: (index) => ids[index] ?? index,
    // The option that `aria-activedescendant` names is always in the document.
    rangeExtractor: (range) => {
      const indexes = defaultRangeExtractor(range)
      return active >= 0 && !indexes.includes(active) ? [...indexes, active].sort((a, b) => a - b) : indexes
    },
  })

  useImperativeHandle(ref, () => ({
    focus: () => box.current?.focus({ preventScroll: true }),
    toTop: () => {
      if (box.current !== null) box.current.scrollTop = 0
    },
  }))
  useEffect(() => {
    if (active >= 0) rows.scrollToIndex(active, { align: 'auto' })
    // Only a new selection moves the list; a reordering leaves it where it is.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [selected])
  useEffect(() => {
    rows.measure()
  }, [rows, rowHeight])
  useEffect(() => {
    const onSelection = () => {
      const selection = document.getSelection()
      const inside = box.current?.contains(selection?.anchorNode ?? null) === true
      view.hold('text', inside && selection?.isCollapsed === false)
    }
    document.addEventListener('selectionchange', onSelection)
    return () => {
      document.removeEventListener('selectionchange', onSelection)
      for (const reason of ['pointer', 'scroll', 'text'] as const) view.hold(reason, false)
    }
  }, [view])

  return (
    <div
      ref={box}
      className={styles.list}
      role="listbox"
      tabIndex={0}
      aria-label={t('feed.list')}
      aria-activedescendant={active >= 0 && selected !== null ? optionId(selected) : undefined}
      onPointerEnter={(event) => view.hold('pointer', event.pointerType !== 'touch')}
      onPointerLeave={() => view.hold('pointer', false)}
      onScroll={(event) => view.hold('scroll', event.currentTarget.scrollTop > rowHeight / 2)}
    >
      <div className={styles.canvas} role="presentation" style={{ height: rows.getTotalSize() }}>
        {rows.getVirtualItems().map((item) => {
          const id = ids[item.index]
          if (id === undefined) return null
          return (
            <FeedRow
              key={id}
              id={id}
              position={item.index + 1}
              total={ids.length}
              top={item.start}
              height={rowHeight}
              selected={id === selected}
              fresh={view.isFresh(id)}
              onSelect={onSelect}
            />
          )
        })}
      </div>
    </div>
  )
}
