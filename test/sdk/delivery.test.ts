import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RoomClient } from '../../sdk/room-client.ts'
import { startIngestStub, type Fault } from '../support/ingest-stub.ts'

/** Printed with a failure; `FC_SEED=…` replays one. */
const seed = Number(process.env['FC_SEED'] ?? Date.now() % 2 ** 31)

const fault: fc.Arbitrary<Fault> = fc.oneof(
  { weight: 5, arbitrary: fc.constant<Fault>({ kind: 'none' }) },
  { weight: 2, arbitrary: fc.constant<Fault>({ kind: 'cut' }) },
  { weight: 2, arbitrary: fc.constant<Fault>({ kind: 'commit-cut' }) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 5 }).map((ms): Fault => ({ kind: 'delay', ms })) },
  { weight: 1, arbitrary: fc.constant<Fault>({ kind: 'false-gap' }) },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 1, max: 5 }).map((retryAfterMs): Fault => ({ kind: 'busy', retryAfterMs })),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('paused' as const, 'rate_limited' as const, 'internal' as const)
      .map((code): Fault => ({ kind: 'refuse', error: { code, message: 'not now', retryAfterMs: 1 } })),
  },
)

/** Sizes of the bursts in which the room speaks; between them the event loop turns. */
const bursts = fc.array(fc.integer({ min: 1, max: 120 }), { minLength: 1, maxLength: 12 })

test(`whatever the connection does, every event arrives once and in order (seed ${seed})`, async () => {
  let cuts = 0
  await fc.assert(
    fc.asyncProperty(fc.array(fault, { maxLength: 40 }), bursts, fc.nat(), async (faults, sizes, jitterSeed) => {
      const server = await startIngestStub()
      server.fault = (frame) => faults[frame - 1] ?? { kind: 'none' }
      cuts += faults.filter(({ kind }) => kind === 'cut' || kind === 'commit-cut').length
      let draw = jitterSeed
      const random = (): number => {
        draw = (draw * 1_103_515_245 + 12_345) % 2 ** 31
        return draw / 2 ** 31
      }
      const client = new RoomClient({
        url: server.url,
        key: 'lw_test',
        maxBufferedEvents: 300,
        timing: { backoffMinMs: 1, backoffMaxMs: 4, random },
      })
      try {
        const session = await client.start({ roomId: 'r', title: '测', host: { id: 'h', name: '主播' } })
        let said = 0
        for (const size of sizes) {
          for (let index = 0; index < size; index += 1) {
            await session.ready()
            said += 1
            expect(session.speech(`第${said}句`, { atMs: said })).toBe(said)
          }
          await new Promise((resolve) => setImmediate(resolve))
        }
        expect(await session.end({ atMs: said + 1 })).toBe(said + 1)
        expect(server.sessions).toHaveLength(1)
        const stored = server.sessions[0]?.events ?? []
        expect(stored.map(({ seq }) => seq)).toEqual(Array.from({ length: said + 1 }, (_, index) => index + 1))
        expect(stored.slice(0, said).map((event) => ('text' in event ? event.text : ''))).toEqual(
          Array.from({ length: said }, (_, index) => `第${index + 1}句`),
        )
      } finally {
        await client.close()
        await server.close()
      }
    }),
    { seed, numRuns: 60, timeout: 5_000 },
  )
  expect(cuts).toBeGreaterThan(0)
})
