import { z } from 'zod'
import { actorSchema } from './people.ts'

/** Who did what, when and why; append-only and chained: `hash = SHA-256(prefix ‖ prevHash ‖ seq ‖ JCS(body))`. */
export const auditEntrySchema = z.object({
  seq: z.int(),
  prevHash: z.string().length(64),
  hash: z.string().length(64),
  /** Past tense fact, such as `enforcement.issued`. */
  kind: z.string(),
  actor: actorSchema,
  subject: z.string(),
  reason: z.string(),
  evidenceIds: z.array(z.string()),
  requestId: z.string(),
  at: z.iso.datetime(),
  body: z.record(z.string(), z.json()),
})
export type AuditEntry = z.infer<typeof auditEntrySchema>

/** An entry before the chain gives it a place. */
export type AuditDraft = {
  kind: string
  actor: z.infer<typeof actorSchema>
  subject: string
  reason: string
  evidenceIds: readonly string[]
  requestId: string
  body: Record<string, z.core.util.JSONType>
}
