import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { call } from '../../lib/api.ts'
import { minuteTime } from '../../lib/time.ts'
import styles from './broadcast-select.module.css'

const route = getRouteApi('/rooms/$roomId')
/** Broadcasts offered, newest first. */
const offered = 50

/** Which broadcast of a room is shown; nothing where there is only one. The choice stands in the address. */
export function BroadcastSelect({
  roomId,
  shown,
  present,
}: {
  roomId: string
  shown: string | null
  present: string | null
}) {
  const { t } = useTranslation()
  const navigate = route.useNavigate()
  const sessions = useQuery({
    queryKey: ['sessions', roomId, present],
    queryFn: ({ signal }) => call('sessions', { query: { roomId, limit: offered } }, signal),
    staleTime: 60_000,
  })
  const items = sessions.data?.items ?? []
  if (items.length < 2 || shown === null) return null
  return (
    <label className={styles.label}>
      {t('room.broadcast')}
      <select
        className={styles.select}
        value={shown}
        onChange={({ target }) => void navigate({ search: target.value === present ? {} : { session: target.value } })}
      >
        {/* A link may lead to one that is older than those offered. */}
        {!items.some((item) => item.id === shown) && <option value={shown}>{t('room.older')}</option>}
        {items.map((item) => (
          <option key={item.id} value={item.id}>
            {minuteTime(item.startedAt)} · {item.endedAt === null ? t('rooms.live') : t('room.over')}
          </option>
        ))}
      </select>
    </label>
  )
}
