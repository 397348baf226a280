import { describe, expect, test } from 'vitest'
import type { DetectOutput } from '../../src/contracts/detect.ts'
import { runProgram } from '../support/service.ts'

async function detect(...items: object[]): Promise<{ code: number | null; answers: DetectOutput[]; stderr: string }> {
  const stdin = items.map((item) => `${JSON.stringify(item)}\n`).join('')
  const { code, stdout, stderr } = await runProgram(['detect'], { stdin })
  const answers = stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as DetectOutput)
  return { code, answers, stderr }
}

describe('the built program', () => {
  test('detect finds a false cure and quotes the words', async () => {
    const text = '这个茶喝一个月血糖自己就降下来了药都不用吃'
    const { code, answers } = await detect({ id: '1', channel: 'speech', category: 'food', text })
    expect(code).toBe(0)
    expect(answers).toHaveLength(1)
    expect(answers[0]).toMatchObject({ id: '1', label: 'efficacy' })
    for (const { code: found, span, quote } of answers[0]?.findings ?? []) {
      expect(found).toMatch(/^efficacy\./)
      expect(text.slice(...span)).toBe(quote)
    }
    expect(answers[0]?.findings.length).toBeGreaterThan(0)
  })

  test('detect spares a host who refutes the same claim, and names the exemption', async () => {
    const text = '有人说喝茶能降血糖那是骗人的大家别信'
    const { answers } = await detect({ id: '1', channel: 'speech', category: 'food', text })
    expect(answers[0]).toMatchObject({ label: 'clean', verdict: 'pass', findings: [] })
    expect(answers[0]?.exemptions.map((exemption) => exemption.code)).toContain('exempt.debunk')
  })

  test('detect answers the good lines, names the bad ones and exits with 2', async () => {
    const { code, answers, stderr } = await detect(
      { id: 'a', channel: 'speech', text: '大家好' },
      { id: 'b', channel: 'smell', text: '大家好' },
      { id: 'c', channel: 'chat', category: 'weapons', text: '大家好' },
      { id: 'd', channel: 'chat', text: '好看' },
    )
    expect(code).toBe(2)
    expect(answers.map((answer) => answer.id)).toEqual(['a', 'd'])
    expect(stderr).toMatch(/line 2: channel/)
    expect(stderr).toMatch(/line 3: category.*weapons/)
  })

  test.each(['serve', 'detect', 'replay', 'push', 'user', 'key', 'rules', 'aliases', 'migrate', 'demo', 'verify'])(
    '%s --help explains itself',
    async (command) => {
      const { code, stdout } = await runProgram([command, '--help'])
      expect(code).toBe(0)
      expect(stdout).toContain(`livewarden ${command}`)
    },
  )

  test('replay of an honest teacher raises next to nothing, of a false cure it raises alerts with quotes', async () => {
    const honest = await runProgram(['replay', 'demo/rooms/scam-school.ndjson'])
    expect(honest.code).toBe(0)
    const false_ = await runProgram(['replay', 'demo/rooms/herbal-tea.ndjson'])
    const alerts = false_.stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as { label: string; quote: string; raised_at_seq: number; hits: number[] })
    expect(alerts.filter((alert) => alert.label === 'efficacy').length).toBeGreaterThanOrEqual(3)
    expect(alerts.every((alert) => alert.quote.length > 0 && alert.hits.includes(alert.raised_at_seq))).toBe(true)
    expect(honest.stdout.split('\n').filter(Boolean).length).toBeLessThanOrEqual(1)
  })
})
