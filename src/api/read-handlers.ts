import type { EnforcementDoor } from '../enforcement/enforcement.ts'
import { ok, refuse, type Refusal, type Result } from '../contracts/errors.ts'
import { caseDetail, type CitationLookup } from '../store/case-detail.ts'
import type { Db } from '../store/database.ts'
import { findEnforcement } from '../store/enforcement-store.ts'
import {
  alertDetail,
  listAlerts,
  listCases,
  listEnforcements,
  listRooms,
  listSessions,
  pageAudit,
  readTranscript,
  roomDetail,
} from '../store/history.ts'
import { listPacks } from '../store/rule-packs.ts'
import { findSession } from '../store/sessions.ts'
import { factsOrSnapshot, takeSnapshot } from '../store/snapshot.ts'
import type { Handlers } from './handlers.ts'

type Deps = { db: Db; enforcement: EnforcementDoor; citation: CitationLookup }

type ReadRoute =
  | 'snapshot'
  | 'stream'
  | 'alerts'
  | 'alert'
  | 'cases'
  | 'case'
  | 'enforcements'
  | 'enforcement'
  | 'rooms'
  | 'room'
  | 'sessions'
  | 'session'
  | 'transcript'
  | 'audit'
  | 'rulePacks'

/** Everything that only looks. */
export function readHandlers({ db, enforcement, citation }: Deps): Pick<Handlers, ReadRoute> {
  return {
    snapshot: async () => ok(await takeSnapshot(db)),
    stream: async ({ query }) => ok(await factsOrSnapshot(db, query.since)),
    alerts: ({ query }) => listAlerts(db, query),
    alert: async ({ params }) => found(await alertDetail(db, params.id), 'alert', params.id),
    cases: ({ query }) => listCases(db, query),
    async case({ params }) {
      const detail = await caseDetail(db, params.id, citation)
      const suggestion = detail && (await enforcement.suggest(params.id))
      return detail && suggestion ? ok({ ...detail, suggestion }) : missing('case', params.id)
    },
    enforcements: ({ query }) => listEnforcements(db, query),
    enforcement: async ({ params }) => found(await findEnforcement(db, params.id), 'enforcement', params.id),
    rooms: ({ query }) => listRooms(db, query),
    room: async ({ params }) => found(await roomDetail(db, params.id), 'room', params.id),
    sessions: ({ query }) => listSessions(db, query),
    session: async ({ params }) => found(await findSession(db, params.id), 'session', params.id),
    async transcript({ params, query }) {
      const session = await findSession(db, params.id)
      return session ? ok(await readTranscript(db, session.id, query)) : missing('session', params.id)
    },
    audit: ({ query }) => pageAudit(db, query),
    async rulePacks() {
      const items = await listPacks(db)
      return ok({ items, nextCursor: null, total: items.length })
    },
  }
}

function found<T>(value: T | undefined, kind: string, id: string): Result<T> {
  return value === undefined ? missing(kind, id) : ok(value)
}

function missing(kind: string, id: string): Refusal {
  return refuse('not_found', `There is no ${kind} ${JSON.stringify(id)}`)
}
