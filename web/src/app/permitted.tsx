import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import type { Permission } from '../../../src/contracts/people.ts'
import { Empty } from '../components/notice.tsx'
import { landingOf } from '../lib/landing.ts'
import { useMay, useMe } from '../lib/me-context.ts'

/** A screen for those who may see it; everybody else learns what is missing and whom to ask. */
export function Permitted({ permission, children }: { permission: Permission; children: ReactNode }) {
  const { t } = useTranslation()
  const landing = landingOf(useMe().permissions)
  if (useMay(permission)) return children
  return (
    <>
      <h1 tabIndex={-1} hidden>
        {t('error.forbiddenTitle')}
      </h1>
      <Empty title={t('error.forbiddenTitle')}>
        <p>{t('error.forbiddenBody', { permission })}</p>
        {landing !== null && (
          <Link to={landing} search={{}}>
            {t('error.home')}
          </Link>
        )}
      </Empty>
    </>
  )
}
