import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** A stretch of network between a client and a server that can break. */
export type CuttableProxy = {
  url: string
  /** Breaks every connection, in both directions, without a goodbye. */
  cut(): void
  /** From now on nothing the server says on these connections arrives. */
  swallowAnswers(): void
  close(): Promise<void>
}

/** Forwards bytes to the server at `url`. */
export async function cuttableProxy(url: string): Promise<CuttableProxy> {
  const { hostname, port } = new URL(url)
  const pairs = new Set<[Socket, Socket]>()
  const server = createServer((near) => {
    const far = connect(Number(port), hostname)
    const pair: [Socket, Socket] = [near, far]
    pairs.add(pair)
    const drop = (): void => {
      pairs.delete(pair)
      near.destroy()
      far.destroy()
    }
    for (const socket of pair) socket.on('error', drop).on('close', drop)
    near.pipe(far).pipe(near)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const cut = (): void => {
    for (const [near, far] of pairs) {
      near.resetAndDestroy()
      far.resetAndDestroy()
    }
  }
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut,
    swallowAnswers() {
      for (const [near, far] of pairs) far.unpipe(near).resume()
    },
    close() {
      cut()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}
