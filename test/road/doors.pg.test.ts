import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AuditEntry } from '../../src/contracts/audit.ts'
import type { Enforcement } from '../../src/contracts/enforcement.ts'
import { createKey, createPerson, signIn, type ConsoleUser } from '../support/console-user.ts'
import { plainRoom } from '../support/plain-room.ts'
import { runProgram, startService, type Service } from '../support/service.ts'
import { testStore } from '../support/store.ts'

const claim = '这个茶喝一个月血糖自己就降下来了药都不用吃'

describe('the road, by plain WebSocket and by HTTP', () => {
  let store: Awaited<ReturnType<typeof testStore>>
  let service: Service
  let lead: ConsoleUser
  let key: string

  beforeAll(async () => {
    store = await testStore()
    service = await startService({ databaseUrl: store.url })
    key = await createKey(store.url)
    lead = await signIn(service.url, 'chief', await createPerson(store.url, 'chief', 'lead'))
  })
  afterAll(async () => {
    lead.close()
    expect(await service.end('SIGTERM')).toEqual({ code: 0, signal: null })
    await store.close()
  })

  test('[CM1] over plain WebSocket: claim, alert, suspension, cut, refusal, lift by itself', async () => {
    const start = { roomId: 'ws-room', title: '茶铺', host: { id: 'ws-host', name: '老李' }, category: 'food' as const }
    const room = await plainRoom(service.url, key)
    const sessionId = await room.start(start)
    const reply = await room.append(sessionId, [
      { seq: 1, atMs: 0, channel: 'speech', text: '家人们晚上好' },
      { seq: 2, atMs: 3_000, channel: 'speech', text: claim },
    ])
    expect(reply).toMatchObject({ ok: true, data: { acceptedThrough: 2 } })

    const alert = await lead.alert((item) => item.sessionId === sessionId)
    expect(alert).toMatchObject({ label: 'efficacy', quoteSeq: 2, quoteText: claim, state: 'open' })
    expect(claim.slice(...alert.span)).toBe(alert.quote)

    const measure = await lead.measure(alert, 'suspend', 3_600)
    const told = await room.heard('enforcement.issued')
    expect(told).toMatchObject({ enforcementId: measure.id, action: 'suspend' })
    expect(String(told['notice'])).toContain(alert.quote)
    await room.ask('enforcement.ack', { enforcementId: measure.id, status: 'received' })
    await room.ask('enforcement.ack', { enforcementId: measure.id, status: 'obeyed' })
    expect(await room.heard('session.closed')).toMatchObject({ code: 4403 })
    expect((await room.closed).code).toBe(4403)
    await lead.fact(
      'enforcement.updated',
      (fact) => fact.enforcement.id === measure.id && fact.enforcement.status === 'effective',
    )

    // No door lets it back in.
    const again = await plainRoom(service.url, key)
    expect(await again.ask('session.start', start)).toMatchObject({ ok: false, error: { code: 'room_suspended' } })
    const overHttp = await fetch(`${service.url}/v1/sessions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify(start),
    })
    expect(overHttp.status).toBe(403)
    expect(await overHttp.json()).toMatchObject({ error: { code: 'room_suspended', until: measure.until } })

    // Its time is over: the clock of the database is all that counts.
    await store.db
      .updateTable('enforcements')
      .set({ until: new Date(Date.now() + 500) })
      .where('id', '=', measure.id)
      .execute()
    const ended = await lead.fact(
      'enforcement.updated',
      (fact) => fact.enforcement.id === measure.id && fact.enforcement.status === 'ended',
    )
    expect(ended.enforcement.endedAt).not.toBeNull()
    await expect(again.start(start)).resolves.toEqual(expect.any(String))
    again.close()

    const history = await lead.get<{ items: Enforcement[] }>('/v1/enforcements?roomId=ws-room')
    expect(history.items).toMatchObject([{ id: measure.id, status: 'ended', actor: { name: 'chief' } }])
    const environment = { DATABASE_URL: store.url }
    expect(await runProgram(['verify'], { environment })).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^OK: \d+ entries/),
    })
    const audit = await lead.get<{ items: AuditEntry[] }>('/v1/audit')
    expect(audit.items.map((entry) => entry.kind)).toEqual(
      expect.arrayContaining(['enforcement.issued', 'enforcement.ended']),
    )
  })

  test('[CM1] over HTTP: claim as NDJSON, alert, ban of the host, told in the next answer, refused', async () => {
    const call = async (path: string, body: string, type = 'application/json') => {
      const headers = { authorization: `Bearer ${key}`, 'content-type': type }
      const answer = await fetch(`${service.url}${path}`, { method: 'POST', headers, body })
      return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
    }
    const start = { roomId: 'http-room', title: '杂货', host: { id: 'http-host', name: '小王' }, category: 'food' }
    const started = await call('/v1/sessions', JSON.stringify(start))
    expect(started).toMatchObject({ status: 200, body: { resumeFrom: 1 } })
    const sessionId = String(started.body['sessionId'])
    const lines = [
      { seq: 1, atMs: 0, channel: 'speech', text: '来了老铁们' },
      { seq: 2, atMs: 2_000, channel: 'speech', text: claim },
    ]
    const appended = await call(
      `/v1/sessions/${sessionId}/events`,
      lines.map((line) => JSON.stringify(line)).join('\n'),
      'application/x-ndjson',
    )
    expect(appended).toMatchObject({ status: 200, body: { acceptedThrough: 2 } })

    const alert = await lead.alert((item) => item.sessionId === sessionId)
    const warning = await lead.measure(alert, 'warn')
    const next = await call(
      `/v1/sessions/${sessionId}/events`,
      JSON.stringify([{ seq: 3, atMs: 5_000, channel: 'speech', text: '好的好的' }]),
    )
    expect(next.body).toMatchObject({
      acceptedThrough: 3,
      enforcements: [{ enforcementId: warning.id, action: 'warn' }],
    })
    const acked = await call(
      `/v1/sessions/${sessionId}/enforcement-acks`,
      JSON.stringify({ enforcementId: warning.id, status: 'received' }),
    )
    expect(acked.status).toBe(200)

    const more = [{ seq: 4, atMs: 8_000, channel: 'speech', text: '高血压喝了这个茶就好了不用再吃降压药' }]
    await call(`/v1/sessions/${sessionId}/events`, JSON.stringify(more))
    const second = await lead.alert((item) => item.sessionId === sessionId && item.caseId !== alert.caseId)
    const ban = await lead.measure(second, 'ban')
    const refused = await call(
      `/v1/sessions/${sessionId}/events`,
      JSON.stringify([{ seq: 5, atMs: 9_000, channel: 'speech', text: '还在吗' }]),
    )
    expect(refused).toMatchObject({ status: 403, body: { error: { code: 'room_suspended', until: null } } })
    const elsewhere = await call('/v1/sessions', JSON.stringify({ ...start, roomId: 'http-room-2' }))
    expect(elsewhere.status).toBe(403)

    // A lift is a Reversal of its own; the ban stays in the history.
    const lifted = await lead.post(`/v1/enforcements/${ban.id}/lift`, {
      idempotencyKey: crypto.randomUUID(),
      reason: '复核通过',
    })
    expect(lifted).toMatchObject({ status: 200, body: { reverses: ban.id } })
    expect((await call('/v1/sessions', JSON.stringify(start))).status).toBe(200)
    const history = await lead.get<{ items: Enforcement[] }>('/v1/enforcements?hostId=http-host')
    expect(history.items.map((item) => [item.action, item.status])).toEqual(
      expect.arrayContaining([
        ['ban', 'lifted'],
        ['warn', 'received'],
      ]),
    )
  })
})
