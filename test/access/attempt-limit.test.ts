import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addressKey, createAttemptLimit } from '../../src/access/attempt-limit.ts'
import { createGate } from '../../src/access/hashing-gate.ts'
import { generatePassword } from '../../src/access/passwords.ts'

test('no window of a minute ever holds more attempts than the limit', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 30_000 }), { maxLength: 60 }), (gaps) => {
      let now = 0
      const limit = createAttemptLimit({ most: 5, windowMs: 60_000, now: () => new Date(now) })
      const allowed: number[] = []
      for (const gap of gaps) {
        now += gap
        const attempt = limit.take('k')
        if (attempt.ok) allowed.push(now)
        else {
          // Trying again after exactly the time it names succeeds.
          now += attempt.retryAfterMs
          expect(limit.take('k').ok).toBe(true)
          allowed.push(now)
        }
      }
      for (const start of allowed) {
        expect(allowed.filter((at) => at >= start && at < start + 60_000).length).toBeLessThanOrEqual(5)
      }
    }),
  )
})

test('a place given back is free again', () => {
  const limit = createAttemptLimit({ most: 1, windowMs: 60_000, now: () => new Date(0) })
  const first = limit.take('k')
  expect(limit.take('k').ok).toBe(false)
  if (first.ok) first.giveBack()
  expect(limit.take('k').ok).toBe(true)
})

test.each([
  ['203.0.113.7', '203.0.113.7'],
  ['::ffff:203.0.113.7', '203.0.113.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
])('%s counts as %s', (address, key) => {
  expect(addressKey(address)).toBe(key)
})

test('a gate lets so many in, makes so many wait, and turns the rest away', async () => {
  const gate = createGate(2, 3)
  let running = 0
  let most = 0
  const opened: (() => void)[] = []
  const job = () =>
    new Promise<void>((done) => {
      running += 1
      most = Math.max(most, running)
      opened.push(() => {
        running -= 1
        done()
      })
    })
  const passes = Array.from({ length: 6 }, () => gate.pass(job))
  expect(passes.map((pass) => pass === null)).toEqual([false, false, false, false, false, true])
  for (const pass of passes.slice(0, 5)) {
    while (opened.length === 0) await new Promise((next) => setImmediate(next))
    opened.shift()?.()
    await pass
  }
  expect(most).toBe(2)
  expect(gate.pass(async () => undefined)).not.toBeNull()
})

test('generated passwords do not repeat', () => {
  expect(new Set(Array.from({ length: 1_000 }, generatePassword)).size).toBe(1_000)
})
