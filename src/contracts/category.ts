import { z } from 'zod'

/** Product categories: what is sold decides which claims are lawful. Absent means unknown. */
export const categories = [
  'food',
  'health_food',
  'cosmetic',
  'special_cosmetic',
  'toothpaste',
  'disinfectant',
  'device',
  'pharmacy',
  'household',
  'apparel',
  'jewelry',
  'antique',
  'toy',
  'book',
  'pet',
  'flower',
  'fresh',
  'handicraft',
  'baby',
  'electronics',
  'education',
  'other',
] as const

export const categorySchema = z.enum(categories, {
  error: (issue) => `Unknown category ${JSON.stringify(issue.input)}; known: ${categories.join(', ')}`,
})
export type Category = z.infer<typeof categorySchema>

/** Licences as printed on the pack, optionally `:` and the approved function; an unknown text is kept. */
export const licencesSchema = z.array(z.string().min(1).max(200)).max(20)
