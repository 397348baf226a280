import type { Permission } from '../../../src/contracts/people.ts'

const landings = [
  { to: '/feed', needs: 'feed.read' },
  { to: '/rooms', needs: 'room.read' },
  { to: '/history', needs: 'history.read' },
] as const satisfies readonly { to: string; needs: Permission }[]
export type Landing = (typeof landings)[number]['to']

/** The first screen a person may see; null for those who may see none. */
export function landingOf(permissions: readonly Permission[]): Landing | null {
  return landings.find(({ needs }) => permissions.includes(needs))?.to ?? null
}
