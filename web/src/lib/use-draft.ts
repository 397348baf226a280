import { useState } from 'react'
import type { CaseDetail } from '../../../src/contracts/case.ts'
import { freshDraft, parseDraft, type ActionDraft } from './action-draft.ts'
import { useMe } from './me-context.ts'
import { draftKey, readStored, writeStored } from './settings.ts'

export type Draft = {
  value: ActionDraft
  /** Whether the moderator changed anything. */
  edited: boolean
  edit: (change: Partial<ActionDraft>) => void
  discard: () => void
}

/** The prepared decision of this person for this case; it survives reloads until submitted or discarded. */
export function useDraft(detail: CaseDetail): Draft {
  const me = useMe()
  const key = draftKey(me.person.id, detail.case.id)
  const [stored, setStored] = useState<ActionDraft | null>(() => parseDraft(readStored(key)))
  const value = stored ?? freshDraft(detail, me.permissions)
  return {
    value,
    edited: stored !== null,
    edit: (change) => {
      const next = { ...value, ...change }
      setStored(next)
      writeStored(key, JSON.stringify(next))
    },
    discard: () => {
      setStored(null)
      writeStored(key, null)
    },
  }
}
