import { io, type Socket } from 'socket.io-client'
import type { Alert } from '../../src/contracts/alert.ts'
import type { CaseDetail } from '../../src/contracts/case.ts'
import type { ConsoleFact, SinceReply, StreamItem } from '../../src/contracts/console-wire.ts'
import type { Enforcement } from '../../src/contracts/enforcement.ts'
import type { Role } from '../../src/contracts/people.ts'
import { runProgram } from './service.ts'

/** A person at a console: signed in over HTTP, following the stream over a socket. */
export type ConsoleUser = {
  /** Facts in the order of the stream, snapshot alerts first as `alert.opened`. */
  facts: ConsoleFact[]
  items: StreamItem[]
  /** Waits for a fact that fits, also one that came already. */
  fact<T extends ConsoleFact['type']>(
    type: T,
    fits?: (fact: Extract<ConsoleFact, { type: T }>) => boolean,
  ): Promise<Extract<ConsoleFact, { type: T }>>
  alert(fits: (alert: Alert) => boolean): Promise<Alert>
  get<T>(path: string): Promise<T>
  post(path: string, body: unknown): Promise<{ status: number; body: unknown }>
  /** Takes the measure on the alert's case, with its own evidence and grounds. */
  measure(alert: Alert, action: 'remind' | 'warn' | 'suspend' | 'ban', durationSeconds?: number): Promise<Enforcement>
  close(): void
}

/** Creates a person on the command line, as an operator would. */
export async function createPerson(databaseUrl: string, login: string, role: Role): Promise<string> {
  const args = ['user', 'add', login, '--role', role, '--name', login, '--json']
  const { code, stdout, stderr } = await runProgram(args, { environment: { DATABASE_URL: databaseUrl } })
  if (code !== 0) throw new Error(`user add failed: ${stderr}`)
  const answer = JSON.parse(stdout) as { password: string }
  return answer.password
}

/** Creates a key for every room on the command line. */
export async function createKey(databaseUrl: string): Promise<string> {
  const environment = { DATABASE_URL: databaseUrl }
  const { code, stdout, stderr } = await runProgram(['key', 'create', '--all', '--json'], { environment })
  if (code !== 0) throw new Error(`key create failed: ${stderr}`)
  const answer = JSON.parse(stdout) as { key: string }
  return answer.key
}

export async function signIn(url: string, login: string, password: string): Promise<ConsoleUser> {
  const headers = { 'content-type': 'application/json', 'x-livewarden': '1', origin: url }
  const answer = await fetch(`${url}/v1/login`, { method: 'POST', headers, body: JSON.stringify({ login, password }) })
  if (!answer.ok) throw new Error(`sign-in: ${answer.status} ${await answer.text()}`)
  const cookie = answer.headers
    .getSetCookie()
    .map((line) => line.split(';')[0] ?? '')
    .join('; ')
  const socket = io(`${url}/console`, {
    transports: ['websocket'],
    extraHeaders: { cookie, origin: url },
    forceNew: true,
  })
  return follow(url, cookie, socket)
}

async function follow(url: string, cookie: string, socket: Socket): Promise<ConsoleUser> {
  const facts: ConsoleFact[] = []
  const items: StreamItem[] = []
  const waiting = new Set<() => void>()
  const take = (fact: ConsoleFact): void => {
    facts.push(fact)
    for (const look of waiting) look()
  }
  socket.on('batch', (batch: { items: StreamItem[] }) => {
    for (const item of batch.items) {
      items.push(item)
      take(item.fact)
    }
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('connect_error', reject)
    socket.on('connect', () => {
      const streamSeq = items.at(-1)?.streamSeq ?? 0
      socket.emit('since', { streamSeq }, (reply: { ok: boolean; data: SinceReply }) => {
        if (!reply.ok) return reject(new Error(JSON.stringify(reply)))
        if (reply.data.kind === 'snapshot') {
          for (const alert of reply.data.snapshot.alerts) take({ type: 'alert.opened', alert })
        } else {
          for (const item of reply.data.items) {
            items.push(item)
            take(item.fact)
          }
        }
        resolve()
      })
    })
  })

  async function fact<T extends ConsoleFact['type']>(
    type: T,
    fits: (fact: Extract<ConsoleFact, { type: T }>) => boolean = () => true,
  ): Promise<Extract<ConsoleFact, { type: T }>> {
    const isWanted = (item: ConsoleFact): item is Extract<ConsoleFact, { type: T }> =>
      item.type === type && fits(item as Extract<ConsoleFact, { type: T }>)
    return new Promise((resolve) => {
      const look = (): void => {
        const found = facts.find(isWanted)
        if (!found) return
        waiting.delete(look)
        resolve(found)
      }
      waiting.add(look)
      look()
    })
  }

  async function get<T>(path: string): Promise<T> {
    const answer = await fetch(`${url}${path}`, { headers: { cookie } })
    if (!answer.ok) throw new Error(`GET ${path}: ${answer.status} ${await answer.text()}`)
    return (await answer.json()) as T
  }

  async function post(path: string, body: unknown): Promise<{ status: number; body: unknown }> {
    const answer = await fetch(`${url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-livewarden': '1', origin: url, cookie },
      body: JSON.stringify(body),
    })
    return { status: answer.status, body: await answer.json() }
  }

  return {
    facts,
    items,
    fact,
    async alert(fits) {
      const isIt = (item: { alert: Alert }): boolean => fits(item.alert)
      const found = await Promise.race([fact('alert.opened', isIt), fact('alert.updated', isIt)])
      return found.alert
    },
    get,
    post,
    async measure(alert, action, durationSeconds) {
      const detail = await get<CaseDetail>(`/v1/cases/${alert.caseId}`)
      const answer = await post('/v1/enforcements', {
        idempotencyKey: crypto.randomUUID(),
        caseId: alert.caseId,
        caseRev: detail.case.rev,
        action,
        ...(durationSeconds === undefined ? {} : { durationSeconds }),
        basisIds: [detail.grounds[0]?.basisId],
        evidenceIds: [`${alert.sessionId}:${alert.quoteSeq}`],
        reason: '测试中的处置',
      })
      if (answer.status !== 200) throw new Error(`enforcement: ${answer.status} ${JSON.stringify(answer.body)}`)
      return answer.body as Enforcement
    },
    close() {
      socket.disconnect()
    },
  }
}
