import { useEffect, useState } from 'react'
import type { TranscriptLine } from '../../../../src/contracts/alert.ts'
import { call } from '../../lib/api.ts'
import { useLive } from '../../lib/live-context.ts'
import { mergeLines } from '../../lib/transcript-fold.ts'

/** Lines kept in memory of one broadcast. */
const most = 2_000
const pageLines = 300
/** Lines after a wished one that are fetched with it. */
const linesAfter = 60

export type LiveTranscript = {
  lines: readonly TranscriptLine[]
  state: 'loading' | 'ready' | 'failed'
  error: unknown
  hasEarlier: boolean
  /** Last `seq` there was when the screen opened: what comes after it is new. */
  openedAtSeq: number
  loadEarlier: () => Promise<void>
  retry: () => void
}

type Held = { lines: TranscriptLine[]; state: LiveTranscript['state']; error: unknown; openedAtSeq: number }
const nothing: Held = { lines: [], state: 'loading', error: null, openedAtSeq: 0 }

/** The transcript of a broadcast: the newest lines (or those around a wished one), and every new line as it comes. */
export function useTranscript(sessionId: string | null, at: number | null): LiveTranscript {
  const { socket } = useLive()
  const [held, setHeld] = useState<Held>(sessionId === null ? { ...nothing, state: 'ready' } : nothing)
  const [attempt, setAttempt] = useState(0)
  const [wished] = useState(at)

  useEffect(() => {
    if (sessionId === null) return undefined
    const controller = new AbortController()
    const add = (lines: readonly TranscriptLine[], more: Partial<Held> = {}) =>
      setHeld((before) => ({ ...before, ...more, lines: mergeLines(before.lines, lines, most) }))
    const stop = socket.watch(sessionId, (lines) => add(lines))
    const load = async () => {
      const newest = await call(
        'transcript',
        { params: { id: sessionId }, query: { limit: pageLines } },
        controller.signal,
      )
      let first = newest.lines[0]?.seq ?? newest.firstSeq
      add(newest.lines, { state: 'ready', error: null, openedAtSeq: newest.lastSeq })
      // A wished line further back is fetched page by page, so that nothing between it and now is missing.
      while (wished !== null && first > wished && first > newest.firstSeq) {
        const page = await call(
          'transcript',
          { params: { id: sessionId }, query: { beforeSeq: first, limit: 500 } },
          controller.signal,
        )
        const next = page.lines[0]?.seq ?? newest.firstSeq
        add(page.lines)
        if (page.lines.length === 0 || next >= first || newest.lastSeq - next > most - linesAfter) break
        first = next
      }
    }
    load().catch((error: unknown) => {
      if (!controller.signal.aborted) setHeld((before) => ({ ...before, state: 'failed', error }))
    })
    return () => {
      controller.abort()
      stop()
    }
  }, [sessionId, socket, attempt, wished])

  const firstHeld = held.lines[0]?.seq ?? 1
  return {
    lines: held.lines,
    state: held.state,
    error: held.error,
    openedAtSeq: held.openedAtSeq,
    hasEarlier: held.state === 'ready' && held.lines.length > 0 && held.lines.length < most && firstHeld > 1,
    loadEarlier: async () => {
      if (sessionId === null) return
      const page = await call('transcript', {
        params: { id: sessionId },
        query: { beforeSeq: firstHeld, limit: pageLines },
      })
      setHeld((before) => ({ ...before, lines: mergeLines(before.lines, page.lines, most) }))
    },
    retry: () => setAttempt((count) => count + 1),
  }
}
