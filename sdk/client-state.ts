/** What an application may show of its connection. Nothing here needs an answer: the client acts by itself. */
export type ClientState =
  | { state: 'idle' | 'connecting' | 'connected' | 'closed' }
  | { state: 'reconnecting'; reason: string; attempt: number; delayMs: number }
  /** The service asked to wait; events stay in the buffer. */
  | { state: 'paused'; sessionId: string; reason: string; retryAfterMs: number }
  /** The service misses events it had accepted and this client no longer holds; it will record them as not analysed. */
  | { state: 'gap'; sessionId: string; fromSeq: number; toSeq: number }
  /** The broadcast had ended meanwhile, by silence for example; what was not accepted goes into a new one. */
  | { state: 'continued'; sessionId: string; previousSessionId: string }
  | { state: 'callback-failed'; enforcementId: string; error: unknown }
