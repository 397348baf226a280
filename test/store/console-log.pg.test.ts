import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ConsoleFact } from '../../src/contracts/console-wire.ts'
import { appendFacts, factsSince, sequenceFacts, streamHead } from '../../src/store/console-log.ts'
import type { Db } from '../../src/store/database.ts'
import { sequenceAll, testStore } from '../support/store.ts'

function gap(sessionId: string, fromSeq: number): ConsoleFact {
  return {
    type: 'coverage.gap',
    gap: { sessionId, fromSeq, toSeq: fromSeq, reason: 'seq_gap', at: '2026-11-23T00:00:00.000Z' },
  }
}

describe('store/console-log', () => {
  let db: Db
  let close: () => Promise<void>
  beforeAll(async () => {
    ;({ db, close } = await testStore())
  })
  afterAll(() => close())

  test('[ST1] a reader that follows the stream while 32 writers commit out of order misses nothing', async () => {
    const writers = 32
    const each = 20
    const seen: number[] = []
    let writing = true
    const reader = (async () => {
      let cursor = 0
      for (;;) {
        const last = !writing
        await (last ? sequenceAll(db) : sequenceFacts(db))
        for (const item of await factsSince(db, cursor, 10_000)) {
          seen.push(item.streamSeq)
          cursor = item.streamSeq
        }
        if (last) return
      }
    })()
    await Promise.all(
      Array.from({ length: writers }, async (_, writer) => {
        for (let count = 0; count < each; count += 1) {
          await db.transaction().execute(async (tx) => {
            await appendFacts(tx, [{ roomId: 'r', demo: false, fact: gap(`s${writer}`, count + 1) }])
            // Hold the row back a varying while, so that later ids commit first.
            await tx
              .selectNoFrom((eb) => eb.fn('pg_sleep', [eb.val(((writer * 7 + count) % 5) / 1_000)]).as('slept'))
              .execute()
          })
        }
      }),
    )
    writing = false
    await reader
    expect(seen).toEqual(Array.from({ length: writers * each }, (_, index) => index + 1))
    expect((await streamHead(db)).seq).toBe(writers * each)
  })

  test('[ST2] facts of a transaction that was rolled back never appear', async () => {
    const before = (await streamHead(db)).seq
    await db
      .transaction()
      .execute(async (tx) => {
        await appendFacts(tx, [{ roomId: null, demo: false, fact: gap('rolled-back', 1) }])
        throw new Error('undo')
      })
      .catch(() => undefined)
    await sequenceAll(db)
    expect((await streamHead(db)).seq).toBe(before)
  })

  test('[ST3] two relays at once give every fact one place', async () => {
    const before = (await streamHead(db)).seq
    await db.transaction().execute((tx) =>
      appendFacts(
        tx,
        Array.from({ length: 50 }, (_, index) => ({ roomId: null, demo: false, fact: gap('twice', index + 1) })),
      ),
    )
    await Promise.all([sequenceFacts(db), sequenceFacts(db), sequenceFacts(db)])
    await sequenceAll(db)
    const items = await factsSince(db, before, 100)
    expect(items.map((item) => item.streamSeq)).toEqual(Array.from({ length: 50 }, (_, index) => before + index + 1))
  })
})
