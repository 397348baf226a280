import { describe, expect, it } from 'vitest'
import { codes, taxonomyOf } from '../../src/contracts/taxonomy.ts'
import { citationInForce } from '../../src/detectors/basis.ts'
import { legalBasis } from '../../src/detectors/legal-basis.ts'

describe('legal basis', () => {
  it.each([
    ['2025-10-14', '（2019修正）第八条'],
    ['2025-10-15', '（2025修订）第九条'],
    ['2025-10-14T15:59:59Z', '（2019修正）第八条'],
    ['2025-10-14T16:00:00Z', '（2025修订）第九条'],
  ])('cites the version of the law against unfair competition in force on %s', (day, article) => {
    expect(citationInForce('aucl-false', day).citation).toContain(article)
  })

  it('lists every article that a code rests on', () => {
    const missing = codes.flatMap((code) => taxonomyOf(code).basis).filter((id) => !(id in legalBasis))
    expect(missing).toEqual([])
  })

  it('keeps versions in order of their first day', () => {
    for (const { versions } of Object.values(legalBasis)) {
      const days = versions.map(({ from }) => from)
      expect(days).toEqual([...days].sort())
    }
  })

  it('names an article that is not listed', () => {
    expect(() => citationInForce('ad-999', '2026-01-01')).toThrow('ad-999')
  })
})
