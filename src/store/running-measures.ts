import { sql, type Selectable } from 'kysely'
import { actionSchema, cuttingActions, subjectSchema, type RoomEnforcement } from '../contracts/enforcement.ts'
import type { Db, Tx } from './database.ts'
import type { EnforcementRow } from './schema.ts'

/** A measure as a room is told of it. */
export function toRoomEnforcement(row: Selectable<EnforcementRow>): RoomEnforcement {
  return {
    enforcementId: row.id,
    action: actionSchema.parse(row.action),
    subject: subjectSchema.parse({ kind: row.subject_kind, id: row.subject_id }),
    sessionId: row.session_id,
    codes: row.codes,
    notice: row.notice,
    issuedAt: row.issued_at.toISOString(),
    until: row.until?.toISOString() ?? null,
  }
}

/** The measure that keeps a room or its host off air now; the one that lasts longest, or undefined. */
export async function cuttingMeasure(
  db: Db | Tx,
  roomId: string,
  hostId: string,
): Promise<RoomEnforcement | undefined> {
  const rows = await db
    .selectFrom('enforcements')
    .selectAll()
    .where('ended_at', 'is', null)
    .where('reverses', 'is', null)
    .where('action', 'in', [...cuttingActions])
    // An interruption ends one broadcast only; it does not refuse the next.
    .where('action', '<>', 'interrupt')
    .where((eb) =>
      eb.or([
        eb.and([eb('subject_kind', '=', 'room'), eb('subject_id', '=', roomId)]),
        eb.and([eb('subject_kind', '=', 'host'), eb('subject_id', '=', hostId)]),
      ]),
    )
    .where((eb) => eb.or([eb('until', 'is', null), eb('until', '>', sql<Date>`now()`)]))
    .execute()
  const longest = rows.sort((a, b) => endOf(b) - endOf(a))[0]
  return longest && toRoomEnforcement(longest)
}

/** Measures of a room that its producer has not acknowledged yet, oldest first. */
export async function unacknowledgedMeasures(db: Db | Tx, roomId: string): Promise<RoomEnforcement[]> {
  const rows = await db
    .selectFrom('enforcements')
    .selectAll()
    .where('room_id', '=', roomId)
    .where('ended_at', 'is', null)
    .where('reverses', 'is', null)
    .where('received_at', 'is', null)
    .orderBy('issued_at')
    .limit(50)
    .execute()
  return rows.map(toRoomEnforcement)
}

function endOf(row: { until: Date | null }): number {
  return row.until?.getTime() ?? Number.POSITIVE_INFINITY
}
