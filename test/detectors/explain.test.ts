import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { judge } from '../../src/detectors/analyse.ts'
import { contextOf } from '../../src/detectors/example-context.ts'
import { compileUnchecked } from '../../src/detectors/pack/compile-pack.ts'
import { foldDemoRoom } from '../room/support/fold-demo-room.ts'
import { seedPackFiles } from './support/load-pack.ts'

const compiled = compileUnchecked(seedPackFiles())
if (!compiled.ok) throw new Error(compiled.problems[0]?.problem)
const { pack } = compiled
const rooms = readdirSync(new URL('../../demo/rooms/', import.meta.url)).map((file) => file.replace('.ndjson', ''))
const findings = rooms.flatMap((room) => foldDemoRoom(room, pack).findings)
const judged = pack.rules.flatMap((rule) =>
  [...rule.source.examples.positive, ...rule.source.examples.negative].map((example) => {
    const { present, context } = contextOf(rule, example)
    return judge(present, context, pack)
  }),
)
/** A word of English, or an identifier of the engine; CMA or 5A are no such thing. */
const foreign = /[a-z]{4,}|[A-Z]{3,}_|#[A-Z]/u

describe('what a moderator reads of a finding', () => {
  it('names every concept and rule in Chinese', () => {
    expect(findings.length).toBeGreaterThan(100)
    const names = findings.flatMap(({ ruleZh, concepts }) => [ruleZh, ...concepts.map(({ zh }) => zh)])
    expect(names.filter((name) => name === undefined || foreign.test(name))).toEqual([])
  })

  it('gives a computed concept its name', () => {
    const time = findings.flatMap(({ concepts }) => concepts).find(({ concept }) => concept === '#TIME_SPAN')
    expect(time?.zh).toBe('时间跨度')
  })

  it('says in Chinese what was weighed and why an exemption did not hold', () => {
    const all = [...findings, ...judged.flatMap((one) => one.findings)]
    const reasons = all.flatMap(({ exemptions }) => exemptions).map(({ because }) => because ?? '')
    const said = new Set([...all.flatMap(({ notes }) => notes), ...reasons])
    expect(said.size).toBeGreaterThan(30)
    expect([...said].filter((words) => foreign.test(words))).toEqual([])
  })
})
