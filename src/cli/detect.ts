import { detectInputSchema } from '../contracts/detect.ts'
import { detect } from '../detectors/detect.ts'
import { readJsonLines, writeJsonLine } from './json-lines.ts'
import { defaultPackFolder, loadPack } from './pack-folder.ts'

export type DetectIo = {
  stdin: NodeJS.ReadableStream
  stdout: NodeJS.WritableStream
  stderr: NodeJS.WritableStream
  packDir?: string
}

/**
 * `livewarden detect`: NDJSON in, NDJSON out, in order. A bad line is named on stderr as `line N: field: reason` and the
 * others are answered. Returns the exit code: 0 all read, 2 some line bad, 1 internal.
 */
export async function runDetect(io: DetectIo): Promise<number> {
  try {
    const pack = loadPack(io.packDir ?? defaultPackFolder())
    let bad = 0
    for await (const read of readJsonLines(io.stdin, () => detectInputSchema)) {
      if (read.ok) await writeJsonLine(io.stdout, detect(read.value, pack))
      else {
        bad++
        io.stderr.write(`line ${read.line}: ${read.reason}\n`)
      }
    }
    return bad > 0 ? 2 : 0
  } catch (error) {
    io.stderr.write(`detect: ${error instanceof Error ? error.message : String(error)}\n`)
    return 1
  }
}
