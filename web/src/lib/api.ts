import type { z } from 'zod'
import type { WireError } from '../../../src/contracts/errors.ts'
import { routes, type Route, type RouteName } from '../../../src/contracts/routes.ts'

type Routes = typeof routes
type InputOf<N extends RouteName, P extends 'params' | 'query' | 'body'> = Routes[N] extends { [K in P]: infer S }
  ? S extends z.ZodType
    ? { [K in P]: z.input<S> }
    : unknown
  : unknown
/** What a route needs: its path parameters, query and body, as the contract declares them. */
export type CallInput<N extends RouteName> = InputOf<N, 'params'> & InputOf<N, 'query'> & InputOf<N, 'body'>
export type CallOutput<N extends RouteName> = z.output<Routes[N]['response']>

/** A refusal of the service, or a failure to reach it (`status` 0). */
export class ApiError extends Error {
  readonly status: number
  readonly wire: WireError | null

  constructor(status: number, wire: WireError | null, message: string) {
    super(message)
    this.name = 'ApiError'
    this.status = status
    this.wire = wire
  }
}

type SignOutListener = () => void
const signedOut = new Set<SignOutListener>()

/** Hear when the service no longer knows the session. */
export function onSignedOut(listener: SignOutListener): () => void {
  signedOut.add(listener)
  return () => signedOut.delete(listener)
}

/** Tells everyone who listens that the session is over. */
export function announceSignedOut(): void {
  for (const listener of signedOut) listener()
}

/** Calls one route of the contract. Throws `ApiError`. */
export async function call<N extends RouteName>(
  name: N,
  ...[input, signal]: unknown extends CallInput<N>
    ? [input?: Record<string, never>, signal?: AbortSignal]
    : [input: CallInput<N>, signal?: AbortSignal]
): Promise<CallOutput<N>> {
  const route: Route = routes[name]
  const given = (input ?? {}) as { params?: Record<string, unknown>; query?: Record<string, unknown>; body?: unknown }
  const mutates = route.method === 'POST'
  let response: Response
  try {
    response = await fetch(addressOf(route.path, given.params ?? {}, given.query ?? {}), {
      method: route.method,
      credentials: 'same-origin',
      headers: {
        accept: 'application/json',
        // No other site can send this header: it is the guard against forged requests.
        ...(mutates ? { 'x-livewarden': '1' } : {}),
        ...(given.body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(given.body === undefined ? {} : { body: JSON.stringify(given.body) }),
      ...(signal === undefined ? {} : { signal }),
    })
  } catch (cause) {
    if (signal?.aborted) throw cause
    throw new ApiError(0, null, cause instanceof Error ? cause.message : 'network')
  }
  const answer: unknown = await response.json().catch(() => null)
  if (!response.ok) {
    const wire = (answer as { error?: WireError } | null)?.error ?? null
    if (response.status === 401 && name !== 'login' && name !== 'me') announceSignedOut()
    throw new ApiError(response.status, wire, wire?.message ?? `HTTP ${response.status}`)
  }
  return answer as CallOutput<N>
}

function addressOf(path: string, params: Record<string, unknown>, query: Record<string, unknown>): string {
  const filled = path.replace(/:([a-z]+)/gi, (_, key: string) => encodeURIComponent(String(params[key] ?? '')))
  const search = new URLSearchParams()
  for (const [key, value] of Object.entries(query)) {
    const values: unknown[] = Array.isArray(value) ? value : [value]
    for (const item of values) if (item !== undefined && item !== null && item !== '') search.append(key, String(item))
  }
  const text = search.toString()
  return text === '' ? filled : `${filled}?${text}`
}

/** A key that makes one submit one action, however often it is sent. Works without a secure context. */
export function newIdempotencyKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}
