import { compilePack } from '../../src/detectors/pack/compile-pack.ts'
import type { CompiledRulePack } from '../../src/detectors/pack/compiled-rule-pack.ts'
import type { Db } from '../../src/store/database.ts'
import { activatePack } from '../../src/store/rule-packs.ts'

const head = (version: string) => `pack: tiny\nversion: "${version}"\nzh: 测试规则包\n`
const rules = `
concepts:
  - { id: DISEASE, zh: 疾病, terms: [高血压, 糖尿病] }
  - { id: CURE, zh: 治好, terms: [根治, 治好] }
  - { id: BET, zh: 押注, terms: [押红押蓝] }
rules:
  - id: tiny-cure
    code: efficacy.food_cure
    zh: 普通食品宣称治疗功效
    need: [{ any: [DISEASE] }, { any: [CURE] }]
    score: 0.9
    examples:
      positive: [这个茶根治高血压, 糖尿病喝它治好了]
      negative: [这个茶很香, 高血压要听医生的]
  - id: tiny-bet
    code: blindbox.gambling_cash
    zh: 押注
    need: [{ any: [BET] }]
    score: 0.95
    examples:
      positive: [来押红押蓝, 今天押红押蓝开始]
      negative: [红色蓝色都有货, 今天没有活动]
`

/** Two rules, enough to follow an alert through the house without depending on the shipped pack. */
export function tinyPackFiles(version = '1'): { file: string; text: string }[] {
  return [
    { file: 'pack.yaml', text: head(version) },
    { file: 'rules.yaml', text: rules },
  ]
}

export function tinyPack(version = '1'): CompiledRulePack {
  const compiled = compilePack(tinyPackFiles(version))
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.problems))
  return compiled.pack
}

/** Puts the small pack in force. */
export async function activateTinyPack(db: Db, version = '1'): Promise<string> {
  const pack = tinyPack(version)
  const stored = { hash: pack.hash, name: pack.name, version: pack.version, rules: pack.rules.length }
  await activatePack(db, { ...stored, sources: tinyPackFiles(version) }, 'published')
  return pack.hash
}
