import { afterEach, describe, expect, test } from 'vitest'
import type { Fanout, Notice } from '../../src/bus/fanout.ts'

/** What every form of fan-out must do, whoever carries the notices. `open` gives two ends that reach each other. */
export function fanoutContract(name: string, open: () => Promise<{ here: Fanout; there: Fanout }>): void {
  describe(`fan-out: ${name}`, () => {
    const opened: Fanout[] = []
    afterEach(async () => {
      await Promise.all(opened.splice(0).map((fanout) => fanout.close()))
    })

    async function openBoth(): Promise<{ here: Fanout; there: Fanout }> {
      const ends = await open()
      opened.push(ends.here, ends.there)
      return ends
    }

    /** Publishes until the other end hears: a subscription over a network takes effect a moment after it was asked for. */
    async function heard<T extends Notice['topic']>(end: Fanout, topic: T, publish: () => void) {
      const first = new Promise<Extract<Notice, { topic: T }>>((resolve) => {
        end.subscribe(topic, resolve)
      })
      const again = setInterval(publish, 20)
      publish()
      try {
        return await first
      } finally {
        clearInterval(again)
      }
    }

    test('a notice reaches the other end with its ids', async () => {
      const { here, there } = await openBoth()
      const notice = await heard(there, 'events', () => here.publish({ topic: 'events', sessionIds: ['s1', 's2'] }))
      expect(notice).toEqual({ topic: 'events', sessionIds: ['s1', 's2'] })
    })

    test('a notice reaches the publisher’s own hearers, after the publishing code has run', async () => {
      const { here } = await openBoth()
      let published = false
      const notice = heard(here, 'stream', () => {
        here.publish({ topic: 'stream', seq: 7 })
        published = true
      }).then((item) => ({ item, published }))
      expect(await notice).toEqual({ item: { topic: 'stream', seq: 7 }, published: true })
    })

    test('hearers of other topics and hearers that left hear nothing', async () => {
      const { here, there } = await openBoth()
      const wrong: Notice[] = []
      there.subscribe('person', (notice) => wrong.push(notice))
      const leave = there.subscribe('wake', (notice) => wrong.push(notice))
      leave()
      await heard(there, 'facts', () => {
        here.publish({ topic: 'wake', partition: 3 })
        here.publish({ topic: 'facts' })
      })
      expect(wrong).toEqual([])
    })
  })
}
