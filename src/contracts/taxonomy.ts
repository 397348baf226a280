import { z } from 'zod'

/** The three families of violation a platform must stop, and `clean`. */
export const labels = ['efficacy', 'spec', 'blindbox', 'clean'] as const
export const labelSchema = z.enum(labels)
export type Label = z.infer<typeof labelSchema>

/** Suggested treatment of a finding; a person decides. `observe`, `review` are suggestions, not measures. */
export const suggestions = ['observe', 'remind', 'warn', 'review', 'interrupt', 'restrict', 'remove'] as const
export type Suggestion = (typeof suggestions)[number]

export type TaxonomyEntry = {
  family: 'efficacy' | 'spec' | 'blindbox' | 'evasion' | 'chat'
  zh: string
  en: string
  /** Default severity and its ceiling before modifiers, 1 trivial … 5 critical. */
  severity: number
  severityMax: number
  action: Suggestion
  /** Ids of `legal.ts`, in order of weight. */
  basis: readonly string[]
}

/**
 * Stable codes of what can be wrong, in a room or in its chat. Severities and suggested actions are this project's
 * proposals; the legal basis is by article and version (`legal.ts`).
 */
export const taxonomy = {
  'efficacy.medical_claim': e(
    'efficacy',
    '宣称预防或治疗疾病',
    'Claims to prevent or treat disease',
    4,
    5,
    'interrupt',
    'ad-17',
    'food-73',
    'aucl-false',
  ),
  'efficacy.food_cure': e(
    'efficacy',
    '普通食品宣称治疗功效',
    'Ordinary food said to cure',
    4,
    5,
    'interrupt',
    'food-73',
    'ad-17',
    'food-140',
  ),
  'efficacy.food_function': e(
    'efficacy',
    '普通食品宣称保健功能',
    'Ordinary food claims a health function',
    3,
    4,
    'warn',
    'food-reg-38',
    'aucl-false',
    'ad-17',
  ),
  'efficacy.health_food_overclaim': e(
    'efficacy',
    '保健食品超范围宣称',
    'Health food beyond its approval',
    3,
    4,
    'warn',
    'ad-18',
    'food-79',
  ),
  'efficacy.cosmetic_medical': e(
    'efficacy',
    '化妆品宣称医疗作用',
    'Cosmetic claims a medical effect',
    4,
    5,
    'warn',
    'cosmetic-43',
    'ad-17',
  ),
  'efficacy.cosmetic_special': e(
    'efficacy',
    '普通化妆品宣称特殊功效',
    'Ordinary cosmetic claims a special effect',
    3,
    4,
    'warn',
    'cosmetic-43',
    'cosmetic-16',
  ),
  'efficacy.special_effect': e(
    'efficacy',
    '减肥丰胸壮阳增高生发等特殊功效',
    'Weight, bust, potency, height or hair claims',
    4,
    5,
    'interrupt',
    'ad-17',
    'ad-28',
  ),
  'efficacy.household_health': e(
    'efficacy',
    '家居服饰日用品宣称保健或医疗',
    'Household goods claim health effects',
    3,
    4,
    'warn',
    'ad-17',
    'ad-28',
    'aucl-false',
  ),
  'efficacy.disinfectant_cure': e(
    'efficacy',
    '消毒产品宣称治疗',
    'Disinfectant said to cure',
    4,
    5,
    'warn',
    'disinfect-31',
    'ad-17',
  ),
  'efficacy.device_drug': e(
    'efficacy',
    '违规推广药品或医疗器械',
    'Promotes drugs or devices unlawfully',
    4,
    5,
    'interrupt',
    'ad-16',
    'ad-46',
    'drug-90',
  ),
  'efficacy.drug_substitute': e(
    'efficacy',
    '宣称替代药物或停药',
    'Says to stop or replace medicine',
    5,
    5,
    'interrupt',
    'ad-17',
    'ad-18',
    'food-78',
  ),
  'efficacy.guaranteed_result': e('efficacy', '保证效果', 'Guarantees a result', 3, 4, 'warn', 'ad-28', 'ad-16'),
  'efficacy.time_bound': e('efficacy', '承诺见效时限', 'Promises a result by a deadline', 3, 4, 'warn', 'ad-28'),
  'efficacy.safety_absolute': e(
    'efficacy',
    '绝对安全承诺',
    'Absolute safety promise',
    2,
    3,
    'remind',
    'ad-28',
    'cosmetic-22',
  ),
  'efficacy.absolute_term': e('efficacy', '绝对化用语', 'Absolute terms', 1, 2, 'observe', 'ad-9-3'),
  'efficacy.fake_authority': e(
    'efficacy',
    '虚假权威或专家背书',
    'Invented authority',
    3,
    4,
    'warn',
    'ad-9-2',
    'ad-28',
    'live-34',
  ),
  'efficacy.fake_data': e(
    'efficacy',
    '虚假或无法验证的数据',
    'Invented or unverifiable data',
    3,
    4,
    'review',
    'ad-11',
    'ad-28',
  ),
  'efficacy.before_after': e(
    'efficacy',
    '前后对比或效果证明',
    'Before-and-after proof',
    3,
    4,
    'warn',
    'ad-28',
    'infringe-6',
  ),
  'efficacy.fear_appeal': e('efficacy', '制造健康焦虑', 'Sells by health fear', 2, 3, 'remind', 'ad-28'),
  'efficacy.live_diagnosis': e(
    'efficacy',
    '直播诊疗或医疗科普带货',
    'Diagnoses while selling',
    4,
    5,
    'interrupt',
    'ad-19',
  ),
  'efficacy.insinuation': e('efficacy', '暗示功效', 'Hints at an effect', 3, 4, 'warn', 'ad-17', 'ad-18'),
  'spec.handmade': e(
    'spec',
    '机制冒充手工',
    'Machine-made sold as handmade',
    3,
    4,
    'review',
    'ad-28',
    'aucl-false',
    'infringe-6',
  ),
  'spec.origin': e('spec', '产地虚假', 'False origin', 3, 4, 'review', 'ad-28', 'quality-30'),
  'spec.material': e('spec', '材质成分虚假', 'False material', 3, 5, 'review', 'ad-28', 'quality-39', 'consumer-55'),
  'spec.quantity': e('spec', '规格数量虚假', 'False quantity or size', 2, 3, 'review', 'ad-28', 'infringe-6'),
  'spec.grade_variety': e(
    'spec',
    '品种等级年份虚假',
    'False grade, variety or age',
    2,
    4,
    'review',
    'ad-28',
    'quality-31',
  ),
  'spec.price': e('spec', '虚假价格比价', 'False price or comparison', 2, 4, 'remind', 'price-14', 'price-mark-17'),
  'spec.scarcity': e('spec', '虚假稀缺', 'False scarcity', 2, 3, 'remind', 'infringe-6', 'aucl-false'),
  'spec.certificate': e(
    'spec',
    '证书专利头衔虚假',
    'False certificate or title',
    3,
    4,
    'review',
    'ad-12',
    'ad-28',
    'quality-31',
  ),
  'spec.sales_data': e('spec', '虚假销量评价', 'False sales or reviews', 3, 4, 'warn', 'aucl-false', 'ecom-17'),
  'spec.brand_passing_off': e('spec', '混淆品牌', 'Passes off a brand', 3, 4, 'warn', 'aucl-7'),
  'spec.staged_story': e('spec', '虚构人设或剧本', 'Staged story', 2, 4, 'review', 'aucl-false', 'infringe-6'),
  'spec.antique_investment': e(
    'spec',
    '古董升值投资',
    'Antiques and promised appreciation',
    4,
    5,
    'interrupt',
    'ad-25',
    'ad-28',
  ),
  'spec.bait_switch': e('spec', '货不对板', 'Bait and switch', 3, 4, 'review', 'ad-28', 'consumer-55'),
  'spec.service_promise': e('spec', '服务承诺不兑现', 'Service promise not kept', 2, 3, 'review', 'consumer-20'),
  'blindbox.unlabelled_lottery': e(
    'blindbox',
    '以不确定性方式销售普通商品',
    'Ordinary goods sold by chance',
    4,
    5,
    'review',
    'blindbox-9',
    'aucl-false',
    'aucl-prize',
  ),
  'blindbox.game_mechanic': e(
    'blindbox',
    '玩法决定到手商品',
    'A game decides the goods',
    4,
    5,
    'interrupt',
    'blindbox-9',
    'aucl-prize',
    'lottery-3',
  ),
  'blindbox.ichiban': e('blindbox', '一番赏', 'Ichiban ticket draws', 4, 5, 'interrupt', 'blindbox-9', 'aucl-prize'),
  'blindbox.gambling_cash': e(
    'blindbox',
    '折现回购积分押注',
    'Cash-out or betting',
    5,
    5,
    'remove',
    'criminal-303',
    'lottery-3',
  ),
  'blindbox.gem_gamble': e('blindbox', '赌石开蚌开原石', 'Gem gambling', 4, 5, 'interrupt', 'ad-9-8', 'blindbox-9'),
  'blindbox.prohibited_goods': e(
    'blindbox',
    '禁止以盲盒销售的物品',
    'Goods never sold as blind box',
    4,
    5,
    'interrupt',
    'blindbox-5',
    'animal-49',
  ),
  'blindbox.hidden_odds': e(
    'blindbox',
    '不公示概率或中途改规则',
    'Odds hidden or changed',
    3,
    4,
    'warn',
    'blindbox-9',
    'infringe-6',
  ),
  'blindbox.false_odds': e('blindbox', '虚假概率', 'Invented odds', 4, 5, 'interrupt', 'aucl-false', 'aucl-prize'),
  'blindbox.value_exaggeration': e(
    'blindbox',
    '奖品价值夸大',
    'Prize value exaggerated',
    3,
    4,
    'warn',
    'blindbox-9',
    'price-mark-17',
  ),
  'blindbox.minor': e(
    'blindbox',
    '诱导未成年人',
    'Solicits minors',
    5,
    5,
    'interrupt',
    'minor-44',
    'ad-40',
    'blindbox-minor',
  ),
  'blindbox.no_refund': e('blindbox', '违法排除退货', 'Unlawful no-refund', 3, 4, 'warn', 'consumer-25', 'consumer-26'),
  'blindbox.sham_opening': e('blindbox', '虚假拆盒', 'Sham opening', 4, 5, 'review', 'aucl-prize', 'criminal-266'),
  'blindbox.prize_promo': e(
    'blindbox',
    '违法有奖销售',
    'Unlawful prize promotion',
    3,
    4,
    'warn',
    'aucl-prize',
    'promo-5',
  ),
  'blindbox.chasing': e('blindbox', '诱导连抽', 'Urges repeated draws', 3, 4, 'warn', 'blindbox-9'),
  'evasion.obfuscation': e('evasion', '谐音拆字等规避', 'Obfuscated wording', 3, 4, 'warn', 'ad-28'),
  'evasion.split_claim': e('evasion', '跨句跨人拆分', 'Claim split over sentences or people', 3, 5, 'warn', 'ad-28'),
  'evasion.offplatform': e('evasion', '引流站外', 'Leads off the platform', 3, 4, 'warn', 'live-34'),
  'chat.shill': e('chat', '弹幕托', 'Shill in chat', 3, 3, 'review', 'net-aucl-9', 'aucl-false'),
  'chat.complaint': e('chat', '观众投诉', 'Viewer complaint', 1, 2, 'observe'),
  'chat.minor_signal': e('chat', '疑似未成年人', 'Viewer may be a minor', 1, 2, 'observe'),
} as const satisfies Record<string, TaxonomyEntry>

export type Code = keyof typeof taxonomy
export const codes = Object.keys(taxonomy) as [Code, ...Code[]]
export const codeSchema = z.enum(codes)

/** The entry of a code. */
export function taxonomyOf(code: Code): TaxonomyEntry {
  return taxonomy[code]
}

/** Reasons not to punish. They are logged with what they spared, so that "why not" has an answer. */
export const exemptions = {
  'exempt.negation': { zh: '否定', en: 'The seller denies or refuses the claim' },
  'exempt.debunk': { zh: '揭穿', en: 'Exposes a scam or teaches how to tell' },
  'exempt.question': { zh: '疑问', en: 'A question, or a viewer’s question read aloud' },
  'exempt.law_quote': { zh: '引法', en: 'Cites a law, a platform rule or a mandatory notice' },
  'exempt.reported': { zh: '转述', en: 'Reports what others say without adopting it' },
  'exempt.chat_read': { zh: '聊天', en: 'Reads chat or greets without adopting' },
  'exempt.after_sales': { zh: '退换', en: 'Returns, refunds, compensation' },
  'exempt.licensed': { zh: '持证', en: 'Inside the licence, certificate or test report' },
  'exempt.certified_blindbox': {
    zh: '合规盲盒',
    en: 'Factory blind box with odds and notices, or the platform’s own lottery tool',
  },
  'exempt.honest_disclosure': { zh: '诚实披露', en: 'Says openly what the product is not' },
  'exempt.sensory': { zh: '物理', en: 'Immediate sensory, covering or mechanical effect' },
  'exempt.knowledge': { zh: '知识', en: 'Neutral knowledge, label facts, logistics' },
  'exempt.self_compare': { zh: '自比', en: 'Comparison inside the own shop or brand' },
  'exempt.other_object': { zh: '他物', en: 'Not about the product on sale' },
  'exempt.idiom': { zh: '成语', en: 'Idiom, lyric, joke, ordinal number, brand name' },
} as const

export type ExemptionCode = keyof typeof exemptions
export const exemptionCodes = Object.keys(exemptions) as [ExemptionCode, ...ExemptionCode[]]
export const exemptionCodeSchema = z.enum(exemptionCodes)

function e(
  family: TaxonomyEntry['family'],
  zh: string,
  en: string,
  severity: number,
  severityMax: number,
  action: Suggestion,
  ...basis: readonly string[]
): TaxonomyEntry {
  return { family, zh, en, severity, severityMax, action, basis }
}
