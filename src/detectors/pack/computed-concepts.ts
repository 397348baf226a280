/** Concepts the engine computes from numbers; a pack uses them without listing them. Their numbers come first. */
export const computedConcepts = ['#TIME_SPAN', '#PERCENT', '#MONEY', '#WEIGHT', '#COUNT', '#AGE'] as const

export type ComputedConcept = (typeof computedConcepts)[number]
