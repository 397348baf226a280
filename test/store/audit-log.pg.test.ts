import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AuditDraft } from '../../src/contracts/audit.ts'
import { appendAudit, verifyAudit } from '../../src/store/audit-log.ts'
import type { Db } from '../../src/store/database.ts'
import { sql } from 'kysely'
import { testStore } from '../support/store.ts'

function draft(kind: string): AuditDraft {
  const actor = { kind: 'service', id: 'test', name: 'test', role: 'service' } as const
  return { kind, actor, subject: 'room:1', reason: '测试', evidenceIds: ['s:1'], requestId: 'r', body: { 数: 1 } }
}

describe('store/audit-log', () => {
  let db: Db
  let close: () => Promise<void>
  beforeAll(async () => {
    ;({ db, close } = await testStore())
  })
  afterAll(() => close())

  async function append(count: number): Promise<void> {
    for (let done = 0; done < count; done += 1) {
      await db.transaction().execute((tx) => appendAudit(tx, draft('enforcement.issued')))
    }
  }

  test('the chain verifies, also while others append to it', async () => {
    let writing = true
    const writers = Promise.all([append(60), append(60), append(60)]).finally(() => {
      writing = false
    })
    let looks = 0
    while (writing) {
      expect(await verifyAudit(db)).toMatchObject({ ok: true })
      looks += 1
    }
    await writers
    expect(looks).toBeGreaterThan(0)
    expect(await verifyAudit(db)).toMatchObject({ ok: true, entries: 180 })
  })

  test('the database refuses to change, remove or empty what was written', async () => {
    await expect(sql`UPDATE audit_log SET kind = 'x' WHERE seq = 1`.execute(db)).rejects.toThrow(/append-only/)
    await expect(sql`DELETE FROM audit_log WHERE seq = 1`.execute(db)).rejects.toThrow(/append-only/)
    await expect(sql`TRUNCATE audit_log`.execute(db)).rejects.toThrow(/append-only/)
  })

  test.each([
    ['a changed body', `UPDATE audit_log SET body_jcs = replace(body_jcs, '测试', '篡改') WHERE seq = 7`, 7],
    ['a removed entry', `DELETE FROM audit_log WHERE seq = 11`, 11],
    ['a cut-off end', `DELETE FROM audit_log WHERE seq > 170`, 171],
  ])('an owner of the database who gets past the triggers is found out: %s', async (_name, tampering, firstBadSeq) => {
    await db
      .transaction()
      .execute(async (tx) => {
        await sql.raw('ALTER TABLE audit_log DISABLE TRIGGER USER').execute(tx)
        await sql.raw(tampering).execute(tx)
        expect(await verifyAudit(tx)).toMatchObject({ ok: false, firstBadSeq })
        throw new Error('undo')
      })
      .catch((error: Error) => {
        if (error.message !== 'undo') throw error
      })
  })
})
