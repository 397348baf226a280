import { EventEmitter } from 'node:events'
import { Redis } from 'ioredis'
import type { Fanout, Notice } from './fanout.ts'
import { patientOptions, producerOptions } from './redis-options.ts'

const channel = '{livewarden}:notices'

/** Fan-out over Redis publish/subscribe. What Redis loses is found by the hearers' own slow polls. */
export function createRedisFanout(url: string, onError: (error: Error) => void): Fanout {
  const emitter = new EventEmitter()
  emitter.setMaxListeners(0)
  const publisher = new Redis(url, producerOptions)
  const subscriber = new Redis(url, patientOptions)
  publisher.on('error', onError)
  subscriber.on('error', onError)
  subscriber.on('message', (_channel, text) => {
    const notice = parse(text)
    if (notice) emitter.emit(notice.topic, notice)
  })
  subscriber.subscribe(channel).catch(onError)

  return {
    publish(notice) {
      publisher.publish(channel, JSON.stringify(notice)).catch(onError)
    },
    subscribe(topic, hear) {
      emitter.on(topic, hear)
      return () => emitter.off(topic, hear)
    },
    close() {
      emitter.removeAllListeners()
      subscriber.disconnect()
      publisher.disconnect()
      return Promise.resolve()
    },
  }
}

/** Only this service writes to the channel, but a stranger's message must not end the process. */
function parse(text: string): Notice | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && 'topic' in value ? (value as Notice) : null
  } catch {
    return null
  }
}
