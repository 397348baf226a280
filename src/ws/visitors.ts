import type { IncomingMessage } from 'node:http'

/** What the sockets ask about a browser; `api/visitors.ts` answers the same for HTTP. */
export type Visitors = {
  /** The login token of the cookie, or null. */
  token(request: IncomingMessage): string | null
  /** False when a page of another site opened the socket. */
  sameOrigin(request: IncomingMessage): boolean
  /** The visitor's own address, behind trusted proxies. */
  address(request: IncomingMessage): string
}
