import { describe, expect, it } from 'vitest'
import { checkExamples } from '../../src/detectors/pack/check-examples.ts'
import { compileUnchecked } from '../../src/detectors/pack/compile-pack.ts'
import { seedPackFiles } from './support/load-pack.ts'

describe('the seed rule pack', () => {
  const result = compileUnchecked(seedPackFiles())

  it('compiles without a problem', () => {
    const problems = result.ok ? [] : result.problems
    expect(problems.map(({ file, line, problem, remedy }) => `${file}:${line} ${problem} → ${remedy}`)).toEqual([])
  })

  it('[DE4] passes the examples of every rule', () => {
    const failures = result.ok ? checkExamples(result.pack) : []
    expect(failures.map(({ problem, remedy }) => `${problem} → ${remedy}`)).toEqual([])
  })
})
