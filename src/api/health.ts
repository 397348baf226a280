import type { FastifyInstance } from 'fastify'
import type { z } from 'zod'
import type { readySchema } from '../contracts/routes.ts'

type Deps = { readiness(): Promise<z.infer<typeof readySchema>>; metrics(): Promise<string> }

/** For whoever keeps the service alive: does the loop turn, is it of use, and in numbers. */
export function serveHealth(app: FastifyInstance, { readiness, metrics }: Deps): void {
  const schema = { hide: true }
  app.get('/livez', { schema, logLevel: 'warn' }, async (_request, reply) => {
    return reply.header('cache-control', 'no-store').send({ live: true })
  })
  app.get('/readyz', { schema, logLevel: 'warn' }, async (_request, reply) => {
    const state = await readiness()
    return reply
      .code(state.ready ? 200 : 503)
      .header('cache-control', 'no-store')
      .send(state)
  })
  app.get('/metrics', { schema, logLevel: 'warn' }, async (_request, reply) => {
    return reply
      .header('cache-control', 'no-store')
      .type('text/plain; version=0.0.4; charset=utf-8')
      .send(await metrics())
  })
}
