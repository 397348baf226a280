import { useLocation } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { arrival } from '../lib/arrival.ts'
import { ignoredOf } from '../lib/search-params.ts'
import { Button } from './button.tsx'
import styles from './ignored-note.module.css'
import { UserText } from './user-text.tsx'

let dismissed = false

/** Says which conditions of the address that was opened could not be used: what is shown is not what was asked for. */
export function IgnoredNote({ read }: { read: (search: Record<string, unknown>) => object }) {
  const { t } = useTranslation()
  const path = useLocation({ select: (location) => location.pathname })
  const [shown, setShown] = useState(!dismissed)
  useEffect(
    () => () => {
      dismissed = true
    },
    [],
  )
  const ignored = arrival.path === path ? ignoredOf(arrival.search, read(arrival.search)) : []
  if (!shown || ignored.length === 0) return null
  return (
    <p className={styles.note} role="status">
      <span>
        {t('search.ignored')} <UserText text={ignored.join('、')} />
      </span>
      <Button
        small
        tone="quiet"
        onClick={() => {
          dismissed = true
          setShown(false)
        }}
      >
        {t('status.dismiss')}
      </Button>
    </p>
  )
}
