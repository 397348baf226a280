/**
 * Notices between the parts of the service, across processes when there are several. A notice carries ids only and may
 * be lost: whoever hears one reads the facts from Postgres, and polls slowly in case none came.
 */
export type Notice =
  /** Facts were committed to the console log; the relay may give them their place. */
  | { topic: 'facts' }
  /** The stream's head moved to `seq`. */
  | { topic: 'stream'; seq: number }
  /** Events of these sessions were committed: room views that watch them may read on. */
  | { topic: 'events'; sessionIds: string[] }
  /** A wake-up reached a process that does not hold the partition: its holder should look. */
  | { topic: 'wake'; partition: number }
  /** A person's rights changed: sockets of theirs close. */
  | { topic: 'person'; personId: string }

export type Fanout = {
  publish(notice: Notice): void
  /** Returns the way to stop listening. */
  subscribe<T extends Notice['topic']>(topic: T, hear: (notice: Extract<Notice, { topic: T }>) => void): () => void
  close(): Promise<void>
}

/** Wake-ups for partitions that have something to analyse. A lost one only delays: the sweeper finds the lag. */
export type Wakeups = {
  wake(partition: number): void
  /** Whether the queue answers. */
  up(): boolean
  close(): Promise<void>
}
