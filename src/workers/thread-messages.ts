import type { Notice } from '../bus/fanout.ts'
import type { QueueBackend } from '../bus/queue.ts'

/** What the host tells the analysis thread at its start. */
export type ThreadOptions = { databaseUrl: string; backend: QueueBackend }

export type ToThread = { kind: 'notice'; notice: Notice } | { kind: 'stop' }

export type FromThread =
  | { kind: 'ready' }
  | { kind: 'alive'; events: number; rooms: number; queueUp: boolean }
  | { kind: 'notice'; notice: Notice }
  | { kind: 'log'; level: 'info' | 'warn' | 'error'; details: Record<string, unknown>; message: string }
