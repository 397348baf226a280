import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { Button } from '../components/button.tsx'
import { Empty } from '../components/notice.tsx'

/** An address that leads nowhere. */
export function NotFoundScreen() {
  const { t } = useTranslation()
  return (
    <Empty title={t('error.notFoundTitle')}>
      <p>{t('error.notFoundBody')}</p>
      <Link to="/">{t('error.home')}</Link>
    </Empty>
  )
}

/** A fault of the page itself. */
export function CrashScreen({ error }: { error: unknown }) {
  const { t } = useTranslation()
  return (
    <Empty title={t('error.title')}>
      <p>{t('error.crash')}</p>
      <p>{error instanceof Error ? error.message : String(error)}</p>
      <Button onClick={() => window.location.reload()}>{t('error.reload')}</Button>
    </Empty>
  )
}
