import WebSocket from 'ws'
import type { RoomEventInput } from '../../src/contracts/room-event.ts'
import type { SessionStartInput } from '../../src/contracts/session.ts'

export type PlainReply = { ok: boolean; data?: Record<string, unknown>; error?: Record<string, unknown> }

/** A producer with nothing but a WebSocket and JSON, as somebody would write it in another language. */
export type PlainRoom = {
  socket: WebSocket
  /** Messages that came unasked, in order. */
  told: { type: string; data: Record<string, unknown> }[]
  ask(type: string, data: unknown): Promise<PlainReply>
  start(start: SessionStartInput): Promise<string>
  append(sessionId: string, events: readonly RoomEventInput[]): Promise<PlainReply>
  /** Waits for a message that came unasked, also one that came already. */
  heard(type: string): Promise<Record<string, unknown>>
  closed: Promise<{ code: number; reason: string }>
  close(): void
}

export async function plainRoom(url: string, key: string): Promise<PlainRoom> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/ingest/ws`, {
    headers: { authorization: `Bearer ${key}` },
  })
  const told: PlainRoom['told'] = []
  const replies = new Map<number, (reply: PlainReply) => void>()
  const waiting = new Set<() => void>()
  let lastId = 0
  socket.on('message', (bytes: Buffer) => {
    const frame = JSON.parse(bytes.toString()) as {
      type: string
      id?: number
      data: Record<string, unknown>
    } & PlainReply
    if (frame.type === 'reply' && frame.id !== undefined) replies.get(frame.id)?.(frame)
    else told.push({ type: frame.type, data: frame.data })
    for (const look of waiting) look()
  })
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() }))
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('error', reject)
  })
  socket.on('error', () => undefined)

  function ask(type: string, data: unknown): Promise<PlainReply> {
    lastId += 1
    const id = lastId
    return new Promise((resolve) => {
      replies.set(id, resolve)
      socket.send(JSON.stringify({ type, id, data }))
    })
  }

  return {
    socket,
    told,
    ask,
    async start(start) {
      const reply = await ask('session.start', start)
      if (!reply.ok) throw new Error(JSON.stringify(reply.error))
      return String(reply.data?.['sessionId'])
    },
    append: (sessionId, events) => ask('events.append', { sessionId, events }),
    heard(type) {
      return new Promise((resolve) => {
        const look = (): void => {
          const message = told.find((item) => item.type === type)
          if (!message) return
          waiting.delete(look)
          resolve(message.data)
        }
        waiting.add(look)
        look()
      })
    },
    closed,
    close: () => socket.close(),
  }
}
