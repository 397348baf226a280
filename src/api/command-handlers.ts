import type { Fanout } from '../bus/fanout.ts'
import type { Cases } from '../cases/cases.ts'
import type { Result } from '../contracts/errors.ts'
import type { EnforcementDoor } from '../enforcement/enforcement.ts'
import type { Handlers } from './handlers.ts'

type Deps = { cases: Cases; enforcement: EnforcementDoor; fanout: Fanout }

type CommandRoute = 'claimCase' | 'releaseCase' | 'dismissCase' | 'issueEnforcement' | 'liftEnforcement'

/** What people decide. The same commands come over the console's socket. */
export function commandHandlers({ cases, enforcement, fanout }: Deps): Pick<Handlers, CommandRoute> {
  /** The decision is committed; whoever follows the stream may know at once. */
  async function told<T>(outcome: Promise<Result<T>>): Promise<Result<T>> {
    const result = await outcome
    if (result.ok) fanout.publish({ topic: 'facts' })
    return result
  }

  return {
    claimCase: ({ params, caller, request }) => told(cases.claim(params.id, { person: caller, requestId: request.id })),
    releaseCase: ({ params, caller, request }) =>
      told(cases.release(params.id, { person: caller, requestId: request.id })),
    dismissCase: ({ params, body, caller, request }) =>
      told(cases.dismiss({ ...body, caseId: params.id }, { person: caller, requestId: request.id })),
    issueEnforcement: ({ body, caller, request }) =>
      told(enforcement.issue(body, { person: caller, requestId: request.id })),
    liftEnforcement: ({ params, body, caller, request }) =>
      told(enforcement.lift({ ...body, enforcementId: params.id }, { person: caller, requestId: request.id })),
  }
}
