/** Concepts the engine computes from numbers; a pack uses them without listing them. Their numbers come first. */
export const computedConcepts = ['#TIME_SPAN', '#PERCENT', '#MONEY', '#WEIGHT', '#COUNT', '#AGE'] as const

export type ComputedConcept = (typeof computedConcepts)[number]

/** What people call them. */
export const computedNames: ReadonlyMap<ComputedConcept, string> = new Map([
  ['#TIME_SPAN', '时间跨度'],
  ['#PERCENT', '百分比'],
  ['#MONEY', '金额'],
  ['#WEIGHT', '重量'],
  ['#COUNT', '数量'],
  ['#AGE', '年龄'],
])
