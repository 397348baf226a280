import { clockTime, dayTime, machineTime } from '../lib/time.ts'

/** An instant in Beijing time, machine-readable; `day` writes month and day too. */
export function Time({ at, day = false, className }: { at: string; day?: boolean; className?: string | undefined }) {
  return (
    <time dateTime={machineTime(at)} className={className} title={dayTime(at)}>
      {day ? dayTime(at) : clockTime(at)}
    </time>
  )
}
