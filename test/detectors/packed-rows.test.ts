import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addRows, dotRow, packRows } from '../../src/detectors/classify/packed-rows.ts'

const width = 16
const rowCount = 40

describe('packed rows', () => {
  it('add up and multiply as plain rows do, however many there are', () => {
    const numbers = fc.array(fc.integer({ min: -128, max: 127 }), {
      minLength: width * rowCount,
      maxLength: width * rowCount,
    })
    const chosen = fc.array(fc.nat(rowCount - 1), { maxLength: 700 })
    fc.assert(
      fc.property(numbers, chosen, (values, rows) => {
        const packed = packRows(Int8Array.from(values), width)
        const sum = new Float32Array(width).fill(3)
        addRows(packed, rows, sum)
        const plain = Array.from({ length: width }, (_, h) =>
          rows.reduce((total, row) => total + (values[row * width + h] ?? 0), 3),
        )
        expect([...sum]).toEqual(plain)
        const factors = Float32Array.from({ length: width }, (_, h) => h - 7)
        const dot = plain.map((_, h) => (values[width + h] ?? 0) * (h - 7)).reduce((total, one) => total + one, 0)
        expect(dotRow(packed, 1, factors)).toBeCloseTo(dot, 6)
      }),
      { numRuns: 60 },
    )
  })
})
