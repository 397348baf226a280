import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Access, RoomGrant } from '../access/access.ts'
import { refuse, wireErrorSchema, type Refusal } from '../contracts/errors.ts'
import type { Person } from '../contracts/people.ts'
import { routes, type Route, type RouteName } from '../contracts/routes.ts'
import { unstorablePath } from '../contracts/storable-text.ts'
import { sendRefusal } from './answer.ts'
import type { Call, Handlers } from './handlers.ts'
import { createRequestRates, type RequestRates } from './request-rates.ts'
import { unstorable } from './room-handlers.ts'
import type { Visitors } from './visitors.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who called, once the route's access has been checked; null on public routes. */
    caller: Person | RoomGrant | null
  }
}

type Deps = { access: Access; visitors: Visitors; handlers: Handlers }

const errorBody = z.object({ error: wireErrorSchema })

/** Registers every route of the table, and nothing else: access, schemas and handler come from its name. */
export async function registerRoutes(app: FastifyInstance, deps: Deps): Promise<void> {
  app.decorateRequest('caller', null)
  const rates = createRequestRates(app, deps.visitors)
  for (const name of Object.keys(routes) as RouteName[]) {
    const route: Route = routes[name]
    app.route({
      method: route.method,
      url: route.path,
      schema: {
        summary: route.summary,
        operationId: name,
        tags: [tagOf(route)],
        ...securityOf(route),
        ...(route.params ? { params: route.params } : {}),
        ...(route.query ? { querystring: route.query } : {}),
        ...(route.body ? { body: route.body } : {}),
        response: { 200: route.response, '4xx': errorBody, '5xx': errorBody },
      },
      onRequest: async (request, reply) => {
        void reply.header('cache-control', 'no-store')
        const refusal = await admit(route, request, deps, rates)
        if (!refusal) return
        request.log.warn({ code: refusal.error.code, route: name, caller: request.caller?.name }, 'refused')
        await sendRefusal(request, reply, refusal)
      },
      preHandler: async (request, reply) => {
        const refusal = strayParts(route, name, request)
        if (refusal) await sendRefusal(request, reply, refusal)
      },
      handler: (request, reply) => run(name, request, reply, deps.handlers),
    })
  }
}

async function run<N extends RouteName>(
  name: N,
  request: FastifyRequest,
  reply: FastifyReply,
  handlers: Handlers,
): Promise<FastifyReply> {
  // The parts have passed this route's own schemas and access, which the compiler cannot follow through the table.
  const call = {
    params: request.params,
    query: request.query,
    body: request.body,
    caller: request.caller,
    request,
    reply,
  } as Call<N>
  const result = await handlers[name](call)
  return result.ok ? reply.send(result.value) : sendRefusal(request, reply, result)
}

/**
 * Decides whether the caller may use the route; sets `request.caller`. An address that was refused too often is turned
 * away before anything is looked up; somebody known is counted as themselves, from wherever they come.
 */
async function admit(
  route: Route,
  request: FastifyRequest,
  { access, visitors }: Deps,
  rates: RequestRates,
): Promise<Refusal | null> {
  if (route.access === 'room-key') return admitRoom(request, access, rates)
  const turnedAway = await rates.ofAddress.exceeded(request)
  if (turnedAway) return turnedAway
  // A page of another site can make a browser send cookies, but neither this header nor a false Origin.
  if (route.method === 'POST' && (!visitors.sameOrigin(request.raw) || request.headers['x-livewarden'] !== '1')) {
    return (
      (await rates.ofAddress.count(request)) ??
      refuse(
        'forbidden',
        'A change must come from the console itself: send the header `x-livewarden: 1` from a page of this origin',
      )
    )
  }
  if (route.access === 'public') return rates.ofAddress.count(request)
  const token = visitors.token(request.raw)
  const person = token === null ? null : await access.personOf(token)
  if (!person) {
    return (await rates.ofAddress.count(request)) ?? refuse('unauthorised', 'Sign in first: POST /v1/login')
  }
  request.caller = person
  const tooMany = await rates.ofPerson.count(request)
  if (tooMany) return tooMany
  if (access.mayCall(route.access, person)) return null
  return refuse('forbidden', `The role ${person.role} lacks the permission ${route.access}`)
}

/**
 * What a room may send is bounded by its events, not by its requests: a good key is not counted, and is not kept out for
 * what others at its address did before this second.
 */
async function admitRoom(request: FastifyRequest, access: Access, rates: RequestRates): Promise<Refusal | null> {
  const guessing = await rates.ofWrongKeys.exceeded(request)
  if (guessing) return guessing
  const [scheme, key] = (request.headers.authorization ?? '').split(' ')
  const given = scheme?.toLowerCase() === 'bearer' && key ? key : null
  const grant = given === null ? null : await access.grantOf(given)
  if (!grant) {
    // Who sends no key guesses none.
    const tooMany = given === null ? null : await rates.ofWrongKeys.count(request)
    return tooMany ?? refuse('unauthorised', 'Send a room key: `Authorization: Bearer lw_…`')
  }
  request.caller = grant
  return null
}

/** What a route does not ask for may not be sent, and what cannot be stored is refused before it reaches anybody. */
function strayParts(route: Route, name: RouteName, request: FastifyRequest): Refusal | null {
  if (!route.query) {
    const [stray] = Object.keys(request.query as object)
    if (stray !== undefined) return refuse('bad_request', `${stray}: this route takes no query`, { field: stray })
  }
  const takesBody = route.body !== undefined || name === 'appendEvents'
  if (!takesBody && request.body !== undefined && request.body !== null) {
    const keys = typeof request.body === 'object' ? Object.keys(request.body) : ['body']
    if (keys[0] !== undefined) return refuse('bad_request', `${keys[0]}: this route takes no body`, { field: keys[0] })
  }
  for (const part of [request.params, request.query, route.body ? request.body : null]) {
    const path = unstorablePath(part)
    if (path !== null) return unstorable(path)
  }
  return null
}

function tagOf(route: Route): string {
  if (route.access === 'room-key') return 'rooms'
  return route.method === 'GET' ? 'read' : route.access === 'public' ? 'people' : 'decide'
}

function securityOf(route: Route): { security?: Record<string, string[]>[] } {
  if (route.access === 'public') return {}
  return { security: [route.access === 'room-key' ? { roomKey: [] } : { login: [] }] }
}
