import type { Access } from '../access/access.ts'
import type { Fanout } from '../bus/fanout.ts'
import { ok, refuse } from '../contracts/errors.ts'
import type { Me, Person } from '../contracts/people.ts'
import type { Handlers } from './handlers.ts'
import type { Visitors } from './visitors.ts'

type Deps = {
  access: Access
  fanout: Fanout
  visitors: Visitors
  config: { version: string; demo(): boolean }
}

/** Longest a login lasts, seconds; the service forgets it earlier when nobody uses it. */
const loginSeconds = 12 * 3_600

/** Signing in and out. The token lives in a cookie that no script can read. */
export function peopleHandlers(deps: Deps): Pick<Handlers, 'login' | 'logout' | 'me'> {
  const { access, fanout, visitors, config } = deps

  function me(person: Person): Me {
    return {
      person,
      permissions: access.permissionsOf(person),
      serverTime: new Date().toISOString(),
      demoRunning: config.demo(),
      version: config.version,
    }
  }

  return {
    async login({ body, request, reply }) {
      const form = visitors.cookieForm(request.raw)
      if (!form) {
        return refuse(
          'forbidden',
          'Signing in over plain HTTP could be overheard: open the console over https, or on this machine through http://localhost',
        )
      }
      const signedIn = await access.signIn(body.login, body.password, visitors.address(request.raw))
      if (!signedIn.ok) return signedIn
      const before = visitors.token(request.raw)
      if (before !== null) await access.signOut(before)
      void reply.setCookie(form.name, signedIn.value.token, {
        path: '/',
        httpOnly: true,
        sameSite: 'strict',
        secure: form.secure,
        maxAge: loginSeconds,
      })
      return ok(me(signedIn.value.person))
    },

    async logout({ caller, request, reply }) {
      const token = visitors.token(request.raw)
      if (token !== null) await access.signOut(token)
      fanout.publish({ topic: 'person', personId: caller.id })
      const form = visitors.cookieForm(request.raw)
      if (form)
        void reply.clearCookie(form.name, { path: '/', secure: form.secure, httpOnly: true, sameSite: 'strict' })
      return ok({})
    },

    me: ({ caller }) => Promise.resolve(ok(me(caller))),
  }
}
