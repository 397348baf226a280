import { describe, expect, it } from 'vitest'
import { detectOutputSchema } from '../../src/contracts/detect.ts'
import type { DetectOutput } from '../../src/contracts/detect.ts'
import { runDetect } from '../../src/cli/detect.ts'
import { input, output, slowOutput } from './support/streams.ts'

async function detect(lines: readonly unknown[]): Promise<{ code: number; answers: DetectOutput[]; errors: string }> {
  const stdout = output()
  const stderr = output()
  const text = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n')
  const code = await runDetect({ stdin: input(text), stdout, stderr })
  const answers = stdout
    .text()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => detectOutputSchema.parse(JSON.parse(line)))
  return { code, answers, errors: stderr.text() }
}

const cure = '这个茶喝一个月血糖自己就降下来了药都不用吃'
const debunk = '有人说喝茶能降血糖那是骗人的大家别信'

describe('livewarden detect', () => {
  it('labels a cure claim for food and quotes the words', async () => {
    const { code, answers } = await detect([{ id: '1', channel: 'speech', category: 'food', text: cure }])
    expect(code).toBe(0)
    expect(answers).toHaveLength(1)
    const [answer] = answers
    expect(answer?.label).toBe('efficacy')
    expect(answer?.findings.length).toBeGreaterThan(0)
    for (const { span, quote } of answer?.findings ?? []) expect(cure.slice(span[0], span[1])).toBe(quote)
  })

  it('finds nothing in a claim that is exposed and names the exemption', async () => {
    const { answers } = await detect([{ id: '2', channel: 'speech', category: 'food', text: debunk }])
    expect(answers[0]).toMatchObject({ label: 'clean', verdict: 'pass', findings: [] })
    expect(answers[0]?.exemptions.length).toBeGreaterThan(0)
  })

  it('answers good lines in order and names bad ones by line, field and reason', async () => {
    const { code, answers, errors } = await detect([
      { id: 'a', channel: 'speech', text: '早上好' },
      '{not json',
      '',
      { id: 'b', channel: 'speech', category: 'spaceship', text: '早上好' },
      { id: 'c', channel: 'shout', text: '早上好' },
      { id: 4, channel: 'chat', text: '好看' },
    ])
    expect(code).toBe(2)
    expect(answers.map(({ id }) => id)).toEqual(['a', 4])
    expect(errors).toMatch(/^line 2: json: /mu)
    expect(errors).toMatch(/^line 4: category: Unknown category "spaceship"/mu)
    expect(errors).toMatch(/^line 5: channel: /mu)
  })

  it('takes a chat line that opens with a staff name for the seller', async () => {
    const { answers } = await detect([
      { id: 1, channel: 'chat', category: 'food', text: `场控：${cure}` },
      { id: 2, channel: 'chat', category: 'food', text: '血糖高能喝吗' },
    ])
    expect(answers.map(({ label }) => label)).toEqual(['efficacy', 'clean'])
  })

  it('reads a claim across the lines of its context', async () => {
    const { answers } = await detect([
      { id: 1, channel: 'speech', category: 'food', context: ['家里老人血糖高的'], text: '喝一个月就降下来了' },
    ])
    expect(answers[0]?.label).toBe('efficacy')
  })

  it('answers any Unicode without failing', async () => {
    const odd = ['\uD800', '治\u200b\u202e疗', '🫘🫘🫘', 'ﷺ'.repeat(50), '\u0000', '9'.repeat(400)]
    const { code, answers } = await detect(odd.map((text, id) => ({ id, channel: 'speech', text })))
    expect(code).toBe(0)
    expect(answers).toHaveLength(odd.length)
  })

  it('waits for a slow reader instead of piling up answers', async () => {
    const line = JSON.stringify({ id: 1, channel: 'speech', category: 'food', text: cure })
    const stdout = slowOutput()
    const code = await runDetect({ stdin: input(`${line}\n`.repeat(2_000)), stdout, stderr: output() })
    expect(code).toBe(0)
    expect(stdout.most()).toBeLessThan(64_000)
  })

  it('exits with 1 and a reason when there is no rule pack', async () => {
    const stderr = output()
    const code = await runDetect({ stdin: input(''), stdout: output(), stderr, packDir: '/nowhere' })
    expect(code).toBe(1)
    expect(stderr.text()).toContain('/nowhere')
  })
})
