import fastifyCookie from '@fastify/cookie'
import fastifyHelmet from '@fastify/helmet'
import fastifyRateLimit from '@fastify/rate-limit'
import Fastify, { LogController, type FastifyBaseLogger, type FastifyInstance, type FastifyRequest } from 'fastify'
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import type { Logger } from 'pino'
import { uuidv7 } from 'uuidv7'
import type { z } from 'zod'
import type { Access } from '../access/access.ts'
import type { Fanout } from '../bus/fanout.ts'
import type { Cases } from '../cases/cases.ts'
import { limits } from '../contracts/limits.ts'
import type { readySchema } from '../contracts/routes.ts'
import type { EnforcementDoor } from '../enforcement/enforcement.ts'
import type { Ingest } from '../ingest/ingest.ts'
import type { CitationLookup } from '../store/case-detail.ts'
import type { Db } from '../store/database.ts'
import { refusalOf, sendRefusal } from './answer.ts'
import { commandHandlers } from './command-handlers.ts'
import { serveConsole } from './console-files.ts'
import { securityHeaders } from './content-policy.ts'
import { collectDocs, serveDocs } from './docs.ts'
import { drainOnClose } from './draining.ts'
import { serveHealth } from './health.ts'
import { drainBody } from './drain-body.ts'
import { NdjsonBody, parseJson } from './json-text.ts'
import { peopleHandlers } from './people-handlers.ts'
import { readHandlers } from './read-handlers.ts'
import { registerRoutes } from './register-routes.ts'
import { roomHandlers } from './room-handlers.ts'
import { createVisitors } from './visitors.ts'

export type ApiDeps = {
  access: Access
  enforcement: EnforcementDoor
  cases: Cases
  ingest: Ingest
  db: Db
  fanout: Fanout
  citation: CitationLookup
  readiness(): Promise<z.infer<typeof readySchema>>
  metrics(): Promise<string>
  config: {
    version: string
    /** Folder of the built console; null when it was not built. */
    webDir: string | null
    /** Whether demo rooms are playing. */
    demo(): boolean
    publicOrigins: readonly string[]
    trustProxy: readonly string[]
    secureCookies: boolean
  }
  logger: Logger
}

/**
 * The HTTP side of the service, ready to listen: the routes of the table, the console's files, health and
 * documentation. Its `server` also carries the sockets.
 */
export async function createApi(deps: ApiDeps): Promise<FastifyInstance> {
  const logger: FastifyBaseLogger = deps.logger
  const app = Fastify({
    loggerInstance: logger,
    genReqId: () => uuidv7(),
    bodyLimit: limits.bodyBytes,
    exposeHeadRoutes: false,
    // One line for an answer, written below; two for a request would drown what matters.
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: deps.config.trustProxy.length === 0 ? false : [...deps.config.trustProxy],
    routerOptions: { maxParamLength: 2_000 },
    frameworkErrors: (error, request, reply) => {
      void sendRefusal(request as FastifyRequest, reply, refusalOf(error))
    },
  })
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  readBodies(app)
  answerErrors(app)
  drainOnClose(app)
  await app.register(fastifyCookie)
  await app.register(fastifyHelmet, securityHeaders)
  await app.register(fastifyRateLimit, { global: false })
  await collectDocs(app, deps.config.version)
  const visitors = createVisitors(deps.config)
  await registerRoutes(app, {
    access: deps.access,
    visitors,
    handlers: {
      ...peopleHandlers({ ...deps, visitors }),
      ...readHandlers(deps),
      ...commandHandlers(deps),
      ...roomHandlers(deps),
    },
  })
  serveHealth(app, deps)
  await serveDocs(app, deps.config.version)
  await serveConsole(app, deps.config.webDir)
  await app.ready()
  return app
}

/** JSON with the place of an error in the answer, NDJSON left for the route that takes it, and nothing else. */
function readBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer' },
    async (_request: FastifyRequest, bytes: Buffer) => {
      const text = decode(bytes)
      if (text.trim() === '') return undefined
      const parsed = parseJson(text)
      if (!parsed.ok) throw new UnreadableBody(parsed.error.message)
      return parsed.value
    },
  )
  app.addContentTypeParser(
    ['application/x-ndjson', 'application/ndjson'],
    { parseAs: 'buffer' },
    async (_request: FastifyRequest, bytes: Buffer) => new NdjsonBody(decode(bytes)),
  )
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** The text of a body. Bytes of another encoding would be stored as nonsense that no rule can judge: they are refused. */
function decode(bytes: Buffer): string {
  try {
    return utf8.decode(bytes)
  } catch {
    throw new UnreadableBody('The body is not UTF-8; encode it as UTF-8 and send it again')
  }
}

class UnreadableBody extends Error {
  readonly statusCode = 400
}

function answerErrors(app: FastifyInstance): void {
  app.addHook('onRequest', async (request, reply) => {
    void reply.header('x-request-id', request.id)
  })
  app.setErrorHandler(async (error, request, reply) => {
    const refusal = refusalOf(error)
    if (refusal.error.code === 'too_large') await drainBody(request.raw)
    if (refusal.error.code === 'internal') request.log.error({ err: error, url: pathOf(request) }, 'a request failed')
    else if (refusal.error.code === 'paused') request.log.warn({ err: error, url: pathOf(request) }, 'database away')
    return sendRefusal(request, reply, refusal)
  })
  app.addHook('onResponse', async (request, reply) => {
    const line = {
      method: request.method,
      url: pathOf(request),
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime),
      caller: request.caller?.name,
    }
    if (request.method === 'POST' && line.caller !== undefined && 'role' in (request.caller ?? {})) {
      request.log.info(line, 'answered')
    } else request.log.debug(line, 'answered')
  })
}

/** The path without its query, which may hold words somebody searched for. */
function pathOf(request: FastifyRequest): string {
  return request.url.split('?')[0] ?? ''
}
