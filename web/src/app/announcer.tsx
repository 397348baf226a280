import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Hidden } from '../components/hidden.tsx'
import { useFreshness } from '../lib/clock.ts'
import { useLive } from '../lib/live-context.ts'
import { ruleName } from '../lib/rule-name.ts'
import { levelOf } from '../lib/severity.ts'
import { clockTime } from '../lib/time.ts'

const politeMs = 5_000
const assertiveMs = 10_000

/** The two voices of the page: a summary now and then, and what cannot wait. Both are silent at first. */
export function Announcer() {
  const { t, i18n } = useTranslation()
  const { store } = useLive()
  const { level, frozenAt } = useFreshness()
  const [polite, setPolite] = useState('')
  const [urgent, setUrgent] = useState('')
  const language = i18n.language

  useEffect(() => {
    let added = 0
    let worst = 0
    let spokenAt = -assertiveMs
    let timer: ReturnType<typeof setTimeout> | null = null
    const stop = store.onFact((fact) => {
      if (fact.type !== 'alert.opened') return
      added += 1
      if (levelOf(fact.alert.severity) === 'S0') {
        worst += 1
        if (performance.now() - spokenAt >= assertiveMs) {
          spokenAt = performance.now()
          setUrgent(
            t('status.assertiveWorst', {
              title: ruleName(fact.alert.code, language),
              room: fact.alert.roomTitle,
            }),
          )
        }
      }
      timer ??= setTimeout(() => {
        timer = null
        const counts = store.counts()
        const total = counts.S0 + counts.S1 + counts.S2 + counts.S3
        setPolite(t('status.polite', { added, worst, total }))
        added = 0
        worst = 0
      }, politeMs)
    })
    return () => {
      stop()
      if (timer !== null) clearTimeout(timer)
    }
  }, [store, t, language])

  const lost = level === 'lost' && frozenAt !== null ? t('status.assertiveLost', { time: clockTime(frozenAt) }) : ''
  return (
    <Hidden>
      <span aria-live="polite">{polite}</span>
      <span aria-live="assertive">{lost === '' ? urgent : lost}</span>
    </Hidden>
  )
}
