import fastifySwagger from '@fastify/swagger'
import fastifySwaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
import { jsonSchemaTransform } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { errors } from '../contracts/errors.ts'
import { roomEventSchema } from '../contracts/room-event.ts'
import { routes } from '../contracts/routes.ts'
import { docsPolicy, nonceOf } from './content-policy.ts'
import { socketDocument, socketPage } from './socket-docs.ts'

const errorTable = Object.entries(errors)
  .map(([code, { status, about }]) => `| \`${code}\` | ${status} | ${about} |`)
  .join('\n')

const about = `Every answer is JSON. A refusal is \`{ "error": { code, message, field?, retryAfterMs?, … } }\`:

| code | status | meaning |
| --- | --- | --- |
${errorTable}

Rooms that keep a socket open find their messages on [the page of the sockets](/docs/sockets).`

/** Describes the routes registered after it: the page at `/docs`, the document at `/docs/json`. */
export async function collectDocs(app: FastifyInstance, version: string): Promise<void> {
  await app.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'livewarden', version, description: about, license: { name: 'Apache-2.0' } },
      tags: [
        { name: 'rooms', description: 'For producers: send a broadcast over HTTP' },
        { name: 'people', description: 'Sign in' },
        { name: 'read', description: 'Look at what is and what was' },
        { name: 'decide', description: 'Claim, dismiss, measure, lift' },
      ],
      components: {
        securitySchemes: {
          roomKey: { type: 'http', scheme: 'bearer', description: 'A room key, `lw_…`' },
          login: { type: 'apiKey', in: 'cookie', name: '__Host-lw', description: 'Set by POST /v1/login' },
        },
      },
    },
    transform: (document) => {
      if (document.url !== routes.appendEvents.path) return jsonSchemaTransform(document)
      // Its body is read event by event, so that a bad one can be named; the route itself declares none.
      const schema = { ...document.schema, body: z.array(roomEventSchema), consumes: bodyTypes }
      return jsonSchemaTransform({ ...document, schema })
    },
  })
}

const bodyTypes = ['application/json', 'application/x-ndjson']

/** Serves what `collectDocs` has collected, and the page of the sockets. */
export async function serveDocs(app: FastifyInstance, version: string): Promise<void> {
  await app.register(fastifySwaggerUi, { routePrefix: '/docs', staticCSP: docsPolicy })
  app.get('/docs/sockets', { schema: { hide: true } }, (_request, reply) =>
    reply
      .header('cache-control', 'no-store')
      .type('text/html; charset=utf-8')
      .send(socketPage(version, nonceOf(reply.raw))),
  )
  app.get('/docs/sockets.json', { schema: { hide: true } }, (_request, reply) => reply.send(socketDocument(version)))
}
