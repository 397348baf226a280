import { courses } from '../detectors/analysis-context.ts'
import type { Course, CourseShares } from '../detectors/analysis-context.ts'
import type { EventAnalysis } from '../detectors/analyse.ts'

/**
 * What the seller's talk has been about since the session began: utterances heard, and how many of them taught, pushed
 * own goods and so on. Older ones fade, so that a room which was taught in an hour ago is no classroom any more.
 */
export type RoomCourse = { readonly heard: number; readonly seen: { readonly [name in Course]?: number } }

export const noCourse: RoomCourse = { heard: 0, seen: {} }

/** What is left of an utterance when the next one is heard: half after some sixty. */
const fading = 0.9885

/** From this many utterances on, shares say something. */
const leastHeard = 8

/** The course after one more utterance of the seller. */
export function followCourse({ heard, seen }: RoomCourse, cues: EventAnalysis['cues']): RoomCourse {
  const next: { [name in Course]?: number } = {}
  for (const name of courses) {
    const value = (seen[name] ?? 0) * fading + (cues.has(name) ? 1 : 0)
    if (value > 0.01) next[name] = value
  }
  return { heard: heard * fading + 1, seen: next }
}

/** Share of the utterances per course; undefined while too few were heard. */
export function courseShares({ heard, seen }: RoomCourse): CourseShares | undefined {
  if (heard < leastHeard) return undefined
  return new Map(courses.map((name) => [name, (seen[name] ?? 0) / heard]))
}
