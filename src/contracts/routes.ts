import { z } from 'zod'
import { alertDetailSchema } from './alert.ts'
import { caseDetailSchema, caseSchema, dismissCaseSchema } from './case.ts'
import { snapshotSchema, sinceReplySchema } from './console-wire.ts'
import { enforcementSchema, issueEnforcementSchema, liftEnforcementSchema } from './enforcement.ts'
import {
  alertPageSchema,
  alertQuerySchema,
  auditPageSchema,
  auditQuerySchema,
  casePageSchema,
  caseQuerySchema,
  enforcementPageSchema,
  enforcementQuerySchema,
  roomDetailSchema,
  roomPageSchema,
  sessionPageSchema,
  sessionQuerySchema,
  transcriptQuerySchema,
  transcriptSchema,
} from './history.ts'
import { enforcementAckSchema, eventsAcceptedSchema, sessionStartedSchema } from './ingest-wire.ts'
import { loginSchema, meSchema, type Permission } from './people.ts'
import { sessionSchema, sessionStartSchema } from './session.ts'

/** Who may call a route: nobody in particular, any signed-in person, a holder of the permission, or a room key. */
export type Access = 'public' | 'signed-in' | 'room-key' | Permission

export type Route = {
  method: 'GET' | 'POST'
  path: string
  access: Access
  summary: string
  params?: z.ZodType
  query?: z.ZodType
  body?: z.ZodType
  response: z.ZodType
}

const idParam = z.object({ id: z.string().min(1).max(128) })
const empty = z.object({})

/** The HTTP interface. A route exists only by standing here; server, OpenAPI page and console all read this table. */
export const routes = {
  login: {
    method: 'POST',
    path: '/v1/login',
    access: 'public',
    summary: 'Sign in',
    body: loginSchema,
    response: meSchema,
  },
  logout: { method: 'POST', path: '/v1/logout', access: 'signed-in', summary: 'Sign out', response: empty },
  me: {
    method: 'GET',
    path: '/v1/me',
    access: 'signed-in',
    summary: 'Who am I, and what may I do',
    response: meSchema,
  },

  snapshot: {
    method: 'GET',
    path: '/v1/snapshot',
    access: 'feed.read',
    summary: 'Everything open, as of one streamSeq',
    response: snapshotSchema,
  },
  stream: {
    method: 'GET',
    path: '/v1/stream',
    access: 'feed.read',
    summary: 'Facts after a streamSeq',
    query: z.strictObject({ since: z.coerce.number().int().min(0) }),
    response: sinceReplySchema,
  },
  alerts: {
    method: 'GET',
    path: '/v1/alerts',
    access: 'history.read',
    summary: 'Alerts, newest first',
    query: alertQuerySchema,
    response: alertPageSchema,
  },
  alert: {
    method: 'GET',
    path: '/v1/alerts/:id',
    access: 'feed.read',
    summary: 'One alert with its evidence',
    params: idParam,
    response: alertDetailSchema,
  },
  cases: {
    method: 'GET',
    path: '/v1/cases',
    access: 'history.read',
    summary: 'Cases, newest first',
    query: caseQuerySchema,
    response: casePageSchema,
  },
  case: {
    method: 'GET',
    path: '/v1/cases/:id',
    access: 'feed.read',
    summary: 'One case beside everything needed to decide it',
    params: idParam,
    response: caseDetailSchema,
  },
  claimCase: {
    method: 'POST',
    path: '/v1/cases/:id/claim',
    access: 'case.act',
    summary: 'Claim a case, or renew the claim',
    params: idParam,
    response: caseSchema,
  },
  releaseCase: {
    method: 'POST',
    path: '/v1/cases/:id/release',
    access: 'case.act',
    summary: 'Give a claim back',
    params: idParam,
    response: caseSchema,
  },
  dismissCase: {
    method: 'POST',
    path: '/v1/cases/:id/dismiss',
    access: 'case.act',
    summary: 'Close a case without a measure',
    params: idParam,
    body: dismissCaseSchema.omit({ caseId: true }),
    response: caseSchema,
  },
  issueEnforcement: {
    method: 'POST',
    path: '/v1/enforcements',
    access: 'enforcement.issue',
    summary: 'Take a measure',
    body: issueEnforcementSchema,
    response: enforcementSchema,
  },
  liftEnforcement: {
    method: 'POST',
    path: '/v1/enforcements/:id/lift',
    access: 'enforcement.lift',
    summary: 'End a measure early',
    params: idParam,
    body: liftEnforcementSchema.omit({ enforcementId: true }),
    response: enforcementSchema,
  },
  enforcements: {
    method: 'GET',
    path: '/v1/enforcements',
    access: 'history.read',
    summary: 'Enforcement history, newest first',
    query: enforcementQuerySchema,
    response: enforcementPageSchema,
  },
  enforcement: {
    method: 'GET',
    path: '/v1/enforcements/:id',
    access: 'history.read',
    summary: 'One measure',
    params: idParam,
    response: enforcementSchema,
  },
  rooms: {
    method: 'GET',
    path: '/v1/rooms',
    access: 'room.read',
    summary: 'Rooms, live ones first',
    query: sessionQuerySchema,
    response: roomPageSchema,
  },
  room: {
    method: 'GET',
    path: '/v1/rooms/:id',
    access: 'room.read',
    summary: 'One room',
    params: idParam,
    response: roomDetailSchema,
  },
  sessions: {
    method: 'GET',
    path: '/v1/sessions',
    access: 'room.read',
    summary: 'Broadcasts, newest first',
    query: sessionQuerySchema,
    response: sessionPageSchema,
  },
  session: {
    method: 'GET',
    path: '/v1/sessions/:id',
    access: 'room.read',
    summary: 'One broadcast',
    params: idParam,
    response: sessionSchema,
  },
  transcript: {
    method: 'GET',
    path: '/v1/sessions/:id/transcript',
    access: 'room.read',
    summary: 'Lines of a broadcast',
    params: idParam,
    query: transcriptQuerySchema,
    response: transcriptSchema,
  },
  audit: {
    method: 'GET',
    path: '/v1/audit',
    access: 'audit.read',
    summary: 'The audit chain, newest first',
    query: auditQuerySchema,
    response: auditPageSchema,
  },
  rulePacks: {
    method: 'GET',
    path: '/v1/rule-packs',
    access: 'rules.read',
    summary: 'Rule packs in force',
    query: z.strictObject({}),
    response: z.object({
      items: z.array(
        z.object({
          name: z.string(),
          version: z.string(),
          hash: z.string(),
          active: z.boolean(),
          createdAt: z.iso.datetime(),
          rules: z.int(),
        }),
      ),
      nextCursor: z.null(),
      total: z.int(),
    }),
  },

  startSession: {
    method: 'POST',
    path: '/v1/sessions',
    access: 'room-key',
    summary: 'Start or resume a broadcast',
    body: sessionStartSchema,
    response: sessionStartedSchema,
  },
  appendEvents: {
    method: 'POST',
    path: '/v1/sessions/:id/events',
    access: 'room-key',
    summary: 'Append events: a JSON array, or NDJSON with content type application/x-ndjson',
    params: idParam,
    response: eventsAcceptedSchema,
  },
  ackEnforcement: {
    method: 'POST',
    path: '/v1/sessions/:id/enforcement-acks',
    access: 'room-key',
    summary: 'Acknowledge a measure',
    params: idParam,
    body: enforcementAckSchema,
    response: empty,
  },
} as const satisfies Record<string, Route>

export type RouteName = keyof typeof routes

/** `GET /livez` (the loop turns), `GET /readyz` (dependencies and mode). */
export const readySchema = z.object({
  ready: z.boolean(),
  mode: z.enum(['NORMAL', 'ELEVATED', 'CHAT-SAMPLED', 'INGEST-PAUSED', 'READ-ONLY', 'QUEUE-DOWN']),
  role: z.enum(['all', 'gateway', 'worker']),
  database: z.enum(['up', 'down']),
  queue: z.enum(['up', 'down']),
  version: z.string(),
  lagEvents: z.int(),
  gaps: z.int(),
})
