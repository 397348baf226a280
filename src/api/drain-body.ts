import type { IncomingMessage } from 'node:http'

/** What is read and thrown away at the most, so that a refusal can be heard. */
const mostBytes = 32 * 1_048_576
const mostMs = 3_000

/**
 * Reads the rest of a refused body and throws it away. A sender that is still writing when the connection closes never
 * reads the answer: it sees a broken pipe instead of the 413 that would have told it what to change. Bounded, so that
 * nobody can keep a connection busy with it.
 */
export function drainBody(request: IncomingMessage): Promise<void> {
  if (request.complete || request.destroyed) return Promise.resolve()
  return new Promise((resolve) => {
    let read = 0
    const late = setTimeout(done, mostMs)
    function done(): void {
      clearTimeout(late)
      request.off('data', count)
      resolve()
    }
    function count(chunk: Buffer | string): void {
      read += chunk.length
      if (read > mostBytes) done()
    }
    request.on('data', count)
    for (const event of ['end', 'close', 'error'] as const) request.once(event, done)
    request.resume()
  })
}
