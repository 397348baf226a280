import { sql } from 'kysely'
import type { Db } from './database.ts'

/** What `clearDemo` removed. */
export type DemoCleared = { rooms: number; sessions: number; events: number; alerts: number; enforcements: number }

/**
 * Removes the demo rooms with everything that came of them, and revokes the demo keys, so that players of a running
 * service stop. Audit entries stay: the chain has no holes. Consoles that resume get a fresh snapshot.
 */
export async function clearDemo(db: Db): Promise<DemoCleared> {
  return db.transaction().execute(async (tx) => {
    // A demo that played for days is more than one statement's usual time.
    await sql`SET LOCAL statement_timeout = '120s'`.execute(tx)
    await tx
      .updateTable('room_keys')
      .set({ revoked_at: sql<Date>`now()` })
      .where('demo', '=', true)
      .where('revoked_at', 'is', null)
      .execute()
    // Whoever writes for these sessions finishes first; whoever comes later finds them gone.
    await tx.selectFrom('sessions').select('id').where('demo', '=', true).orderBy('id').forUpdate().execute()
    const demoSessions = tx.selectFrom('sessions').select('id').where('demo', '=', true)
    const demoMeasures = tx.selectFrom('enforcements').select('id').where('demo', '=', true)
    await tx.deleteFrom('strikes').where('enforcement_id', 'in', demoMeasures).execute()
    await tx.updateTable('enforcements').set({ reverses: null, reversed_by: null }).where('demo', '=', true).execute()
    const enforcements = await tx.deleteFrom('enforcements').where('demo', '=', true).executeTakeFirst()
    await tx.deleteFrom('findings').where('session_id', 'in', demoSessions).execute()
    const alerts = await tx.deleteFrom('alerts').where('demo', '=', true).executeTakeFirst()
    await tx.updateTable('cases').set({ follows: null }).where('demo', '=', true).execute()
    await tx.deleteFrom('cases').where('demo', '=', true).execute()
    const events = await tx.deleteFrom('events').where('session_id', 'in', demoSessions).executeTakeFirst()
    await tx.deleteFrom('coverage_gaps').where('session_id', 'in', demoSessions).execute()
    await tx.deleteFrom('dead_letters').where('session_id', 'in', demoSessions).execute()
    const sessions = await tx.deleteFrom('sessions').where('demo', '=', true).executeTakeFirst()
    const rooms = await tx
      .deleteFrom('rooms')
      .where('demo', '=', true)
      .where(({ not, exists, selectFrom }) =>
        not(exists(selectFrom('sessions').select('sessions.id').whereRef('sessions.room_id', '=', 'rooms.id'))),
      )
      .executeTakeFirst()
    await tx
      .deleteFrom('hosts')
      .where('demo', '=', true)
      .where(({ not, exists, selectFrom }) =>
        not(exists(selectFrom('rooms').select('rooms.id').whereRef('rooms.host_id', '=', 'hosts.id'))),
      )
      .execute()
    // Below the floor there is no tail to replay: a console gets a snapshot, without the demo.
    await tx
      .updateTable('console_head')
      .set((eb) => ({ floor: eb.ref('seq') }))
      .execute()
    await tx.deleteFrom('console_log').where('demo', '=', true).where('stream_seq', 'is not', null).execute()
    return {
      rooms: Number(rooms.numDeletedRows),
      sessions: Number(sessions.numDeletedRows),
      events: Number(events.numDeletedRows),
      alerts: Number(alerts.numDeletedRows),
      enforcements: Number(enforcements.numDeletedRows),
    }
  })
}
