import { EventEmitter } from 'node:events'
import type { Fanout, Notice } from './fanout.ts'

/** A neighbour that hears what this process publishes and tells what it hears itself: the analysis thread. */
export type FanoutPeer = { post(notice: Notice): void; onNotice(hear: (notice: Notice) => void): void }

/**
 * Fan-out inside one process. Hearers run after the publisher's present work, never inside it, so that it behaves like
 * the Redis form.
 */
export function createInProcessFanout(): Fanout & { join(peer: FanoutPeer): () => void } {
  const emitter = new EventEmitter()
  emitter.setMaxListeners(0)
  const peers = new Set<FanoutPeer>()
  let closed = false

  function deliver(notice: Notice): void {
    setImmediate(() => {
      if (!closed) emitter.emit(notice.topic, notice)
    })
  }

  return {
    publish(notice) {
      if (closed) return
      deliver(notice)
      for (const peer of peers) peer.post(notice)
    },
    subscribe(topic, hear) {
      emitter.on(topic, hear)
      return () => emitter.off(topic, hear)
    },
    join(peer) {
      peers.add(peer)
      peer.onNotice((notice) => {
        deliver(notice)
        for (const other of peers) if (other !== peer) other.post(notice)
      })
      return () => peers.delete(peer)
    },
    close() {
      closed = true
      emitter.removeAllListeners()
      return Promise.resolve()
    },
  }
}
