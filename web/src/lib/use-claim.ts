import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useEffectEvent, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import type { Case } from '../../../src/contracts/case.ts'
import { call } from './api.ts'
import { caseQuery } from './case-query.ts'
import { serverNow } from './clock.ts'
import { errorText } from './error-text.ts'
import { useLive } from './live-context.ts'
import { useMay, useMe } from './me-context.ts'
import { toast } from './toasts.ts'

const renewMs = 20_000
/** A claim is renewed only while its owner does something. */
const idleMs = 60_000

export type Claim = {
  mine: boolean
  /** Takes or renews the claim, and says so when it cannot. */
  claim: () => void
  /** The same for an edit: what stands in the way shows at the submit. */
  claimQuietly: () => void
  release: () => void
  /** Ends when a claim that is under way has been answered, so that a submit carries the right `rev`. */
  settled: () => Promise<void>
}

/**
 * The lease on one case: taken on purpose or by an edit, renewed while its owner is active, given back when the case
 * leaves the screen. Use it in a component keyed by the case.
 */
export function useClaim(value: Case): Claim {
  const { t } = useTranslation()
  const { store } = useLive()
  const me = useMe()
  const may = useMay('case.act')
  const queries = useQueryClient()
  const pending = useRef<Promise<void>>(Promise.resolve())
  const lastInput = useRef(0)
  const mine = value.claimedBy === me.person.id && value.status !== 'resolved'

  const take = (next: Case) => {
    store.putCase(next)
    queries.setQueryData(caseQuery(value.id).queryKey, (held) =>
      held === undefined || held.case.rev > next.rev ? held : { ...held, case: next },
    )
  }
  const send = async (route: 'claimCase' | 'releaseCase', quiet: boolean) => {
    try {
      take(await call(route, { params: { id: value.id } }))
    } catch (error) {
      if (route === 'releaseCase') return
      if (!quiet) toast(t('case.claimFailed', { message: errorText(error, t) }), 'bad')
      void queries.invalidateQueries({ queryKey: caseQuery(value.id).queryKey })
    }
  }
  const ask = (quiet: boolean) => {
    if (may && value.status !== 'resolved') pending.current = pending.current.then(() => send('claimCase', quiet))
  }
  const release = () => {
    if (mine) pending.current = pending.current.then(() => send('releaseCase', true))
  }

  const renew = useEffectEvent(() => {
    const lapses = value.claimedUntil === null ? 0 : Date.parse(value.claimedUntil)
    if (Date.now() - lastInput.current < idleMs && lapses > serverNow()) ask(true)
  })
  const giveBack = useEffectEvent(() => {
    if (mine) void call('releaseCase', { params: { id: value.id } }).then(store.putCase.bind(store), () => undefined)
  })
  useEffect(() => {
    const note = () => {
      lastInput.current = Date.now()
    }
    note()
    window.addEventListener('pointermove', note, { passive: true })
    window.addEventListener('keydown', note)
    return () => {
      window.removeEventListener('pointermove', note)
      window.removeEventListener('keydown', note)
    }
  }, [])
  useEffect(() => {
    if (!mine) return undefined
    const timer = setInterval(() => renew(), renewMs)
    return () => clearInterval(timer)
  }, [mine])
  useEffect(() => () => giveBack(), [])

  return {
    mine,
    claim: () => ask(false),
    claimQuietly: () => ask(true),
    release,
    settled: () => pending.current,
  }
}
