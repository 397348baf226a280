import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { refuse } from '../contracts/errors.ts'
import { sendRefusal } from './answer.ts'
import { nonceOf } from './content-policy.ts'

const notBuilt =
  'The console is not built. Run `npm run build` and start the service again.\nThe API is up: see /docs.\n'

/** Paths that belong to the service itself; everything else is the console's to route. */
const servicePath = /^\/(v1|docs|socket\.io|assets)(\/|$)|^\/(livez|readyz|metrics)$/

/**
 * Serves the built console. Assets carry a hash in their name and never change; `index.html` is read for every answer,
 * because it carries that answer's nonce and must never outlive its assets.
 */
export async function serveConsole(app: FastifyInstance, webDir: string | null): Promise<void> {
  if (webDir !== null) {
    await app.register(fastifyStatic, {
      root: webDir,
      index: false,
      preCompressed: true,
      cacheControl: false,
      setHeaders(reply, path) {
        const hashed = path.includes('/assets/')
        void reply.header('cache-control', hashed ? 'public, max-age=31536000, immutable' : 'no-cache')
      },
    })
    const page = (request: FastifyRequest, reply: FastifyReply) => sendPage(request, reply, webDir)
    app.get('/', { schema: { hide: true } }, page)
    app.get('/index.html', { schema: { hide: true } }, page)
  }
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?')[0] ?? '/'
    if ((request.method === 'GET' || request.method === 'HEAD') && !servicePath.test(path)) {
      return webDir === null ? sendNotBuilt(reply) : sendPage(request, reply, webDir)
    }
    return sendRefusal(request, reply, refuse('not_found', `There is no ${request.method} ${path}`))
  })
}

async function sendPage(request: FastifyRequest, reply: FastifyReply, webDir: string): Promise<FastifyReply> {
  let html: string
  try {
    html = await readFile(join(webDir, 'index.html'), 'utf8')
  } catch (error) {
    request.log.error({ err: error, webDir }, 'the built console cannot be read')
    return sendNotBuilt(reply)
  }
  const nonce = nonceOf(reply.raw)
  // `property` and `nonce` are what the bundler's own loader looks for; components read `content`.
  const meta = `<meta property="csp-nonce" nonce="${nonce}" content="${nonce}">`
  return reply
    .header('cache-control', 'no-store')
    .type('text/html; charset=utf-8')
    .send(html.replace('<head>', `<head>\n    ${meta}`))
}

function sendNotBuilt(reply: FastifyReply): FastifyReply {
  return reply.code(503).header('cache-control', 'no-store').type('text/plain; charset=utf-8').send(notBuilt)
}
