import { cuttingActions, type Enforcement } from '../../../src/contracts/enforcement.ts'

/**
 * Whether a measure took effect because the room was disconnected without having answered. A lift needs no answer, so it
 * is none of these.
 */
export function isCutOff(measure: Enforcement): boolean {
  return (
    measure.effectiveAt !== null &&
    measure.receivedAt === null &&
    measure.reverses === null &&
    cuttingActions.includes(measure.action)
  )
}
