/** Severity classes of the console, worst first. On the wire they are 5, 4, 3 and 2. */
export const levels = ['S0', 'S1', 'S2', 'S3'] as const
export type Level = (typeof levels)[number]

/** The class of a wire severity; 1 has no alert of its own and shows as the lowest. */
export function levelOf(severity: number): Level {
  if (severity >= 5) return 'S0'
  if (severity === 4) return 'S1'
  if (severity === 3) return 'S2'
  return 'S3'
}

/** The wire severity of a class. */
export function severityOf(level: Level): number {
  return 5 - levels.indexOf(level)
}
