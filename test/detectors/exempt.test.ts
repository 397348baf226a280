import { describe, expect, it } from 'vitest'
import type { Category } from '../../src/contracts/category.ts'
import type { DetectOutput } from '../../src/contracts/detect.ts'
import { detect } from '../../src/detectors/detect.ts'
import { compileUnchecked } from '../../src/detectors/pack/compile-pack.ts'
import { seedPackFiles } from './support/load-pack.ts'

const compiled = compileUnchecked(seedPackFiles())
if (!compiled.ok) throw new Error(compiled.problems[0]?.problem)
const { pack } = compiled

type More = { context?: string[]; licences?: string[]; channel?: 'speech' | 'chat' }

function say(category: Category, text: string, more: More = {}): DetectOutput {
  return detect({ id: 1, channel: 'speech', category, text, ...more }, pack)
}

describe('words that look like a claim and are none', () => {
  it.each([
    ['denial', 'food', '这个喝了不能降血糖啊就是个茶', 'exempt.negation'],
    ['denial after the words', 'food', '靠它降血糖是不可能的', 'exempt.negation'],
    ['exposure after the words', 'food', '喝几天就降血糖的全是骗人的', 'exempt.debunk'],
    ['exposure before the words', 'food', '骗子的话术就是喝一个月降血糖', 'exempt.debunk'],
    ['exposure by the missing approval', 'food', '敢说能降血糖的都没批文', 'exempt.debunk'],
    ['exposure by the missing licence', 'food', '说自己治高血压的那些都没有蓝帽子', 'exempt.debunk'],
    ['a question about a disease', 'food', '这个茶能治好高血压吗', 'exempt.question'],
    ['a viewer’s question read aloud', 'food', '有人问喝这个茶能不能降血糖', 'exempt.question'],
    ['a question answered with no', 'food', '能降血糖吗不能', 'exempt.question'],
    ['the law quoted', 'food', '广告法规定普通食品不许讲喝了就降血糖', 'exempt.law_quote'],
  ] as const)('%s', (_name, category, text, code) => {
    const answer = say(category, text)
    expect(answer).toMatchObject({ label: 'clean', verdict: 'pass' })
    expect(answer.exemptions.map((exemption) => exemption.code)).toContain(code)
    for (const { span, quote } of answer.exemptions) expect(text.slice(span[0], span[1])).toBe(quote)
  })
})

describe('claims that no disclaimer launders', () => {
  it.each([
    ['not a medicine but better', 'food', '它不是药比药管用血糖照样降下来'],
    ['no approval, but it works', 'food', '我家这个没批文但是喝了能降血糖'],
    ['a dare and a promise', 'food', '敢说能降血糖就敢退'],
    ['others lie, ours works', 'food', '外面说三天降血糖的是骗人的咱家这个一个月血糖就降下来'],
    ['the law, then a result', 'food', '广告法不让说治病但是我公公喝了半年血糖就降下来了'],
    ['a question answered with yes', 'food', '有人问能不能降血糖当然能一个月血糖就降下来'],
    ['exposure, then the own goods', 'food', '打假一下同行都是骗子真正能降血糖的在我这'],
  ] as const)('%s', (_name, category, text) => {
    expect(say(category, text).label).toBe('efficacy')
  })

  it('another voice completes what the host may not say', () => {
    const answer = say('food', '降血糖', { context: ['主播：平台不让我说它能', '主播：你们说它能干嘛'] })
    expect(answer.exemptions.map(({ code }) => code)).not.toContain('exempt.debunk')
  })

  it('a nod to a viewer’s question is a claim', () => {
    expect(say('food', '能的放心喝', { context: ['弹幕：这个能降血糖吗'] }).label).toBe('efficacy')
    expect(say('food', '不能的就是个茶', { context: ['弹幕：这个能降血糖吗'] }).label).toBe('clean')
  })

  it('a viewer’s own question is none', () => {
    expect(say('food', '这个能降血糖吗', { channel: 'chat' }).label).toBe('clean')
  })
})

describe('everyday words that only sound like a denial or an exposure', () => {
  it.each([
    ['没套路', 'food', '没得套路哈这个茶喝了血压就稳了'],
    ['就跑厕所', 'food', '喝完就跑厕所一晚上排干净三天瘦八斤'],
    ['说白了', 'food', '说白了就是喝了血糖能降下来的东西'],
    ['说不准', 'food', '效果说不准三天就见效血糖降下来'],
    ['敢不敢', 'food', '敢不敢喝一个月血糖降下来给你看'],
    ['别人不敢说', 'food', '别人不敢说我敢说喝一个月血糖就降下来'],
    ['不要买错', 'food', '不要买错啊就这个茶喝了血糖降下来'],
    ['别心疼', 'food', '别心疼钱喝一个月血糖降下来了'],
    ['我今天', 'cosmetic', '我今天脸上抹的就是这个三天斑就淡了'],
    ['看是不是', 'food', '你看是不是三天就瘦了五斤'],
    ['粘上', 'toy', '这一箱是我早上拆过封口又粘上的'],
  ] as const)('%s spares no claim', (_word, category, text) => {
    expect(say(category, text).label).not.toBe('clean')
  })

  it.each([
    ['说白了就是换着花样骗你说能降血糖', 'exempt.debunk'],
    ['喝这个茶能不能降血糖说不准有病去医院', 'exempt.question'],
    ['我们不敢说喝这个茶降血糖', 'exempt.negation'],
    ['有的主播敢说喝茶降血糖大家别信', 'exempt.debunk'],
    ['他说喝一个月血糖就降下来那是瞎编的', 'exempt.debunk'],
  ] as const)('%s stays spared', (text, code) => {
    const answer = say('food', text)
    expect(answer.label).toBe('clean')
    expect(answer.exemptions.map((exemption) => exemption.code)).toContain(code)
  })
})

describe('licences', () => {
  const claim = '这瓶美白淡斑的'

  it('a special cosmetic may whiten', () => {
    expect(say('cosmetic', claim).label).toBe('efficacy')
    const licensed = say('special_cosmetic', claim, { licences: ['国妆特字G20240001：祛斑美白'] })
    expect(licensed.label).toBe('clean')
  })
})
