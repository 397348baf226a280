import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sql } from 'kysely'
import type { Enforcement } from '../../src/contracts/enforcement.ts'
import type { Room, RoomDetail } from '../../src/contracts/history.ts'
import type { AlertDetail } from '../../src/contracts/alert.ts'
import { endSessions } from '../../src/store/sessions.ts'
import { addCase, addEvent, command, type CaseFixture } from '../enforcement/case-fixture.ts'
import { speech, startedSession } from '../support/store.ts'
import { openHouse, type House, type Visitor } from '../ws/house.ts'

let house: House
let lead: Visitor
let fixtures: CaseFixture[]

beforeAll(async () => {
  house = await openHouse()
  lead = await house.visitor('lead')
  fixtures = []
  for (let index = 0; index < 23; index += 1) {
    fixtures.push(
      await addCase(house.db, { roomId: `room-${index}`, hostId: `host-${index}`, severity: 2 + (index % 4) }),
    )
  }
})
afterAll(async () => {
  const faults = [...house.faults]
  await house.close()
  expect(faults).toEqual([])
})

type Listed = { id: string; roomId?: string }
async function walk(path: string, limit: number): Promise<{ items: Listed[]; pages: number; total: unknown }> {
  const items: Listed[] = []
  let cursor: unknown = null
  for (let pages = 1; ; pages += 1) {
    const joint = path.includes('?') ? '&' : '?'
    const next: string = cursor === null ? '' : `&cursor=${encodeURIComponent(String(cursor))}`
    const { status, body } = await lead.get(`${path}${joint}limit=${limit}${next}`)
    if (status !== 200) throw new Error(JSON.stringify(body))
    items.push(...(body['items'] as Listed[]))
    cursor = body['nextCursor']
    if (cursor === null) return { items, pages, total: body['total'] }
  }
}

describe('pages', () => {
  test.each(['/v1/alerts', '/v1/cases', '/v1/sessions', '/v1/rooms'])(
    '%s lists every row once, however it is cut',
    async (path) => {
      // Rows of one transaction share their microsecond; the id decides between them.
      await sql`UPDATE alerts SET opened_at = date_trunc('second', now())`.execute(house.db)
      await sql`UPDATE cases SET opened_at = date_trunc('second', now()) + interval '1 microsecond' * (number % 3)`.execute(
        house.db,
      )
      const whole = await walk(path, 200)
      const cut = await walk(path, 4)
      expect(whole.items.length).toBeGreaterThanOrEqual(23)
      expect(cut.items.map((item) => item.id)).toEqual(whole.items.map((item) => item.id))
      expect(new Set(cut.items.map((item) => item.id)).size).toBe(cut.items.length)
      expect(cut.pages).toBeGreaterThan(5)
      expect(cut.total).toBe(whole.items.length)
    },
  )

  test('a row that arrives between two pages neither repeats nor hides another', async () => {
    const first = await lead.get('/v1/alerts?limit=5')
    const late = await addCase(house.db, { roomId: 'late' })
    const second = await lead.get(`/v1/alerts?limit=200&cursor=${String(first.body['nextCursor'])}`)
    const ids = [...(first.body['items'] as Listed[]), ...(second.body['items'] as Listed[])].map((item) => item.id)
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids).toEqual(expect.arrayContaining(fixtures.flatMap((fixture) => fixture.alertIds)))
    expect(ids).not.toContain(late.alertIds[0])
  })

  test('the audit chain pages by its places', async () => {
    const first = await lead.get('/v1/audit?limit=1')
    const [entry] = first.body['items'] as { seq: number }[]
    expect(first.body['nextCursor'] === null || first.body['nextCursor'] === String(entry?.seq)).toBe(true)
    expect(first.body['total']).toBe(entry?.seq)
    expect((await lead.get('/v1/audit?kind=nothing.done')).body).toMatchObject({
      items: [],
      nextCursor: null,
      total: 0,
    })
  })
})

describe('filters', () => {
  test('alerts by state, severity and room', async () => {
    expect((await walk('/v1/alerts?minSeverity=5&roomId=room-3', 50)).items).toHaveLength(1)
    expect((await walk('/v1/alerts?minSeverity=5&roomId=room-0', 50)).items).toHaveLength(0)
    expect((await walk('/v1/alerts?state=withdrawn&state=resolved', 50)).items).toHaveLength(0)
    expect((await walk('/v1/cases?status=open&roomId=room-7', 50)).items).toHaveLength(1)
  })

  test('demo rooms are left out, or alone, when asked', async () => {
    await house.db.updateTable('sessions').set({ demo: true }).where('room_id', '=', 'room-1').execute()
    await house.db.updateTable('rooms').set({ demo: true }).where('id', '=', 'room-1').execute()
    await house.db.updateTable('alerts').set({ demo: true }).where('room_id', '=', 'room-1').execute()
    for (const path of ['/v1/alerts', '/v1/sessions', '/v1/rooms']) {
      const all = await walk(path, 200)
      const without = await walk(`${path}?demo=exclude`, 200)
      const only = await walk(`${path}?demo=only`, 200)
      expect(only.items).toHaveLength(1)
      expect(without.items).toHaveLength(all.items.length - 1)
    }
  })

  test('measures by words, in which % and _ mean themselves', async () => {
    const [first, second] = [fixtures[4], fixtures[5]] as [CaseFixture, CaseFixture]
    const warned = await lead.post('/v1/enforcements', command(first, { reason: '100%有效_的说法' }))
    const other = await lead.post('/v1/enforcements', command(second, { reason: '1000有效x的说法' }))
    expect([warned.status, other.status]).toEqual([200, 200])
    const found = async (q: string) =>
      (await walk(`/v1/enforcements?q=${encodeURIComponent(q)}`, 50)).items.map((item) => item.roomId)
    expect(await found('100%有效_的')).toEqual(['room-4'])
    expect(await found('有效')).toEqual(['room-5', 'room-4'])
    expect(await found('ROOM-5')).toEqual(['room-5'])
    expect(await found('\\')).toEqual([])
    const { items } = await walk('/v1/enforcements?action=warn&hostId=host-4&status=issued&code=efficacy.food_cure', 50)
    expect(items).toHaveLength(1)
    expect((await walk('/v1/enforcements?to=2020-01-01T00:00:00Z', 50)).items).toHaveLength(0)
    const one = await lead.get(`/v1/enforcements/${String(warned.body['id'])}`)
    expect(one.body as unknown as Enforcement).toMatchObject({
      reason: '100%有效_的说法',
      actor: { id: lead.person.id },
    })
  })
})

describe('details', () => {
  test('rooms that are live come first, with what keeps a room off air', async () => {
    await endSessions(house.db, [fixtures[20]?.sessionId ?? '', fixtures[21]?.sessionId ?? ''], 'end')
    const issued = await lead.post(
      '/v1/enforcements',
      command(fixtures[10] as CaseFixture, { action: 'suspend', durationSeconds: 3_600, reason: '停' }),
    )
    const banned = await lead.post(
      '/v1/enforcements',
      command(fixtures[11] as CaseFixture, { action: 'ban', reason: '封' }),
    )
    expect([issued.status, banned.status]).toEqual([200, 200])
    const rooms = (await walk('/v1/rooms', 200)).items as unknown as Room[]
    const live = rooms.map((room) => room.session?.endedAt === null)
    expect(live.lastIndexOf(true)).toBeLessThan(live.indexOf(false))
    const byId = new Map(rooms.map((room) => [room.id, room]))
    expect(byId.get('room-10')).toMatchObject({ suspendedUntil: issued.body['until'], banned: false })
    expect(byId.get('room-11')).toMatchObject({ suspendedUntil: null, banned: true })
    expect(byId.get('room-12')).toMatchObject({ suspendedUntil: null, banned: false, openAlerts: 1 })
    expect((await walk('/v1/rooms?live=false', 200)).items.map((room) => room.id).sort()).toEqual([
      'room-10',
      'room-11',
      'room-20',
      'room-21',
    ])
    const detail = (await lead.get('/v1/rooms/room-10')).body as unknown as RoomDetail
    expect(detail.enforcements).toMatchObject([{ id: issued.body['id'] }])
    expect(detail.alerts).toMatchObject([{ roomId: 'room-10', state: 'resolved' }])
    expect(await lead.get('/v1/rooms/nowhere')).toMatchObject({ status: 404, body: { error: { code: 'not_found' } } })
  })

  test('an alert comes with its findings and the words around them', async () => {
    const detail = (await lead.get(`/v1/alerts/${fixtures[0]?.alertIds[0] ?? ''}`)).body as unknown as AlertDetail
    expect(detail.findings).toHaveLength(1)
    expect(detail.transcript.map((line) => line.text)).toEqual([
      '家人们看这款茶',
      '坚持喝三天就能根治高血压',
      '真的假的',
    ])
    const one = await lead.get(`/v1/cases/${fixtures[0]?.caseId ?? ''}`)
    expect(one.body).toMatchObject({
      suggestion: { action: expect.any(String) as string },
      grounds: [{ basisId: 'food-73' }, { basisId: 'ad-17' }],
    })
  })

  test('a transcript is read from its end, backwards and onwards', async () => {
    const sessionId = await startedSession(house.db, { roomId: 'long', host: { id: 'long', name: 'long' } })
    for (let seq = 1; seq <= 30; seq += 1) await addEvent(house.db, sessionId, speech(seq))
    const seqs = async (query: string) => {
      const { body } = await lead.get(`/v1/sessions/${sessionId}/transcript?${query}`)
      return (body['lines'] as { seq: number }[]).map((line) => line.seq)
    }
    expect(await seqs('limit=3')).toEqual([28, 29, 30])
    expect(await seqs('limit=3&beforeSeq=28')).toEqual([25, 26, 27])
    expect(await seqs('limit=3&afterSeq=10')).toEqual([11, 12, 13])
    expect(await seqs('afterSeq=30')).toEqual([])
    expect(await lead.get('/v1/sessions/nowhere/transcript')).toMatchObject({ status: 404 })
  })
})
