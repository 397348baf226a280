import type { Access } from '../access/access.ts'
import type { Fanout } from '../bus/fanout.ts'
import type { Cases } from '../cases/cases.ts'
import { consoleUp, type SinceReply } from '../contracts/console-wire.ts'
import { ok, refuse, type Result } from '../contracts/errors.ts'
import type { Person } from '../contracts/people.ts'
import type { EnforcementDoor } from '../enforcement/enforcement.ts'
import type { Db } from '../store/database.ts'
import { sessionPlace } from '../store/session-place.ts'
import { factsOrSnapshot } from '../store/snapshot.ts'
import type { ConsoleClient } from './console-client.ts'
import { on, type EventRules, type Take } from './on.ts'
import type { RoomWatch } from './room-watch.ts'

export type ConsoleEventsDeps = {
  access: Access
  cases: Cases
  enforcement: EnforcementDoor
  db: Db
  fanout: Fanout
  watch: RoomWatch
  /** False while the stream cannot be followed yet. */
  following(): boolean
  onForbidden(client: ConsoleClient, event: string): void
  onFault: EventRules<typeof consoleUp, ConsoleClient, Person>['onFault']
}

/** What a console may send. Who may send what is asked anew for every event. */
export function consoleEvents(deps: ConsoleEventsDeps): Take<ConsoleClient> {
  const { access, cases, enforcement, db, fanout, watch } = deps

  async function told<T>(outcome: Promise<Result<T>>): Promise<Result<T>> {
    const result = await outcome
    if (result.ok) fanout.publish({ topic: 'facts' })
    return result
  }

  async function since(client: ConsoleClient, streamSeq: number): Promise<Result<SinceReply>> {
    if (!deps.following()) return refuse('paused', 'The service is still starting', { retryAfterMs: 500 })
    const asked = client.hold()
    const reply = await factsOrSnapshot(db, streamSeq)
    const through = reply.kind === 'complete' ? reply.throughSeq : reply.snapshot.asOfSeq
    // After the answer has been handed to the socket, so that it arrives before what follows it.
    setImmediate(() => client.follow(asked, through))
    return ok(reply)
  }

  return on<typeof consoleUp, ConsoleClient, Person>({
    up: consoleUp,
    onFault: deps.onFault,
    async authorise(client, type) {
      const person = await access.personOf(client.token)
      if (!person) return refuse('unauthorised', 'You are signed out; sign in again')
      client.person = person
      const needed = access.eventPermission(type)
      if (access.can(person, needed)) return ok(person)
      deps.onForbidden(client, type)
      return refuse('forbidden', `The role ${person.role} lacks the permission ${needed}`)
    },
    handlers: {
      since: ({ client, data }) => since(client, data.streamSeq),
      async 'room.watch'({ client, data }) {
        if (!(await sessionPlace(db, data.sessionId))) {
          return refuse('not_found', `There is no session ${JSON.stringify(data.sessionId)}`)
        }
        return watch.watch(client, data.sessionId)
      },
      'room.unwatch'({ client, data }) {
        watch.unwatch(client, data.sessionId)
        return Promise.resolve(ok({}))
      },
      'case.claim': ({ who, data, requestId }) => told(cases.claim(data.caseId, { person: who, requestId })),
      'case.release': ({ who, data, requestId }) => told(cases.release(data.caseId, { person: who, requestId })),
      'case.dismiss': ({ who, data, requestId }) => told(cases.dismiss(data, { person: who, requestId })),
      'enforcement.issue': ({ who, data, requestId }) => told(enforcement.issue(data, { person: who, requestId })),
      'enforcement.lift': ({ who, data, requestId }) => told(enforcement.lift(data, { person: who, requestId })),
    },
  })
}
