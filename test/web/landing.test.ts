import { describe, expect, it } from 'vitest'
import { permissionsByRole } from '../../src/access/permissions.ts'
import { landingOf } from '../../web/src/lib/landing.ts'

describe('the first screen', () => {
  it('is one that the person may see', () => {
    expect(landingOf(permissionsByRole.moderator)).toBe('/feed')
    expect(landingOf(permissionsByRole.engineer)).toBe('/rooms')
    expect(landingOf(['history.read'])).toBe('/history')
    expect(landingOf([])).toBe(null)
  })
})
