import type { Socket } from 'socket.io'
import { refuse } from '../contracts/errors.ts'
import type { Reply } from '../contracts/ingest-wire.ts'

/**
 * Hands every event of a Socket.IO socket to `take`, known or not, and answers through the acknowledgement if there is
 * one. An event carries exactly one argument.
 */
export function takeEvents(
  socket: Socket,
  take: (type: unknown, data: unknown) => Promise<Reply>,
  answered: (reply: Reply) => void,
): void {
  socket.onAny((type: unknown, ...args: unknown[]) => {
    const last = args.at(-1)
    const acknowledge = typeof last === 'function' ? last : null
    if (acknowledge) args.pop()
    const reply =
      args.length > 1
        ? Promise.resolve<Reply>(refuse('bad_request', `An event carries one argument, not ${args.length}`))
        : take(type, args[0])
    void reply.then((answer) => {
      if (acknowledge && socket.connected) acknowledge(answer)
      answered(answer)
    })
  })
}
