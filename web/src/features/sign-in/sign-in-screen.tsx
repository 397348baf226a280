import { useMutation } from '@tanstack/react-query'
import { useId } from 'react'
import { useTranslation } from 'react-i18next'
import type { TFunction } from 'i18next'
import type { Me } from '../../../../src/contracts/people.ts'
import { Button } from '../../components/button.tsx'
import { Icon } from '../../components/icon.tsx'
import { ApiError, call } from '../../lib/api.ts'
import { errorText } from '../../lib/error-text.ts'
import styles from './sign-in-screen.module.css'

/** Login and password, and where a newcomer finds them. */
export function SignInScreen({ expired, onSignedIn }: { expired: boolean; onSignedIn: (me: Me) => void }) {
  const { t } = useTranslation()
  const id = useId()
  const signIn = useMutation({
    mutationFn: (body: { login: string; password: string }) => call('login', { body }),
    onSuccess: onSignedIn,
  })
  return (
    <main className={styles.screen}>
      <form
        className={styles.card}
        onSubmit={(event) => {
          event.preventDefault()
          const data = new FormData(event.currentTarget)
          signIn.mutate({ login: String(data.get('login') ?? ''), password: String(data.get('password') ?? '') })
        }}
      >
        <span className={styles.mark}>
          <Icon name="shield" size={36} />
        </span>
        <h1 className={styles.title}>{t('signIn.title')}</h1>
        <p className={styles.product}>{t('app.product')}</p>
        {expired && !signIn.isError && (
          <p className={styles.note} role="status">
            {t('signIn.expired')}
          </p>
        )}
        <label className={styles.label} htmlFor={`${id}-login`}>
          {t('signIn.login')}
        </label>
        <input
          id={`${id}-login`}
          className={styles.field}
          name="login"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          maxLength={64}
          required
          autoFocus
          aria-describedby={signIn.isError ? `${id}-error` : undefined}
        />
        <label className={styles.label} htmlFor={`${id}-password`}>
          {t('signIn.password')}
        </label>
        <input
          id={`${id}-password`}
          className={styles.field}
          name="password"
          type="password"
          autoComplete="current-password"
          maxLength={256}
          required
          aria-describedby={signIn.isError ? `${id}-error` : undefined}
        />
        {signIn.isError && (
          <p id={`${id}-error`} className={styles.error} role="alert">
            {problem(signIn.error, t)}
          </p>
        )}
        <Button type="submit" tone="primary" disabled={signIn.isPending}>
          {signIn.isPending ? t('signIn.busy') : t('signIn.submit')}
        </Button>
        <section className={styles.demo}>
          <h2>{t('signIn.demoTitle')}</h2>
          <p>{t('signIn.demoNote')}</p>
        </section>
      </form>
    </main>
  )
}

function problem(error: unknown, t: TFunction): string {
  const status = error instanceof ApiError ? error.status : null
  if (status === 0) return t('signIn.unreachable')
  if (status === 401) return t('signIn.wrong')
  if (status === 429) return t('signIn.limited')
  return t('signIn.failed', { message: errorText(error, t) })
}
