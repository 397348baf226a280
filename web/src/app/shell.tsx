import { Link, useNavigate, useRouterState } from '@tanstack/react-router'
import { useEffect, useRef, useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { DemoBadge } from '../components/demo-badge.tsx'
import { Icon, type IconName } from '../components/icon.tsx'
import { useFreshness } from '../lib/clock.ts'
import { commandKeys, type CommandId } from '../lib/key-catalogue.ts'
import { useHeartbeat, useLevelCounts, useLive } from '../lib/live-context.ts'
import { useMay, useMe } from '../lib/me-context.ts'
import { readSetting, writeSetting } from '../lib/settings.ts'
import { useCommand } from '../lib/use-command.ts'
import { Announcer } from './announcer.tsx'
import { AudiencePoll } from './audience-poll.tsx'
import { HelpSheet } from './help-sheet.tsx'
import styles from './shell.module.css'
import { StaleBanner } from './stale-banner.tsx'
import { StatusChip } from './status-chip.tsx'
import { Toaster } from './toaster.tsx'
import { UserMenu } from './user-menu.tsx'

/** The frame around every screen: where to go, whether the data is live, and who is looking. */
export function Shell({ onSignOut, children }: { onSignOut: () => void; children: ReactNode }) {
  const { t } = useTranslation()
  const me = useMe()
  const navigate = useNavigate()
  const path = useRouterState({ select: (state) => state.location.pathname })
  const counts = useLevelCounts()
  const main = useRef<HTMLElement>(null)
  const lastPath = useRef(path)
  const [help, setHelp] = useState(false)
  const [narrowRail, setNarrowRail] = useState(() => readSetting('rail') === 'narrow')
  const mayFeed = useMay('feed.read')
  const mayRooms = useMay('room.read')
  const mayHistory = useMay('history.read')
  const open = counts.S0 + counts.S1 + counts.S2 + counts.S3

  useCommand('go.feed', () => void navigate({ to: '/feed', search: {} }))
  useCommand('go.rooms', () => void navigate({ to: '/rooms', search: {} }))
  useCommand('go.history', () => void navigate({ to: '/history', search: {} }))
  useCommand('general.help', () => setHelp(true))

  const page = path.startsWith('/rooms')
    ? t('nav.rooms')
    : path.startsWith('/history')
      ? t('nav.history')
      : path.startsWith('/cases')
        ? t('case.label')
        : t('nav.feed')
  const worst = counts.S0
  useEffect(() => {
    document.title = `${worst > 0 ? `(${worst}) ` : ''}${page} – ${t('app.name')}`
  }, [worst, page, t])
  useEffect(() => {
    if (lastPath.current === path) return
    lastPath.current = path
    main.current?.querySelector<HTMLElement>('h1')?.focus({ preventScroll: true })
  }, [path])

  return (
    <div className={styles.shell} data-rail={narrowRail ? 'narrow' : 'wide'}>
      <a className={styles.skip} href="#main">
        {t('app.skip')}
      </a>
      <header className={styles.bar}>
        <span className={styles.brand}>
          <Icon name="shield" size={20} />
          <span className={styles.brandName}>{t('app.name')}</span>
        </span>
        {me.demoRunning && (
          <span className={styles.demo}>
            <DemoBadge />
            <span className={styles.demoText}>{t('menu.demoRunning')}</span>
          </span>
        )}
        <span className={styles.spring} />
        <StatusChip />
        <Coverage />
        <UserMenu onSignOut={onSignOut} onHelp={() => setHelp(true)} />
      </header>
      <nav className={styles.rail} aria-label={t('nav.label')}>
        {mayFeed && (
          <RailLink to="/feed" icon="bell" command="go.feed" label={t('nav.feed')} badge={open} worst={worst > 0} />
        )}
        {mayRooms && <RailLink to="/rooms" icon="broadcast" command="go.rooms" label={t('nav.rooms')} />}
        {mayHistory && <RailLink to="/history" icon="history" command="go.history" label={t('nav.history')} />}
        <button
          type="button"
          className={styles.collapse}
          aria-expanded={!narrowRail}
          aria-label={narrowRail ? t('nav.expand') : t('nav.collapse')}
          title={narrowRail ? t('nav.expand') : t('nav.collapse')}
          onClick={() => {
            setNarrowRail(!narrowRail)
            writeSetting('rail', narrowRail ? 'wide' : 'narrow')
          }}
        >
          <Icon name="panel" />
        </button>
      </nav>
      <main id="main" ref={main} className={styles.main} tabIndex={-1}>
        <StaleBanner />
        <div className={styles.screen}>{children}</div>
      </main>
      {help && <HelpSheet onClose={() => setHelp(false)} />}
      <Announcer />
      <AudiencePoll />
      <Toaster />
    </div>
  )
}

function RailLink({
  to,
  icon,
  command,
  label,
  badge = 0,
  worst = false,
}: {
  to: '/feed' | '/rooms' | '/history'
  icon: IconName
  command: CommandId
  label: string
  badge?: number
  worst?: boolean
}) {
  return (
    <Link
      to={to}
      search={{}}
      className={styles.link}
      activeProps={{ 'aria-current': 'page' }}
      activeOptions={{ includeSearch: false }}
      title={`${label} · ${commandKeys(command)}`}
    >
      <Icon name={icon} size={18} />
      <span className={styles.linkName}>{label}</span>
      {badge > 0 && (
        <span className={styles.badge} data-worst={worst || undefined}>
          {badge}
        </span>
      )}
    </Link>
  )
}

/** How many live rooms nobody hears, and how many people watch with you. */
function Coverage() {
  const { t } = useTranslation()
  const heartbeat = useHeartbeat()
  const { store } = useLive()
  const freshness = useFreshness()
  if (freshness.level === 'connecting') return null
  const blind = heartbeat?.blind ?? store.blind().length
  return (
    <>
      <Link
        to="/rooms"
        search={{}}
        className={styles.coverage}
        data-blind={blind > 0 || undefined}
        title={t('status.blindHelp')}
      >
        <Icon name={blind > 0 ? 'eyeOff' : 'eye'} size={14} />
        {t('status.blind', { count: blind })}
      </Link>
      {heartbeat !== null && <span className={styles.online}>{t('status.online', { count: heartbeat.online })}</span>}
    </>
  )
}
