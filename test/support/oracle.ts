import type { AlertSeed } from '../../src/contracts/alert-seed.ts'
import { categorySchema } from '../../src/contracts/category.ts'
import { compileUnchecked } from '../../src/detectors/pack/compile-pack.ts'
import { initialRoom } from '../../src/room/room-state.ts'
import { step } from '../../src/room/step.ts'
import type { Db } from '../../src/store/database.ts'
import { activePackHash, packSources } from '../../src/store/rule-packs.ts'

/** What identifies an alert and everything it rests on. */
export type AlertFact = {
  id: string
  sessionId: string
  code: string
  anchorSeq: number
  hits: number[]
  state: string
}

/** The alerts the rules imply for every stored event: each session folded once, from its beginning, in one go. */
export async function impliedAlerts(db: Db): Promise<AlertFact[]> {
  const sources = await packSources(db, (await activePackHash(db)) ?? '')
  const compiled = compileUnchecked(sources ?? [])
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.problems))
  const alerts: AlertSeed[] = []
  for (const session of await db.selectFrom('sessions').selectAll().orderBy('id').execute()) {
    const { id: sessionId, licences } = session
    const category = categorySchema.nullable().parse(session.category)
    let state = initialRoom({ sessionId, category, licences, startedAt: session.started_at.toISOString() })
    const last = new Map<string, AlertSeed>()
    const rows = await db
      .selectFrom('events')
      .select('body')
      .where('session_id', '=', sessionId)
      .orderBy('seq')
      .execute()
    for (const { body } of rows) {
      const result = step(state, body, compiled.pack)
      state = result.state
      for (const change of result.changes) if ('alert' in change) last.set(change.alert.id, change.alert)
    }
    alerts.push(...last.values())
  }
  return alerts.map(factOf).sort(byId)
}

/** The alerts as they are stored; `state` as the fold left it, whatever people decided since. */
export async function storedAlerts(db: Db): Promise<AlertFact[]> {
  const rows = await db.selectFrom('alerts').select('seed').execute()
  return rows.map(({ seed }) => factOf(seed)).sort(byId)
}

/** Events stored and not analysed yet. */
export async function lagOf(db: Db): Promise<number> {
  const { lag } = await db
    .selectFrom('sessions')
    .innerJoin('session_cursors', 'session_cursors.session_id', 'sessions.id')
    .select((eb) => eb.fn.sum<number>(eb('sessions.last_seq', '-', eb.ref('session_cursors.processed_seq'))).as('lag'))
    .executeTakeFirstOrThrow()
  return Number(lag)
}

function factOf({ id, sessionId, code, anchorSeq, hits, state }: AlertSeed): AlertFact {
  return { id, sessionId, code, anchorSeq, hits: [...hits].sort((a, b) => a - b), state }
}

function byId(a: AlertFact, b: AlertFact): number {
  return a.id < b.id ? -1 : 1
}
