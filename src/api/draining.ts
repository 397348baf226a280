import type { FastifyInstance } from 'fastify'

/** Longest that requests under way are waited for when the service stops. */
const mostMs = 5_000

/**
 * Lets requests under way finish when the service closes, and then drops every connection. Without it the close waits for
 * connections that browsers open in advance and never use, until their keep-alive ends after more than a minute.
 */
export function drainOnClose(app: FastifyInstance): void {
  let underWay = 0
  app.addHook('onRequest', async () => {
    underWay += 1
  })
  app.addHook('onResponse', async () => {
    underWay -= 1
  })
  app.addHook('preClose', async () => {
    const from = performance.now()
    const timer = setInterval(() => {
      if (underWay <= 0 || performance.now() - from > mostMs) app.server.closeAllConnections()
    }, 20)
    app.server.once('close', () => clearInterval(timer))
  })
}
