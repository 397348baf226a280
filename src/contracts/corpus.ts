import { z } from 'zod'
import { detectInputSchema } from './detect.ts'
import { codeSchema, exemptionCodeSchema, labelSchema } from './taxonomy.ts'

export const corpusSplits = ['train', 'dev', 'test'] as const
export type CorpusSplit = (typeof corpusSplits)[number]

/** `plain` … `split` are violations, `hardneg` looks like one and is lawful, `easy` is plain lawful talk. */
export const difficulties = ['plain', 'paraphrase', 'evasion', 'asr', 'hard', 'split', 'hardneg', 'easy'] as const

/** One line of `corpora/<split>/items.ndjson`: an input of `detect` with the answer a compliance lead would give, and why. */
export const corpusItemSchema = detectInputSchema.extend({
  id: z.string(),
  /** Items of one scene are never in two splits. */
  scene: z.string(),
  label: labelSchema,
  codes: z.array(z.union([codeSchema, exemptionCodeSchema])),
  difficulty: z.enum(difficulties),
  reason: z.string(),
})
export type CorpusItem = z.infer<typeof corpusItemSchema>

/** One violation in a recorded room: where it begins, and the event at which its evidence is complete. */
export const roomEpisodeSchema = z.object({
  code: codeSchema,
  label: labelSchema,
  first_seq: z.int(),
  complete_seq: z.int(),
  seqs: z.array(z.int()),
  note: z.string(),
})
export type RoomEpisode = z.infer<typeof roomEpisodeSchema>
