import { actionNames, type Action, type Evidence, type Ground } from '../contracts/enforcement.ts'
import type { Finding } from '../contracts/finding.ts'
import { exemptions, taxonomyOf, type Code } from '../contracts/taxonomy.ts'
import { ladder, stepAfter, zhDuration } from './ladder.ts'

/** Days a host has to appeal, as platforms give their creators (domain notes, B.4). */
export const appealDays = 14

/** Most quotes a notice repeats, and the longest of them in UTF-16 units: a notice must fit a frame of the room's socket. */
const mostQuotes = 5
const longestQuote = 120

export type NoticeInput = {
  enforcementId: string
  action: Extract<Action, 'remind' | 'warn' | 'suspend' | 'ban'>
  durationSeconds: number | null
  issuedAt: Date
  until: Date | null
  codes: readonly Code[]
  evidence: readonly Evidence[]
  grounds: readonly Ground[]
  findings: readonly Finding[]
  sessionStartedAt: Date
  strikesAfter: number
}

/**
 * What the host reads, zh: the violation in plain words, the words quoted with their time, the law with its version, why
 * no exemption held, the measure and its end, how to put it right, what comes next, how to appeal (domain notes, H.4).
 */
export function composeNotice(input: NoticeInput): string {
  const names = [...new Set(input.codes.map((code) => taxonomyOf(code).zh))]
  return [
    `【${actionNames[input.action].zh}】您的直播涉嫌：${names.join('、')}。`,
    `时间与原话：${quotesOf(input)}`,
    `依据：${input.grounds.map((ground) => `${ground.citation}（版本 ${ground.version}）`).join('；')}。`,
    ...exemptionWords(input.findings),
    `处理：${measureWords(input)}`,
    `怎样改正：${fixesOf(input.codes)}`,
    `后续：${nextWords(input)}`,
    `申诉：如有异议，请在收到本通知后 ${appealDays} 天内向平台提出申诉，并注明处理编号 ${input.enforcementId}。`,
  ].join('\n')
}

/** What the host reads when a measure ends early. */
export function composeLiftNotice(lifted: { id: string; action: Action }, at: Date, reason: string): string {
  return `【解除】${actionNames[lifted.action].zh}（处理编号 ${lifted.id}）已于 ${beijing(at)} 解除。原因：${reason}`
}

/** Beijing wall time: 11月24日 14:05:02. */
export function beijing(moment: Date): string {
  const local = new Date(moment.getTime() + 8 * 3_600_000)
  const time = local.toISOString().slice(11, 19)
  return `${local.getUTCMonth() + 1}月${local.getUTCDate()}日 ${time}`
}

function quotesOf(input: NoticeInput): string {
  const quotes = input.evidence.slice(0, mostQuotes).map((piece) => {
    const moment = new Date(input.sessionStartedAt.getTime() + piece.atMs)
    return `${beijing(moment)}（开播 ${streamTime(piece.atMs)}）「${shortened(piece.text, piece.span)}」`
  })
  const more = input.evidence.length - quotes.length
  return quotes.join('；') + (more > 0 ? `；另有 ${more} 处。` : '。')
}

/** Stream time: 01:12:07. */
function streamTime(atMs: number): string {
  const seconds = Math.floor(atMs / 1_000)
  const parts = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60]
  return parts.map((part) => String(part).padStart(2, '0')).join(':')
}

/** Halves of surrogate pairs that a cut leaves at either end. */
const halfCharacters = /^[\uDC00-\uDFFF]|[\uD800-\uDBFF]$/g

/** The text around its span, cut to length without splitting a character. */
function shortened(text: string, span: [number, number] | null): string {
  if (text.length <= longestQuote) return text
  const start = span ? Math.max(0, Math.min(span[0] - 20, text.length - longestQuote)) : 0
  const cut = text.slice(start, start + longestQuote).replace(halfCharacters, '')
  return `${start > 0 ? '…' : ''}${cut}${start + longestQuote < text.length ? '…' : ''}`
}

function exemptionWords(findings: readonly Finding[]): string[] {
  const weighed = new Map<string, string>()
  for (const exemption of findings.flatMap((finding) => finding.exemptions)) {
    if (exemption.applied || weighed.has(exemption.code)) continue
    const why = exemption.because ? `：${exemption.because}` : ''
    weighed.set(exemption.code, `${exemptions[exemption.code].zh}「${shortened(exemption.quote, null)}」${why}`)
  }
  if (weighed.size === 0) return ['例外：未见否定、揭穿、引用法规、持证等可不予处理的情形。']
  return [`例外不适用：${[...weighed.values()].slice(0, 3).join('；')}。`]
}

function measureWords(input: NoticeInput): string {
  const name = actionNames[input.action].zh
  if (input.action === 'suspend' && input.until) {
    return `${name} ${zhDuration(input.durationSeconds ?? 0)}，至 ${beijing(input.until)}（北京时间）。`
  }
  if (input.action === 'ban') return `${name}主播，自 ${beijing(input.issuedAt)}（北京时间）起，直至解除。`
  return `${name}，不影响当前直播，请立即停止该说法。`
}

function nextWords(input: NoticeInput): string {
  const points = `本次处理后 ${ladder.windowDays} 天内有效计分 ${input.strikesAfter}/${ladder.banThreshold}`
  const next = stepAfter(input.action, input.durationSeconds)
  if (!next) return `${points}。`
  const length = next.durationSeconds === null ? '' : ` ${zhDuration(next.durationSeconds)}`
  return `${points}；再次违规将可能${actionNames[next.action].zh}${length}。`
}

/** Lawful ways to say it, by code and else by family. */
const fixByCode: Partial<Record<Code, string>> = {
  'efficacy.food_cure': '它是普通食品，请改为“日常饮用、日常食用”，不提疾病和疗效。',
  'efficacy.food_function': '普通食品不得宣称保健功能，请改为介绍口味、配料和吃法。',
  'efficacy.health_food_overclaim': '只说批准证书上的保健功能，并说明“保健食品不能代替药物”。',
  'efficacy.cosmetic_medical': '化妆品不得宣称医疗作用，请改为介绍使用感和护理步骤。',
  'efficacy.cosmetic_special': '没有特殊化妆品注册证就不提祛斑美白、防脱等，请改为“提亮肤色观感、遮盖”。',
  'efficacy.absolute_term': '请改为“我们家卖得比较好的一款”。',
  'efficacy.guaranteed_result': '请改为“效果因人而异”。',
  'efficacy.time_bound': '请删去“几天见效”，改为“效果因人而异”。',
  'efficacy.drug_substitute': '请立即更正：有病请就医，不要停药，本品不能代替药物。',
  'spec.handmade': '请如实说明“机雕”或“半手工”，并在商品页写明。',
  'spec.origin': '请按登记的产地和发货地介绍，没有地理标志授权不要提产区名。',
  'spec.price': '请只用可查证的成交价作比较，删去虚构的原价。',
  'blindbox.unlabelled_lottery': '请改为现货明码标价，或只卖出厂盲盒并公示概率。',
  'blindbox.hidden_odds': '请在开卖前公示款式、数量和抽取概率。',
  'blindbox.prohibited_goods': '活体动物等不得以盲盒方式销售，请立即下架。',
  'blindbox.minor': '请立即停止面向未成年人的盲盒推销，并核验购买者年龄。',
}
const fixByFamily: Readonly<Record<ReturnType<typeof taxonomyOf>['family'], string>> = {
  efficacy: '请删去功效说法，只介绍可以证明的成分、规格和用法。',
  spec: '请按登记的材质、规格、产地和工艺如实介绍，并在商品页写明。',
  blindbox: '请改为现货明码标价，或只卖出厂盲盒并公示概率。',
  evasion: '请不要用谐音、拆字、暗语或站外联系方式回避审核。',
  chat: '请停止组织他人在公屏发布不实评价。',
}

function fixesOf(codes: readonly Code[]): string {
  const fixes = codes.map((code) => fixByCode[code] ?? fixByFamily[taxonomyOf(code).family])
  return [...new Set(fixes)].slice(0, 3).join('')
}
