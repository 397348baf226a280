import { useQuery, useQueryClient, type QueryClient } from '@tanstack/react-query'
import { Outlet, useNavigate, useRouterState } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import type { Me } from '../../../src/contracts/people.ts'
import { SignInScreen } from '../features/sign-in/sign-in-screen.tsx'
import { ErrorNote, Skeleton } from '../components/notice.tsx'
import { ApiError, call, onSignedOut } from '../lib/api.ts'
import { gauge } from '../lib/clock.ts'
import { MeContext } from '../lib/me-context.ts'
import { LiveProvider } from './live-provider.tsx'
import { Shell } from './shell.tsx'

/** Lets the signed-in in, and asks everybody else who they are; the address stays, so that a link survives. */
export function Gate() {
  const queries = useQueryClient()
  const navigate = useNavigate()
  const path = useRouterState({ select: (state) => state.location.pathname })
  const [expired, setExpired] = useState(false)
  const me = useQuery({
    queryKey: ['me'],
    queryFn: async ({ signal }): Promise<Me | null> => {
      const asked = Date.now()
      try {
        const answer = await call('me', {}, signal)
        gauge.hear((asked + Date.now()) / 2, Date.parse(answer.serverTime))
        return answer
      } catch (error) {
        if (error instanceof ApiError && error.status === 401) return null
        throw error
      }
    },
    staleTime: Infinity,
  })
  useEffect(
    () =>
      onSignedOut(() => {
        setExpired(true)
        queries.setQueryData(['me'], null)
      }),
    [queries],
  )
  if (me.data === undefined) {
    return me.isError ? <ErrorNote error={me.error} onRetry={() => void me.refetch()} /> : <Skeleton rows={12} tall />
  }
  if (me.data === null) {
    return (
      <SignInScreen
        expired={expired}
        onSignedIn={(answer) => {
          setExpired(false)
          forgetOthers(queries)
          queries.setQueryData(['me'], answer)
          // The feed is where everybody is sent, not a place that this person asked for.
          if (path === '/feed' && !answer.permissions.includes('feed.read')) void navigate({ to: '/', replace: true })
        }}
      />
    )
  }
  const signOut = async () => {
    await call('logout').catch(() => undefined)
    setExpired(false)
    forgetOthers(queries)
    queries.setQueryData(['me'], null)
  }
  return (
    <MeContext value={me.data}>
      <LiveProvider key={me.data.person.id}>
        <Shell onSignOut={() => void signOut()}>
          <Outlet />
        </Shell>
      </LiveProvider>
    </MeContext>
  )
}

/** What one person fetched is not for the next one. */
function forgetOthers(queries: QueryClient): void {
  queries.removeQueries({ predicate: (query) => query.queryKey[0] !== 'me' })
}
