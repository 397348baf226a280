import { createContext, use } from 'react'
import type { Me, Permission } from '../../../src/contracts/people.ts'

export const MeContext = createContext<Me | null>(null)

/** The signed-in person; only inside the signed-in part. */
export function useMe(): Me {
  const me = use(MeContext)
  if (me === null) throw new Error('useMe outside the signed-in part')
  return me
}

/** Whether the signed-in person may do something. The service decides; this only shapes the screen. */
export function useMay(permission: Permission): boolean {
  return useMe().permissions.includes(permission)
}
