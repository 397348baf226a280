import { describe, expect, it } from 'vitest'
import { compileUnchecked } from '../../src/detectors/pack/compile-pack.ts'
import { seedPackFiles } from '../detectors/support/load-pack.ts'
import { foldDemoRoom } from './support/fold-demo-room.ts'

const compiled = compileUnchecked(seedPackFiles())
if (!compiled.ok) throw new Error(compiled.problems[0]?.problem)
const { pack } = compiled

/** Events that completed a finding of severity 2 or more, by code. */
function flagged(room: string): Map<string, number[]> {
  const seqs = new Map<string, number[]>()
  for (const { code, seq, severity } of foldDemoRoom(room, pack).findings) {
    if (severity >= 2) seqs.set(code, [...(seqs.get(code) ?? []), seq])
  }
  return seqs
}

describe('honest rooms', () => {
  it.each(['scam-school', 'certified-blindbox', 'health-food'])('%s raises nothing', (room) => {
    expect(foldDemoRoom(room, pack).alerts).toEqual([])
  })
})

describe('machine-made fans sold as handmade', () => {
  const seqs = flagged('folding-fans')

  it('are found wherever hand work is claimed or the machine denied', () => {
    expect(seqs.get('spec.handmade')).toEqual(expect.arrayContaining([6, 26, 101, 104, 130, 143, 173, 184, 226]))
  })

  it('are found with invented prices, titles, scarcity, material, sales and quarrels', () => {
    expect(seqs.get('spec.price')).toEqual([46, 158])
    expect(seqs.get('spec.certificate')).toEqual(expect.arrayContaining([69, 279]))
    expect(seqs.get('spec.scarcity')).toEqual(expect.arrayContaining([231, 274]))
    expect(seqs.get('spec.material')).toEqual([206])
    expect(seqs.get('spec.sales_data')).toEqual([220])
    expect(seqs.get('spec.staged_story')).toEqual([241])
    expect(seqs.get('spec.antique_investment')).toEqual([282])
  })

  it('are not found in what the host says truly', () => {
    const all = [...seqs.values()].flat()
    for (const honest of [114, 134, 203, 238, 250, 253, 267, 269]) expect(all).not.toContain(honest)
  })
})

describe('a slip of the recogniser', () => {
  it('leaves the alert when it is corrected', () => {
    const { alerts } = foldDemoRoom('knee-brace', pack)
    expect(alerts.find(({ code }) => code === 'efficacy.guaranteed_result')?.hits).toEqual([92])
  })

  it('and fluff that comes off a blanket is no hair growth', () => {
    expect(flagged('knee-brace').has('efficacy.special_effect')).toBe(false)
  })
})

describe('an assistant who reads out the true stock', () => {
  it('is not blamed for what the host claimed', () => {
    const seqs = flagged('live-animals')
    expect(seqs.get('spec.scarcity')).toEqual([280])
    expect(seqs.has('evasion.split_claim')).toBe(false)
  })
})
