import { describe, expect, it } from 'vitest'
import type { Alert } from '../../src/contracts/alert.ts'
import type { Case } from '../../src/contracts/case.ts'
import type { ConsoleFact, StreamItem } from '../../src/contracts/console-wire.ts'
import type { Session } from '../../src/contracts/session.ts'
import { LiveStore } from '../../web/src/lib/live-store.ts'
import { alertExample } from './alert-example.ts'

const at = '2026-11-23T06:00:00.000Z'

function item(streamSeq: number, fact: ConsoleFact): StreamItem {
  return { streamSeq, at, fact }
}

function opened(streamSeq: number, change: Partial<Alert> & { id: string }): StreamItem {
  return item(streamSeq, { type: 'alert.opened', alert: alertExample(change) })
}

function caseExample(change: Partial<Case> & { id: string }): Case {
  return {
    number: 1,
    sessionId: 's1',
    roomId: 'r1',
    hostId: 'h1',
    status: 'open',
    severity: 4,
    claimedBy: null,
    claimedByName: null,
    claimedUntil: null,
    openedAt: at,
    resolvedAt: null,
    resolvedBy: null,
    resolvedByName: null,
    decision: null,
    dismissReason: null,
    follows: null,
    demo: false,
    rev: 1,
    ...change,
  }
}

/** A store at `streamSeq` 10 with one open alert, whose flushes run when the test says so. */
function storeAtTen(counts: Record<string, number> = { '4': 1 }) {
  const flushes: (() => void)[] = []
  const store = new LiveStore((flush) => flushes.push(flush))
  store.recover({
    kind: 'snapshot',
    snapshot: { asOfSeq: 10, serverTime: at, alerts: [alertExample({ id: 'a' })], sessions: [], counts, blind: [] },
  })
  return { store, flush: () => flushes.splice(0).forEach((run) => run()) }
}

describe('the live store', () => {
  it('applies an item once, however often it arrives', () => {
    const { store, flush } = storeAtTen()
    let told = 0
    store.onFact(() => (told += 1))
    expect(store.receive([opened(11, { id: 'b' })])).toBe('taken')
    expect(store.receive([opened(11, { id: 'b' })])).toBe('taken')
    flush()
    expect(told).toBe(1)
    expect(store.openIds()).toEqual(['a', 'b'])
  })

  it('reports a hole and takes nothing past it', () => {
    const { store, flush } = storeAtTen()
    expect(store.receive([opened(11, { id: 'b' }), opened(13, { id: 'd' })])).toBe('hole')
    flush()
    expect(store.receivedSeq).toBe(11)
    expect(store.openIds()).not.toContain('d')
  })

  it('fills the hole from a replay without doubling what it held', () => {
    const { store, flush } = storeAtTen()
    store.receive([opened(11, { id: 'b' })])
    const recovery = store.recover({
      kind: 'complete',
      items: [opened(11, { id: 'b' }), opened(12, { id: 'c' }), opened(13, { id: 'd' })],
      throughSeq: 13,
    })
    flush()
    expect(recovery).toEqual({ kind: 'replayed', items: 2, from: 11, to: 13 })
    expect(store.openIds()).toEqual(['a', 'b', 'c', 'd'])
  })

  it('steps over numbers that were never given out once a replay says where it ends', () => {
    const { store } = storeAtTen()
    store.recover({ kind: 'complete', items: [opened(12, { id: 'c' })], throughSeq: 20 })
    expect(store.receive([opened(21, { id: 'd' })])).toBe('taken')
  })

  it('ignores an older revision of an alert', () => {
    const { store, flush } = storeAtTen()
    store.receive([item(11, { type: 'alert.updated', alert: alertExample({ id: 'a', rev: 5, hits: [1, 2] }) })])
    store.receive([item(12, { type: 'alert.updated', alert: alertExample({ id: 'a', rev: 4 }) })])
    flush()
    expect(store.alert('a')?.hits).toEqual([1, 2])
  })

  it('lets the worst class, claims and measures pass without waiting', () => {
    const { store } = storeAtTen()
    store.receive([opened(11, { id: 'b', severity: 3 })])
    expect(store.openIds()).toEqual(['a'])
    store.receive([opened(12, { id: 'c', severity: 5 })])
    expect(store.openIds()).toEqual(['a', 'b', 'c'])
  })

  it('shows the claim of a case on its alerts', () => {
    const { store } = storeAtTen()
    const claimed = caseExample({ id: 'case-a', status: 'claimed', claimedBy: 'p', claimedByName: '李雷', rev: 2 })
    store.receive([item(11, { type: 'case.updated', case: claimed })])
    expect(store.alert('a')).toMatchObject({ claimedByName: '李雷', caseStatus: 'claimed' })
  })

  it('takes the alerts of a decided case out of the queue', () => {
    const { store } = storeAtTen()
    store.receive([item(11, { type: 'case.updated', case: caseExample({ id: 'case-a', status: 'resolved', rev: 2 }) })])
    expect(store.openIds()).toEqual([])
    expect(store.counts().S1).toBe(0)
  })

  it('counts alerts that the snapshot did not send', () => {
    const { store, flush } = storeAtTen({ '5': 2, '4': 7 })
    expect(store.counts()).toEqual({ S0: 2, S1: 7, S2: 0, S3: 0 })
    store.receive([opened(11, { id: 'b' })])
    flush()
    expect(store.counts().S1).toBe(8)
  })

  it('tells a row only of its own alert, and the list only of membership', () => {
    const { store, flush } = storeAtTen()
    let row = 0
    let list = 0
    store.subscribe('alert:a', () => (row += 1))
    store.subscribe('list', () => (list += 1))
    store.receive([item(11, { type: 'alert.updated', alert: alertExample({ id: 'a', rev: 2, hits: [1, 2] }) })])
    flush()
    expect([row, list]).toEqual([1, 0])
    store.receive([opened(12, { id: 'b' })])
    flush()
    expect([row, list]).toEqual([1, 1])
  })

  it('forgets decided alerts that nobody looks at', () => {
    const { store, flush } = storeAtTen()
    store.subscribe('alert:old-0', () => undefined)
    for (let index = 0; index < 700; index += 1) {
      const closed = alertExample({ id: `old-${index}`, state: 'resolved', caseStatus: 'resolved' })
      store.receive([item(11 + index, { type: 'alert.updated', alert: closed })])
    }
    flush()
    expect(store.alert('old-0')).toBeDefined()
    expect(store.alert('old-1')).toBeUndefined()
    expect(store.alert('old-699')).toBeDefined()
    expect(store.alert('a')).toBeDefined()
  })
})

describe('the audience of a broadcast', () => {
  const session = (change: Partial<Session>): Session => ({
    id: 's1',
    roomId: 'r1',
    title: '早场泡茶聊天',
    host: { id: 'h1', name: '伍姐' },
    category: 'food',
    licences: [],
    liveUrl: null,
    startedAt: at,
    endedAt: null,
    endReason: null,
    lastSeq: 1,
    processedSeq: 1,
    lastEventAt: at,
    lastSpeechAt: at,
    viewers: 12_000,
    demo: false,
    rev: 1,
    ...change,
  })

  it('is known while it is confirmed, and forgotten when it no longer is', () => {
    const { store } = storeAtTen()
    let told = 0
    store.subscribe('audience:s1', () => (told += 1))
    expect(store.audience('s1')).toBe(null)
    store.noteAudience([session({})])
    store.noteAudience([session({})])
    expect([store.audience('s1'), told]).toEqual([12_000, 1])
    store.noteAudience([session({ id: 's2' })])
    expect([store.audience('s1'), told]).toEqual([null, 2])
  })

  it('ends with the broadcast, and an older answer does not bring it back', () => {
    const { store, flush } = storeAtTen()
    store.noteAudience([session({})])
    store.receive([
      item(11, { type: 'session.ended', session: session({ endedAt: at, endReason: 'measure', rev: 2 }) }),
    ])
    flush()
    expect(store.audience('s1')).toBe(null)
    store.noteAudience([session({})])
    expect(store.audience('s1')).toBe(null)
  })

  it('is not taken from a room that is off air', () => {
    const { store } = storeAtTen()
    store.noteAudience([session({ endedAt: at, endReason: 'end' })])
    expect(store.audience('s1')).toBe(null)
  })
})
