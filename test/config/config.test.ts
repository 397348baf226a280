import { describe, expect, test } from 'vitest'
import { ConfigError, readConfig } from '../../src/config/config.ts'

function problemsOf(environment: Record<string, string>, flags = {}): readonly string[] {
  try {
    readConfig(environment, flags)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
}

describe('config', () => {
  test('with nothing set it runs everything in one process on this machine', () => {
    const { config, secrets } = readConfig({})
    expect(config).toMatchObject({ role: 'all', host: '127.0.0.1', port: 3_000, partitions: 4, demo: true })
    expect(config.redisUrl).toBeNull()
    expect(secrets.databaseUrl).toBeNull()
    expect(Object.isFrozen(config)).toBe(true)
  })

  test('an empty variable counts as unset', () => {
    expect(readConfig({ PORT: '', DATABASE_URL: '' }).config.port).toBe(3_000)
  })

  test('the demo plays of itself only into the bundled database, and into another when asked', () => {
    const own = { DATABASE_URL: 'postgres://127.0.0.1/own' }
    expect(readConfig({}).config.demo).toBe(true)
    expect(readConfig(own).config.demo).toBe(false)
    expect(readConfig({ DATABASE_URL: '' }).config.demo).toBe(true)
    expect(readConfig(own, { demo: true }).config.demo).toBe(true)
    expect(readConfig({}, { demo: false }).config.demo).toBe(false)
    expect(readConfig(own, { demo: false }).config.demo).toBe(false)
  })

  test('a gateway or a worker plays no demo, and says so when asked for one', () => {
    const shared = { DATABASE_URL: 'postgres://127.0.0.1/own', REDIS_URL: 'redis://127.0.0.1:1' }
    expect(readConfig(shared, { role: 'gateway' }).config.demo).toBe(false)
    expect(problemsOf(shared, { role: 'gateway', demo: true })).toEqual([expect.stringContaining('--demo')])
  })

  test('every problem is reported at once, with the name of the setting', () => {
    const problems = problemsOf(
      { PORT: 'eighty', REDIS_URL: 'http://x', TRUST_PROXY: '1.2.3.4,hops' },
      { role: 'boss' },
    )
    expect(problems.map((problem) => problem.split(':')[0])).toEqual(['REDIS_URL', 'PORT', 'TRUST_PROXY.1', '--role'])
  })

  test('a role of its own needs a shared Postgres and a shared Redis, and says why', () => {
    const [problem] = problemsOf({ REDIS_URL: 'redis://127.0.0.1:1' }, { role: 'gateway' })
    expect(problem).toContain('set DATABASE_URL')
    expect(problemsOf({}, { role: 'worker' })[0]).toContain('DATABASE_URL and REDIS_URL')
  })

  test('with Redis there are enough partitions for many workers', () => {
    expect(readConfig({ REDIS_URL: 'redis://127.0.0.1:1' }).config.partitions).toBe(64)
    expect(readConfig({ REDIS_URL: 'redis://127.0.0.1:1', PARTITIONS: '8' }).config.partitions).toBe(8)
  })
})
