import { MessageChannel } from 'node:worker_threads'
import type { Notice } from '../../src/bus/fanout.ts'
import { createInProcessFanout } from '../../src/bus/in-process-fanout.ts'
import { fanoutContract } from './fanout-contract.ts'

fanoutContract('in one process', () => {
  const fanout = createInProcessFanout()
  return Promise.resolve({ here: fanout, there: fanout })
})

fanoutContract('between a process and its analysis thread', () => {
  const { port1, port2 } = new MessageChannel()
  const [here, there] = [port1, port2].map((port) => {
    const fanout = createInProcessFanout()
    fanout.join({
      post: (notice) => port.postMessage(notice),
      onNotice: (hear) => port.on('message', (notice: Notice) => hear(notice)),
    })
    return {
      ...fanout,
      close: () => {
        port.close()
        return fanout.close()
      },
    }
  })
  if (!here || !there) throw new Error('two ports make two ends')
  return Promise.resolve({ here, there })
})
