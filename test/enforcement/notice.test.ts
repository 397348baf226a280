import { expect, test } from 'vitest'
import { limits } from '../../src/contracts/limits.ts'
import { composeLiftNotice, composeNotice, type NoticeInput } from '../../src/enforcement/notice.ts'

const input: NoticeInput = {
  enforcementId: 'e-1',
  action: 'suspend',
  durationSeconds: 86_400,
  issuedAt: new Date('2025-11-23T06:05:02Z'),
  until: new Date('2025-11-24T06:05:02Z'),
  codes: ['efficacy.food_cure'],
  evidence: [
    {
      sessionId: 's',
      seq: 9,
      atMs: 4_327_000,
      channel: 'speech',
      text: '坚持喝三天就能根治高血压',
      span: [3, 12],
      alertId: 'a',
    },
  ],
  grounds: [{ basisId: 'food-73', citation: '《食品安全法》（2021修正）第七十三条', version: '2021-04-29' }],
  findings: [],
  sessionStartedAt: new Date('2025-11-23T04:51:02Z'),
  strikesAfter: 3,
}

test('the host reads what, when, by which law, for how long, how to put it right, what is next and how to appeal', () => {
  expect(composeNotice(input).split('\n')).toEqual([
    '【停播】您的直播涉嫌：普通食品宣称治疗功效。',
    '时间与原话：11月23日 14:03:09（开播 01:12:07）「坚持喝三天就能根治高血压」。',
    '依据：《食品安全法》（2021修正）第七十三条（版本 2021-04-29）。',
    '例外：未见否定、揭穿、引用法规、持证等可不予处理的情形。',
    '处理：停播 24 小时，至 11月24日 14:05:02（北京时间）。',
    '怎样改正：它是普通食品，请改为“日常饮用、日常食用”，不提疾病和疗效。',
    '后续：本次处理后 90 天内有效计分 3/6；再次违规将可能停播 7 天。',
    '申诉：如有异议，请在收到本通知后 14 天内向平台提出申诉，并注明处理编号 e-1。',
  ])
})

test('an exemption that was weighed and did not hold is named with its reason', () => {
  const finding = {
    seq: 9,
    evidenceSeqs: [9],
    code: 'efficacy.food_cure' as const,
    label: 'efficacy' as const,
    ruleId: 'r',
    packVersion: '1',
    severity: 4,
    score: 0.9,
    span: [3, 12] as [number, number],
    quote: '三天就能根治高血压',
    concepts: [],
    exemptions: [
      {
        code: 'exempt.negation' as const,
        exempts: 'efficacy.food_cure' as const,
        span: [0, 2] as [number, number],
        quote: '不是药',
        ruleId: 'x',
        applied: false,
        because: '后文自称胜过药',
      },
    ],
    notes: [],
    basis: ['food-73'],
  }
  const notice = composeNotice({ ...input, findings: [finding] })
  expect(notice).toContain('例外不适用：否定「不是药」：后文自称胜过药。')
})

test('50 pieces of evidence of the greatest length still fit a frame of the room’s socket', () => {
  const text = '😀'.repeat(limits.textUnits / 2)
  const evidence = Array.from({ length: 50 }, (_, seq) => ({
    ...input.evidence[0]!,
    seq,
    text,
    span: [501, 503] as [number, number],
  }))
  const notice = composeNotice({ ...input, evidence })
  expect(Buffer.byteLength(notice)).toBeLessThan(8_192)
  expect(notice).toContain('另有 45 处')
  expect(notice).not.toMatch(/[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/)
})

test('a reminder says that the broadcast goes on; a ban that it lasts until it is ended', () => {
  expect(composeNotice({ ...input, action: 'remind', durationSeconds: null, until: null })).toContain('不影响当前直播')
  expect(composeNotice({ ...input, action: 'ban', durationSeconds: null, until: null })).toContain('直至解除')
})

test('a lift says which measure ended, when and why', () => {
  expect(composeLiftNotice({ id: 'e-1', action: 'suspend' }, input.issuedAt, '误操作')).toBe(
    '【解除】停播（处理编号 e-1）已于 11月23日 14:05:02 解除。原因：误操作',
  )
})
