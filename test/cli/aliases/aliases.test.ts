import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { CommanderError } from 'commander'
import { describe, expect, test } from 'vitest'
import { aliasesCommand } from '../../../src/cli/aliases.ts'
import type { Candidate } from '../../../src/cli/aliases/rank-candidates.ts'
import { packFolder, packHead } from '../../support/pack-folder.ts'
import { runProgram } from '../../support/service.ts'

const pack = {
  'pack.yaml': packHead(),
  'words.yaml': `# 词表
concepts:
  - id: DISEASE
    zh: 疾病
    terms: [血糖, 高血压, 风湿]
    aliases: { 血唐: 血糖 }
  - { id: BETTER, zh: 好转, terms: [降下来, 就好了, 减肥] }
  - { id: BOX, zh: 盒, terms: [福袋, 盲盒] }
  - { id: OPENED, zh: 拆, terms: [拆到] }
rules:
  - id: cure
    code: efficacy.food_cure
    zh: 说治好
    need: [{ any: [DISEASE] }, { any: [BETTER] }]
    examples:
      positive: [喝这个血糖降下来, 高血压喝它就好了]
      negative: [血糖高的问医生, 大家晚上好]
  - id: box
    code: blindbox.hidden_odds
    zh: 拆盒
    need: [{ any: [BOX] }, { any: [OPENED] }]
    examples:
      positive: [福袋拆到就是赚, 盲盒拆到手机]
      negative: [福袋卖完了, 大家晚上好]
`,
}

/** Ordinary talk, so that words beside each other can be told from chance. */
const talk = [
  '家人们晚上好今天人真不少',
  '这件衣服颜色特别正大家看看',
  '我们家的苹果今天刚从树上摘下来',
  '老板说了今天全场包邮不加钱',
  '喜欢的朋友点点关注不迷路',
  '昨天买的姐姐已经收到货了',
  '这个杯子里面是不锈钢的外面是塑料',
  '孩子写完作业再来看直播好不好',
  '尺码不对可以换运费我们出',
  '下雨天就在家里喝茶聊天',
]
const boxes = ['红色', '蓝色', '白色', '黑色', '绿色', '黄色']
const lines = [
  ...talk,
  '血糖高的老人家少吃甜的',
  '高血压要按时吃药听医生的',
  '早饭前量血糖才准',
  '雪糖高的喝一个月降下来',
  '我妈的雪糖喝它降下来了',
  'gao血压的老人家喝它降下来',
  '大家都来减xx肥好不好',
  '风氵显的老人家贴上就好了',
  ...boxes.map((colour) => `来抢一个福袋${colour}款`),
  ...boxes.map((colour) => `新到一批福袋随便挑${colour}的`),
  ...boxes.slice(0, 4).flatMap((colour) => [`来抢一个番茄${colour}款`, `新到一批番茄随便挑${colour}的`]),
]

async function mine(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const stdout = new PassThrough({ encoding: 'utf8' })
  const stderr = new PassThrough({ encoding: 'utf8' })
  let code = 0
  try {
    await aliasesCommand({ stdout, stderr }).exitOverride().parseAsync(args, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    code = error.exitCode
  }
  return { code, out: String(stdout.read() ?? ''), err: String(stderr.read() ?? '') }
}

function corpusIn(folder: string, texts: readonly string[] = lines): string {
  const file = join(folder, 'said.ndjson')
  const items = texts.map((text, i) => JSON.stringify({ id: i, channel: 'speech', category: 'food', text }))
  writeFileSync(file, `${items.join('\n')}\n`)
  return file
}

describe('aliases', () => {
  let found: (Candidate & { number: number })[]

  test('finds what sounds, looks and stands like a term, and says where rules wait for it', async () => {
    const folder = packFolder(pack)
    const { code, out, err } = await mine(corpusIn(folder), '--pack', folder, '--json', '--limit', '0')
    expect(code).toBe(0)
    expect(err).toContain('reading utterances')
    found = (JSON.parse(out) as { candidates: typeof found }).candidates
    const of = (said: string) => found.find((candidate) => candidate.said === said)
    expect(of('雪糖')).toMatchObject({ meant: '血糖', concepts: ['DISEASE'], kind: 'heard', count: 2, completes: 2 })
    expect(of('雪糖')?.examples.map(({ text }) => text)).toEqual(['雪糖高的喝一个月降下来', '我妈的雪糖喝它降下来了'])
    expect(of('gao血压')).toMatchObject({ meant: '高血压', kind: 'latin', completes: 1 })
    expect(of('减xx肥')).toMatchObject({ meant: '减肥', concepts: ['BETTER'], kind: 'inserted' })
    expect(of('风氵显')).toMatchObject({ meant: '风湿', kind: 'split', completes: 1 })
    expect(of('番茄')).toMatchObject({ meant: '福袋', concepts: ['BOX'], kind: 'company', count: 8 })
    expect(found.map(({ number }) => number)).toEqual(found.map((_, i) => i + 1))
  })

  test('what the pack lists or sees already is no candidate', async () => {
    const folder = packFolder(pack)
    const said = [...talk, '血唐高的喝它降下来', '血糖降下来', '福袋拆到就是赚', '高血.压就好了']
    const { out } = await mine(corpusIn(folder, said), '--pack', folder, '--json', '--limit', '0')
    expect((JSON.parse(out) as { candidates: Candidate[] }).candidates).toEqual([])
  })

  test('people get a table with two utterances for each', async () => {
    const folder = packFolder(pack)
    const { out } = await mine(corpusIn(folder), '--pack', folder, '--limit', '1')
    expect(out).toMatch(/^no +said +meant +concept +kind +count +completes\n1 +\S+ +\S+ /)
    expect(out.split('\n').filter((line) => line.startsWith('      ')).length).toBeLessThanOrEqual(2)
    expect(out).toMatch(/more with --limit 0\. Take some: --accept 1,4 --pack FOLDER\n$/)
  })

  test('accepted ones stand in the pack, which passes its check with them', async () => {
    const folder = packFolder(pack)
    const file = corpusIn(folder)
    const listed = JSON.parse((await mine(file, '--pack', folder, '--json')).out) as { candidates: typeof found }
    const number = (said: string) => listed.candidates.find((candidate) => candidate.said === said)?.number ?? 0
    // The built program, as somebody would run it.
    const accepted = `${number('雪糖')},${number('gao血压')}`
    const { code, stdout } = await runProgram(['aliases', file, '--pack', folder, '--accept', accepted])
    expect(code).toBe(0)
    expect(stdout).toContain(`${join(folder, 'words.yaml')}:6 DISEASE 雪糖: 血糖`)
    expect(readFileSync(join(folder, 'words.yaml'), 'utf8')).toBe(
      pack['words.yaml'].replace('{ 血唐: 血糖 }', '{ 血唐: 血糖, 雪糖: 血糖, gao血压: 高血压 }'),
    )
    const again = JSON.parse((await mine(file, '--pack', folder, '--json')).out) as { candidates: Candidate[] }
    expect(again.candidates.map(({ said }) => said)).not.toContain('雪糖')
  })

  test('an alias that breaks an example is not written', async () => {
    const guarded = pack['words.yaml'].replace('[血糖高的问医生,', '[今天雪糖降下来了,')
    const folder = packFolder({ ...pack, 'words.yaml': guarded })
    const file = corpusIn(folder)
    const listed = JSON.parse((await mine(file, '--pack', folder, '--json')).out) as { candidates: typeof found }
    const number = listed.candidates.find(({ said }) => said === '雪糖')?.number ?? 0
    const { code, err } = await mine(file, '--pack', folder, '--accept', String(number))
    expect(code).toBe(2)
    expect(err).toMatch(
      /words\.yaml:\d+ cure Rule cure fires on its negative example “今天雪糖降下来了”[^]*Nothing was written/,
    )
    expect(readFileSync(join(folder, 'words.yaml'), 'utf8')).toBe(guarded)
  })

  test.each([
    [['corpora/test/items.ndjson'], /of the test split/],
    [['nowhere.ndjson'], /There is no file nowhere\.ndjson/],
    [['--accept', '1'], /name the pack to write to with --pack FOLDER/],
    [['--accept', 'one'], /such as 1,4,7/],
    [['--pack', 'nowhere'], /nowhere/],
  ])('%j ends with a reason', async (args, reason) => {
    const { code, out, err } = await mine(...args)
    expect(code).toBeGreaterThan(0)
    expect(out).toBe('')
    expect(err).toMatch(reason)
  })

  test('a bad line is named, and the others are read', async () => {
    const folder = packFolder(pack)
    const file = corpusIn(folder)
    writeFileSync(file, `${readFileSync(file, 'utf8')}{"text": 3}\nnot json\n`)
    const { code, out, err } = await mine(file, '--pack', folder)
    expect(code).toBe(2)
    expect(out).toContain('雪糖')
    expect(err).toMatch(
      new RegExp(`said\\.ndjson:${lines.length + 1} text: [^]*said\\.ndjson:${lines.length + 2} json: `),
    )
  })
})
