import { describe, expect, it } from 'vitest'
import { analyse } from '../../src/detectors/analyse.ts'
import { emptyContext } from '../../src/detectors/analysis-context.ts'
import type { Finding } from '../../src/contracts/finding.ts'
import { teaPack } from '../room/support/tea-pack.ts'

const pack = teaPack()

function findingsOf(text: string): Finding[] {
  const context = { ...emptyContext, category: 'food' as const }
  return analyse({ seq: 1, atMs: 0, channel: 'speech', text, partial: false, speaker: 'host' }, context, pack).findings
}

describe('a claim in disguise', () => {
  it.each([
    ['inserted marks', '血*糖降下来', '血*糖降下来'],
    ['zero-width characters', '血\u200b糖降下来', '血\u200b糖降下来'],
    ['traditional characters', '血糖降下來', '血糖降下來'],
    ['full width and spaces', '血 糖　降下来', '血 糖　降下来'],
    ['a digit inside', '血1糖降下来', '血1糖降下来'],
    ['picture characters', '🩸🍬降下来', '🩸🍬降下来'],
    ['split characters', '血米唐降下来', '血米唐降下来'],
    ['fillers', '血呃糖那个降下来', '血呃糖那个降下来'],
    ['an alias', '雪糖降下来', '雪糖降下来'],
  ])('%s is found and quoted as it was said', (_name, text, quote) => {
    expect(findingsOf(text)).toMatchObject([{ code: 'efficacy.food_cure', quote }])
  })

  it('is graver, and says what was meant', () => {
    const [finding] = findingsOf('雪糖降下来')
    expect(finding).toMatchObject({ severity: 5, reading: '血糖降下来' })
    expect(finding?.notes).toContain('规避写法 +1')
  })

  it('is not seen in spoken fillers alone', () => {
    expect(findingsOf('血呃糖那个降下来')[0]).toMatchObject({ severity: 4 })
  })
})
