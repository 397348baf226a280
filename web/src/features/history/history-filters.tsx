import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { actions, enforcementStatuses } from '../../../../src/contracts/enforcement.ts'
import { codes, taxonomyOf } from '../../../../src/contracts/taxonomy.ts'
import { MultiSelect } from '../../components/multi-select.tsx'
import { ruleName } from '../../lib/rule-name.ts'
import { demoChoices, type HistorySearch } from '../../lib/search-params.ts'
import styles from './history-filters.module.css'

const demoNames = { include: 'demoInclude', exclude: 'demoExclude', only: 'demoOnly' } as const

/** What of the history is wanted; every wish stands in the address. */
export function HistoryFilters({
  search,
  onChange,
}: {
  search: HistorySearch
  onChange: (change: Partial<HistorySearch>) => void
}) {
  const { t, i18n } = useTranslation()
  const language = i18n.language
  const rules = useMemo(
    () =>
      codes.map((code) => ({
        value: code,
        label: ruleName(code, language),
        group: t(`family.${taxonomyOf(code).family}`),
      })),
    [t, language],
  )
  return (
    <form
      className={styles.filters}
      role="search"
      onSubmit={(event) => {
        event.preventDefault()
        const data = new FormData(event.currentTarget)
        onChange({ q: text(data, 'q'), room: text(data, 'room'), host: text(data, 'host') })
      }}
    >
      <MultiSelect
        label={t('history.action')}
        choices={actions.map((value) => ({ value, label: t(`action.${value}`) }))}
        chosen={search.action ?? []}
        onChange={(next) => onChange({ action: next.length === 0 ? undefined : next })}
      />
      <MultiSelect
        label={t('history.status')}
        choices={enforcementStatuses.map((value) => ({ value, label: t(`enforcementStatus.${value}`) }))}
        chosen={search.status ?? []}
        onChange={(next) => onChange({ status: next.length === 0 ? undefined : next })}
      />
      <MultiSelect
        label={t('history.rule')}
        choices={rules}
        chosen={search.code ?? []}
        onChange={(next) => onChange({ code: next.length === 0 ? undefined : next })}
      />
      <label className={styles.date}>
        {t('history.from')}
        <input
          type="date"
          className={styles.field}
          value={search.from ?? ''}
          onChange={(event) => onChange({ from: event.target.value === '' ? undefined : event.target.value })}
        />
      </label>
      <label className={styles.date}>
        {t('history.to')}
        <input
          type="date"
          className={styles.field}
          value={search.to ?? ''}
          onChange={(event) => onChange({ to: event.target.value === '' ? undefined : event.target.value })}
        />
      </label>
      <input
        className={styles.field}
        name="room"
        aria-label={t('history.roomId')}
        placeholder={t('history.roomId')}
        defaultValue={search.room ?? ''}
        onBlur={(event) => onChange({ room: event.target.value === '' ? undefined : event.target.value })}
      />
      <input
        className={styles.field}
        name="host"
        aria-label={t('history.hostId')}
        placeholder={t('history.hostId')}
        defaultValue={search.host ?? ''}
        onBlur={(event) => onChange({ host: event.target.value === '' ? undefined : event.target.value })}
      />
      <input
        className={styles.search}
        type="search"
        name="q"
        maxLength={200}
        aria-label={t('history.search')}
        placeholder={t('history.search')}
        defaultValue={search.q ?? ''}
      />
      <select
        className={styles.choice}
        aria-label={t('history.demo')}
        value={search.demo ?? 'include'}
        onChange={(event) =>
          onChange({ demo: demoChoices.find((choice) => choice === event.target.value && choice !== 'include') })
        }
      >
        {demoChoices.map((choice) => (
          <option key={choice} value={choice}>
            {t(`history.${demoNames[choice]}`)}
          </option>
        ))}
      </select>
      <button type="submit" hidden>
        {t('history.search')}
      </button>
    </form>
  )
}

function text(data: FormData, name: string): string | undefined {
  const value = String(data.get(name) ?? '').trim()
  return value === '' ? undefined : value
}
