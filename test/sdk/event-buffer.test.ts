import fc from 'fast-check'
import { expect, test } from 'vitest'
import { EventBuffer } from '../../sdk/event-buffer.ts'
import { utf8Length } from '../../sdk/utf8-length.ts'
import type { RoomEvent } from '../../src/contracts/room-event.ts'

function speech(seq: number, more: Partial<Extract<RoomEvent, { channel: 'speech' }>> = {}): RoomEvent {
  return { seq, atMs: seq, channel: 'speech', text: `第${seq}句`, partial: false, speaker: 'host', ...more }
}

function filled(count: number): EventBuffer {
  const buffer = new EventBuffer()
  for (let seq = 1; seq <= count; seq += 1) buffer.push(speech(seq), EventBuffer.bytesOf(speech(seq)))
  return buffer
}

test('the counted bytes are those of the encoder, lone surrogates included', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.nat(0xffff).map((unit) => String.fromCharCode(unit)) }),
      (text, units) => {
        expect(utf8Length(text)).toBe(new TextEncoder().encode(text).length)
        expect(utf8Length(units)).toBe(new TextEncoder().encode(units).length)
      },
    ),
  )
})

test('takes in order, at most 200 at a time, and nothing twice without a rewind', () => {
  const buffer = filled(450)
  expect(
    [buffer.take(), buffer.take(), buffer.take(), buffer.take()].map(
      (batch) => batch && [batch.firstSeq, batch.lastSeq],
    ),
  ).toEqual([[1, 200], [201, 400], [401, 450], null])
})

test('accepting forgets, also what was never taken; a rewind never reaches back behind it', () => {
  const buffer = filled(10)
  buffer.take()
  expect(buffer.accept(4)).toBe(4)
  expect(buffer.accept(3)).toBe(0)
  buffer.rewind(1)
  expect(buffer.take()?.firstSeq).toBe(5)
  expect(buffer.accept(99)).toBe(6)
  expect([buffer.size, buffer.firstSeq, buffer.nextSeq]).toEqual([0, 11, 11])
})

test('renumbering keeps order and references inside, and drops references to what stayed behind', () => {
  const buffer = filled(3)
  buffer.push(speech(4, { revises: 1 }), 100)
  buffer.push(speech(5, { revises: 4 }), 100)
  buffer.accept(3)
  buffer.renumber(1)
  expect(buffer.take()?.events).toMatchObject([{ seq: 1 }, { seq: 2, revises: 1 }])
  expect(buffer.take()).toBeNull()
  buffer.rewind(1)
  expect(buffer.take()?.events[0]).not.toHaveProperty('revises')
})

test('a long session does not keep what was accepted', () => {
  const buffer = new EventBuffer()
  for (let seq = 1; seq <= 50_000; seq += 1) {
    buffer.push(speech(seq), 100)
    if (seq % 100 === 0) {
      buffer.take()
      buffer.accept(seq)
    }
  }
  expect([buffer.size, buffer.nextSeq]).toEqual([0, 50_001])
})
