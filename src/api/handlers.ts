import type { FastifyReply, FastifyRequest } from 'fastify'
import type { z } from 'zod'
import type { RoomGrant } from '../access/access.ts'
import type { Result } from '../contracts/errors.ts'
import type { Person } from '../contracts/people.ts'
import type { routes, Access, RouteName } from '../contracts/routes.ts'

type Routes = typeof routes
type Parsed<N extends RouteName, Part extends string> = Routes[N] extends { readonly [P in Part]: z.ZodType }
  ? z.output<Routes[N][Part]>
  : undefined

/** Who called: decided by what the route's `access` asks for. */
export type CallerOf<A extends Access> = A extends 'public' ? null : A extends 'room-key' ? RoomGrant : Person

/** A call whose parts have passed the route's schemas and whose caller has passed its access. */
export type Call<N extends RouteName> = {
  params: Parsed<N, 'params'>
  query: Parsed<N, 'query'>
  body: Parsed<N, 'body'>
  caller: CallerOf<Routes[N]['access']>
  request: FastifyRequest
  reply: FastifyReply
}

export type Handler<N extends RouteName> = (call: Call<N>) => Promise<Result<z.input<Routes[N]['response']>>>

/** One handler for every route of the table: a route without one does not compile, and there is no other way in. */
export type Handlers = { readonly [N in RouteName]: Handler<N> }
