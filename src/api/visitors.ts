import type { IncomingMessage } from 'node:http'
import { BlockList, isIP } from 'node:net'

export type VisitorConfig = {
  /** Origins a browser may come from besides the service's own. */
  publicOrigins: readonly string[]
  /** Proxies whose `X-Forwarded-For` is believed: addresses or CIDR blocks. */
  trustProxy: readonly string[]
  /** Sign-in over plain HTTP is refused, except on this very machine. */
  secureCookies: boolean
}

/** The cookie that carries a login, as this visitor's browser accepts it. */
export type CookieForm = { name: string; secure: boolean }

/** What a request says about the browser it came from. HTTP and the console's socket ask the same questions. */
export type Visitors = {
  /** The login token of the cookie, or null. */
  token(request: IncomingMessage): string | null
  /** False when a page of another site sent the request. A client that is no browser says nothing and may pass. */
  sameOrigin(request: IncomingMessage): boolean
  /** The visitor's own address: the last one that no trusted proxy holds. */
  address(request: IncomingMessage): string
  /** How to set the cookie; null over plain HTTP, where a login could be overheard. */
  cookieForm(request: IncomingMessage): CookieForm | null
}

/**
 * A `__Host-` cookie is sent back only to the host that set it, and only where nobody can listen; browsers count the
 * own machine as such a place.
 */
const strictName = '__Host-lw'
/** Over plain HTTP, and only when the operator has asked for it. */
const plainName = 'lw'

/** Reads cookies, origins and addresses of requests. Pure: asks nobody. */
export function createVisitors(config: VisitorConfig): Visitors {
  const proxies = blockListOf(config.trustProxy)

  return {
    token(request) {
      const cookies = request.headers.cookie ?? ''
      return cookieOf(cookies, strictName) ?? (config.secureCookies ? null : cookieOf(cookies, plainName))
    },
    sameOrigin(request) {
      const { origin, host } = request.headers
      const site = request.headers['sec-fetch-site']
      if (origin === undefined) return site === undefined || site === 'same-origin' || site === 'none'
      if (config.publicOrigins.includes(origin)) return true
      // The scheme is left out: behind a proxy that ends TLS the service sees plain HTTP.
      return hostOf(origin) !== null && hostOf(origin) === host?.toLowerCase()
    },
    address(request) {
      return addressOf(request, proxies)
    },
    cookieForm(request) {
      const page = request.headers.origin ?? `http://${request.headers.host ?? ''}`
      if (page.startsWith('https://') || isThisMachine(hostOf(page) ?? '')) return { name: strictName, secure: true }
      return config.secureCookies ? null : { name: plainName, secure: false }
    },
  }
}

/** A token is base64url, so its cookie needs no decoding. */
function cookieOf(header: string, name: string): string | null {
  const pair = header.split(';').find((part) => part.trim().startsWith(`${name}=`))
  return pair?.slice(pair.indexOf('=') + 1).trim() || null
}

function hostOf(origin: string): string | null {
  return URL.canParse(origin) ? new URL(origin).host.toLowerCase() : null
}

function isThisMachine(host: string): boolean {
  const name = host.replace(/:\d+$/, '')
  return name === 'localhost' || name.endsWith('.localhost') || name === '[::1]' || /^127(\.\d{1,3}){3}$/.test(name)
}

function addressOf(request: IncomingMessage, proxies: BlockList): string {
  const forwarded = [request.headers['x-forwarded-for'] ?? []].flat().join(',')
  const hops = forwarded.split(',').map((hop) => hop.trim())
  let address = plainAddress(request.socket.remoteAddress ?? '')
  while (isTrusted(address, proxies)) {
    const before = hops.pop()
    if (before === undefined || isIP(plainAddress(before)) === 0) break
    address = plainAddress(before)
  }
  return address
}

/** IPv4 as such, also where the socket speaks of it in IPv6. */
function plainAddress(address: string): string {
  return address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address
}

function isTrusted(address: string, proxies: BlockList): boolean {
  const family = isIP(address)
  return family !== 0 && proxies.check(address, family === 4 ? 'ipv4' : 'ipv6')
}

function blockListOf(blocks: readonly string[]): BlockList {
  const list = new BlockList()
  for (const block of blocks) {
    const [address = '', bits] = block.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    if (bits === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(bits), family)
  }
  return list
}
