import { describe, expect, it } from 'vitest'
import type { Alert } from '../../src/contracts/alert.ts'
import { FeedView, holdReleaseMs, nextWanted } from '../../web/src/lib/feed-view.ts'
import { LiveStore } from '../../web/src/lib/live-store.ts'
import { alertExample } from './alert-example.ts'

const at = '2026-11-23T06:00:00.000Z'

function scene(alerts: (Partial<Alert> & { id: string })[]) {
  const store = new LiveStore((flush) => flush())
  store.recover({
    kind: 'snapshot',
    snapshot: { asOfSeq: 0, serverTime: at, alerts: alerts.map(alertExample), sessions: [], counts: {}, blind: [] },
  })
  let now = 0
  let waiting: { run: () => void; at: number } | null = null
  const view = new FeedView(store, {
    set: (run, ms) => (waiting = { run, at: now + ms }),
    clear: () => (waiting = null),
    now: () => now,
  })
  view.start()
  let seq = 0
  const put = (type: 'alert.opened' | 'alert.updated', change: Partial<Alert> & { id: string }) => {
    seq += 1
    store.receive([{ streamSeq: seq, at, fact: { type, alert: alertExample(change) } }])
  }
  const pass = (ms: number) => {
    now += ms
    if (waiting !== null && waiting.at <= now) {
      const { run } = waiting
      waiting = null
      run()
    }
  }
  return { view, put, pass }
}

describe('the feed', () => {
  it('shows severity first, then the earlier deadline, then the older', () => {
    const { view } = scene([
      { id: 'late', severity: 4, slaDueAt: '2026-11-23T06:09:00.000Z' },
      { id: 'low', severity: 2, slaDueAt: '2026-11-23T06:00:01.000Z' },
      { id: 'worst', severity: 5, slaDueAt: '2026-11-23T06:30:00.000Z' },
      { id: 'soon', severity: 4, slaDueAt: '2026-11-23T06:02:00.000Z' },
    ])
    expect(view.state().ids).toEqual(['worst', 'soon', 'late', 'low'])
  })

  it('follows while nothing holds it', () => {
    const { view, put } = scene([{ id: 'a' }])
    put('alert.opened', { id: 'b', severity: 5 })
    expect(view.state().ids).toEqual(['b', 'a'])
    expect(view.isFresh('b')).toBe(true)
    expect(view.isFresh('a')).toBe(false)
  })

  it('moves nothing while held, counts what waits and shows it on demand', () => {
    const { view, put } = scene([{ id: 'a' }, { id: 'b', openedAt: '2026-11-23T06:01:00.000Z' }])
    view.hold('pointer', true)
    put('alert.opened', { id: 'c', severity: 5 })
    put('alert.opened', { id: 'd', severity: 3 })
    put('alert.updated', { id: 'a', state: 'resolved', caseStatus: 'resolved', rev: 2 })
    expect(view.state()).toMatchObject({ ids: ['a', 'b'], held: true, waiting: 2, waitingWorst: 1 })
    view.show()
    expect(view.state()).toMatchObject({ ids: ['c', 'b', 'd'], held: true, waiting: 0 })
  })

  it('follows again a moment after the last reason to hold has gone', () => {
    const { view, put, pass } = scene([{ id: 'a' }])
    view.hold('pointer', true)
    view.hold('selection', true)
    put('alert.opened', { id: 'b', severity: 5 })
    view.hold('pointer', false)
    pass(holdReleaseMs)
    expect(view.state().ids).toEqual(['a'])
    view.hold('selection', false)
    pass(holdReleaseMs - 1)
    expect(view.state().ids).toEqual(['a'])
    pass(1)
    expect(view.state()).toMatchObject({ ids: ['b', 'a'], held: false, waiting: 0 })
  })

  it('never holds back the first alerts of an empty list', () => {
    const { view, put } = scene([])
    view.hold('pointer', true)
    put('alert.opened', { id: 'a' })
    expect(view.state().ids).toEqual(['a'])
  })

  it('names the worst alerts that a filter hides', () => {
    const { view } = scene([
      { id: 'a', severity: 5 },
      { id: 'b', severity: 3 },
    ])
    view.setFilter((alert) => alert.severity === 3)
    expect(view.state()).toMatchObject({ ids: ['b'], waiting: 0, worstFilteredOut: 1 })
  })
})

describe('the next row', () => {
  it('is the next one that is wanted, round the end', () => {
    expect(nextWanted(['a', 'b', 'c'], 'b', (id) => id === 'a')).toBe('a')
    expect(nextWanted(['a', 'b', 'c'], null, () => true)).toBe('a')
  })

  it('is none when no other row is wanted', () => {
    expect(nextWanted(['a', 'b'], 'a', (id) => id === 'a')).toBeNull()
    expect(nextWanted([], null, () => true)).toBeNull()
  })
})
