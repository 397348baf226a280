import { Navigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { Empty } from '../components/notice.tsx'
import { landingOf } from '../lib/landing.ts'
import { useMe } from '../lib/me-context.ts'

/** Leads everybody to the first screen that they may see. */
export function Home() {
  const { t } = useTranslation()
  const landing = landingOf(useMe().permissions)
  if (landing === null) return <Empty title={t('error.forbiddenTitle')}>{t('error.noScreen')}</Empty>
  return <Navigate to={landing} search={{}} replace />
}
