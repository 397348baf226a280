import { compilePack } from '../../../src/detectors/pack/compile-pack.ts'
import type { CompiledRulePack } from '../../../src/detectors/pack/compiled-rule-pack.ts'

const head = `
pack: tea
version: '1'
zh: 茶
`

const body = `
concepts:
  - { id: SUGAR, zh: 血糖, terms: [血糖], aliases: { 雪糖: 血糖 } }
  - { id: FALLS, zh: 下降, terms: [降下来, 往下掉, 降血糖] }
  - { id: SLEEP, zh: 助眠, terms: [助眠, 倒头就睡] }
  - { id: PURE_HAND, zh: 手工, terms: [纯手工] }
  - { id: NEGATION, zh: 否定, filler: 0, terms: [不能, 不是] }
  - { id: DEBUNK, zh: 揭穿, terms: [骗人的] }
  - { id: CORRECTION, zh: 更正, terms: [刚才说错了] }
  - { id: BB_OFFER, zh: 盲盒, terms: [盲盒] }
  - { id: BB_DRAW, zh: 拆, terms: [拆一包] }
  - { id: BB_ODDS, zh: 概率, terms: [概率牌] }
  - { id: LAST, zh: 最后几单, terms: [最后五单, 最后三单, 最后一单] }
  - { id: COMPLAIN, zh: 投诉, terms: [骗子, 空盒] }
rules:
  - id: food-cure
    code: efficacy.food_cure
    zh: 降糖
    need: [{ any: [SUGAR] }, { any: [FALLS] }]
    categories: [food]
    examples:
      positive: [血糖自己就降下来了, 喝了血糖往下掉]
      negative: [血糖降下来是骗人的, 不能让血糖降下来]
  - id: food-sleep
    code: efficacy.food_function
    zh: 助眠
    need: [{ any: [SLEEP] }]
    categories: [food]
    examples:
      positive: [助眠的睡前来一条, 喝完倒头就睡]
      negative: [不能助眠, 说助眠是骗人的]
  - id: hand-fact
    code: spec.handmade
    zh: 机制冒充手工
    need: [{ any: [PURE_HAND] }]
    contradictedBy: [{ fact: [工艺], says: [机制] }]
    examples:
      positive:
        - { text: 这把纯手工, facts: { 工艺: 机制 } }
        - { text: 纯手工的, facts: { 工艺: 全机制 } }
      negative:
        - 这把纯手工
        - { text: 纯手工, facts: { 工艺: 手工 } }
  - id: last
    code: spec.scarcity
    zh: 最后几单
    severity: 1
    need: [{ any: [LAST] }]
    examples:
      positive: [最后三单, 最后五单了]
      negative: [慢慢选, 库存还多]
  - id: complaint
    code: chat.complaint
    zh: 投诉
    speaker: viewer
    severity: 1
    need: [{ any: [COMPLAIN] }]
    examples:
      positive: [骗子, 收到空盒]
      negative: [好看, 好吃]
`

/** A pack of a few rules, so that the fold can be tested without the seed pack. */
export function teaPack(): CompiledRulePack {
  const result = compilePack([
    { file: 'pack.yaml', text: head },
    { file: 'tea.yaml', text: body },
  ])
  if (!result.ok) throw new Error(result.problems.map(({ problem }) => problem).join('\n'))
  return result.pack
}
