import { describe, expect, test } from 'vitest'
import { refuseIssues } from '../../src/contracts/errors.ts'
import { roomEventSchema } from '../../src/contracts/room-event.ts'
import { sessionStartSchema } from '../../src/contracts/session.ts'
import { codes, taxonomyOf } from '../../src/contracts/taxonomy.ts'

describe('contracts', () => {
  test('there are 52 codes of violations, and the signals of chat beside them', () => {
    const own = codes.filter((code) => taxonomyOf(code).family !== 'chat')
    expect(own).toHaveLength(52)
    for (const code of codes) {
      const { severity, severityMax, zh, en } = taxonomyOf(code)
      expect(severity, code).toBeLessThanOrEqual(severityMax)
      expect(zh.length * en.length, code).toBeGreaterThan(0)
    }
  })

  test('a refusal names the field where the first problem is', () => {
    const parsed = roomEventSchema.safeParse({ seq: 1, atMs: 0, channel: 'chat', text: '好', userName: 'x' })
    if (parsed.success) throw new Error('a chat event needs a userId')
    expect(refuseIssues(parsed.error, 'events.0')).toMatchObject({
      ok: false,
      error: { code: 'bad_request', field: 'events.0.userId' },
    })
  })

  test.each(['javascript:alert(1)', 'data:text/html,x', '/relative', 'ftp://x.example'])(
    'a live address such as %s is no link',
    (liveUrl) => {
      const start = { roomId: 'r', title: 't', host: { id: 'h', name: 'n' }, liveUrl }
      expect(sessionStartSchema.safeParse(start).success).toBe(false)
    },
  )
})
