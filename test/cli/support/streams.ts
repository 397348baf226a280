import { PassThrough, Readable, Writable } from 'node:stream'

/** A readable stream of a text, in pieces as a pipe would give them. */
export function input(text: string): Readable {
  const bytes = Buffer.from(text)
  const pieces: Buffer[] = []
  for (let at = 0; at < bytes.length; at += 1_000) pieces.push(bytes.subarray(at, at + 1_000))
  return Readable.from(pieces)
}

/** A writable that remembers what was written. */
export function output(): Writable & { text: () => string } {
  const stream = new PassThrough()
  const chunks: Buffer[] = []
  stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  return Object.assign(stream, { text: () => Buffer.concat(chunks).toString('utf8') })
}

/** A reader that takes one write at a time and counts how many were waiting at most. */
export function slowOutput(): Writable & { most: () => number; lines: () => number } {
  let most = 0
  let lines = 0
  const stream = new Writable({
    highWaterMark: 1_024,
    write(chunk: Buffer, _encoding, done) {
      lines += chunk.toString('utf8').split('\n').length - 1
      most = Math.max(most, stream.writableLength)
      setImmediate(done)
    },
  })
  return Object.assign(stream, { most: () => most, lines: () => lines })
}
