import { useMemo, type Ref } from 'react'
import { useTranslation } from 'react-i18next'
import { codes, taxonomyOf } from '../../../../src/contracts/taxonomy.ts'
import { Button } from '../../components/button.tsx'
import { MultiSelect } from '../../components/multi-select.tsx'
import { SeverityShape } from '../../components/severity-badge.tsx'
import type { FeedViewState } from '../../lib/feed-view.ts'
import { useLevelCounts, useLive, useOpenIds } from '../../lib/live-context.ts'
import { ruleName } from '../../lib/rule-name.ts'
import { families, type FeedSearch, type RuleFilter } from '../../lib/search-params.ts'
import { levels, type Level } from '../../lib/severity.ts'
import styles from './feed-bar.module.css'

/** Totals per class, which are never filtered, and the filters, which live in the address. */
export function FeedBar({
  ref,
  search,
  state,
  onChange,
  onMenu,
}: {
  ref: Ref<HTMLDivElement>
  search: FeedSearch
  state: FeedViewState
  onChange: (change: Partial<FeedSearch>) => void
  onMenu: (open: boolean) => void
}) {
  const { t, i18n } = useTranslation()
  const counts = useLevelCounts()
  const { store } = useLive()
  const openIds = useOpenIds()
  const language = i18n.language
  const rules = useMemo(
    () => [
      ...families.map((family) => ({
        value: family as RuleFilter,
        label: t('feed.familyAll', { family: t(`family.${family}`) }),
        group: t(`family.${family}`),
      })),
      ...codes.map((code) => ({
        value: code as RuleFilter,
        label: ruleName(code, language),
        group: t(`family.${taxonomyOf(code).family}`),
      })),
    ],
    [t, language],
  )
  const rooms = useMemo(() => {
    const named = new Map<string, string>()
    for (const id of openIds) {
      const alert = store.alert(id)
      if (alert !== undefined) named.set(alert.roomId, alert.roomTitle)
    }
    for (const id of search.room ?? []) if (!named.has(id)) named.set(id, id)
    return [...named].map(([value, label]) => ({ value, label })).sort((a, b) => a.label.localeCompare(b.label, 'zh'))
  }, [openIds, store, search.room])
  const filtered = search.severity !== undefined || search.rule !== undefined || search.room !== undefined

  const toggle = (level: Level) => {
    const held = search.severity ?? []
    const next = held.includes(level) ? held.filter((item) => item !== level) : [...held, level]
    onChange({ severity: next.length === 0 ? undefined : next })
  }
  return (
    <div ref={ref} className={styles.bar}>
      <h1 className={styles.title} tabIndex={-1}>
        {t('feed.title')}
      </h1>
      <div className={styles.counts} role="group" aria-label={t('feed.counts')}>
        {levels.map((level) => (
          <button
            key={level}
            type="button"
            className={styles.count}
            data-level={level}
            aria-pressed={search.severity?.includes(level) ?? false}
            onClick={() => toggle(level)}
          >
            <SeverityShape level={level} />
            {t(`level.${level}`)} <strong>{counts[level]}</strong>
          </button>
        ))}
      </div>
      <div className={styles.filters} role="group" aria-label={t('feed.filters')}>
        <MultiSelect
          label={t('feed.rule')}
          choices={rules}
          chosen={search.rule ?? []}
          onChange={(next) => onChange({ rule: next.length === 0 ? undefined : next })}
          onOpen={onMenu}
        />
        <MultiSelect
          label={t('feed.room')}
          choices={rooms}
          chosen={search.room ?? []}
          onChange={(next) => onChange({ room: next.length === 0 ? undefined : next })}
          onOpen={onMenu}
        />
        {filtered && (
          <Button
            small
            tone="quiet"
            onClick={() => onChange({ severity: undefined, rule: undefined, room: undefined })}
          >
            {t('feed.clear')}
          </Button>
        )}
        {state.worstFilteredOut > 0 && (
          <span className={styles.outside}>
            <SeverityShape level="S0" />
            {t('feed.filteredOutWorst', { count: state.worstFilteredOut })}
          </span>
        )}
      </div>
    </div>
  )
}
