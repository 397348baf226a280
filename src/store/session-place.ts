import type { Db } from './database.ts'

/** Where a session belongs; it never changes while the session lives. */
export type SessionPlace = { roomId: string; hostId: string; partition: number }

/** Room, host and partition of a session, or undefined. */
export async function sessionPlace(db: Db, sessionId: string): Promise<SessionPlace | undefined> {
  const row = await db
    .selectFrom('sessions')
    .select(['room_id', 'host_id', 'partition'])
    .where('id', '=', sessionId)
    .executeTakeFirst()
  return row && { roomId: row.room_id, hostId: row.host_id, partition: row.partition }
}
