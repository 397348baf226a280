import { describe, expect, it } from 'vitest'
import { isCutOff } from '../../web/src/lib/cut-off.ts'
import { measureExample } from './measure-example.ts'

describe('a room that was cut off', () => {
  it('took effect without having answered', () => {
    expect(isCutOff(measureExample({ receivedAt: null }))).toBe(true)
  })

  it('is neither one that answered nor one that is still to be reached', () => {
    expect(isCutOff(measureExample())).toBe(false)
    expect(isCutOff(measureExample({ receivedAt: null, effectiveAt: null, status: 'issued' }))).toBe(false)
  })

  it('is none that a lift or a warning reached: they need no answer', () => {
    expect(isCutOff(measureExample({ receivedAt: null, reverses: 'm0' }))).toBe(false)
    expect(isCutOff(measureExample({ receivedAt: null, action: 'warn' }))).toBe(false)
  })
})
