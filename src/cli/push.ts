import { Presets, SingleBar } from 'cli-progress'
import { Command } from 'commander'
import { RoomClient } from '../../sdk/room-client.ts'
import { RoomClientError } from '../../sdk/room-client-error.ts'
import type { LiveSession } from '../../sdk/live-session.ts'
import { categorySchema } from '../contracts/category.ts'
import { actionNames, type RoomEnforcement } from '../contracts/enforcement.ts'
import { playScript, type Played, type PlayProgress } from './play-script.ts'
import {
  readScriptFile,
  readScriptStream,
  ScriptError,
  sessionStartOf,
  type Script,
  type StartOverrides,
} from './read-script.ts'

/** What `push` needs from outside. It reads no environment of its own. */
export type PushContext = {
  stdin: NodeJS.ReadableStream
  stdout: NodeJS.WritableStream
  stderr: NodeJS.WritableStream
  /** Where `LIVEWARDEN_KEY` is looked up. */
  environment: Readonly<Record<string, string | undefined>>
  /** Stops the play; without it Ctrl-C and SIGTERM do. */
  interrupt?: AbortSignal
}

type PushOptions = {
  url: string
  key?: string
  speed: string
  room?: string
  title?: string
  host?: string
  category?: string
  licence?: string[]
  sessionRef?: string
  json: boolean
}

/** How long the service may take to let the broadcast begin, milliseconds. */
const startMs = 8_000
/** How long Ctrl-C waits for what was said to be accepted, milliseconds. */
const flushMs = 5_000

/** An end of the command that a person can act on: bad input, or the service refused. */
class PushError extends Error {}

/**
 * `livewarden push FILE`: plays a script into a running service over the socket that real rooms use. Exit code: 0 played
 * (or stopped by Ctrl-C with everything sent accepted), 2 bad input or refused, 1 internal.
 */
export function pushCommand(context: PushContext): Command {
  return new Command('push')
    .description('play a broadcast from a file into a running service')
    .argument('<file>', 'NDJSON as for replay, SubRip (.srt) or WebVTT (.vtt); - reads stdin')
    .option('--url <url>', 'where the service is', 'http://localhost:3000')
    .option('--key <key>', 'room key; better in LIVEWARDEN_KEY, where other users of the machine cannot see it')
    .option('--speed <factor>', '1 as spoken, 10 ten times faster, max as fast as it is accepted', '1')
    .option('--room <id>', 'room, instead of the one in the file')
    .option('--title <title>', 'title of the broadcast')
    .option('--host <name>', 'name of the host')
    .option('--category <category>', 'what is sold, such as food or cosmetic')
    .option('--licence <text...>', 'licences as printed on the pack')
    .option('--session-ref <ref>', 'name of the broadcast; the same one again goes on where the last push stopped')
    .option('--json', 'one JSON object per line on stdout', false)
    .configureOutput({
      writeOut: (text) => void context.stdout.write(text),
      writeErr: (text) => void context.stderr.write(text),
    })
    .action(async (file: string, options: PushOptions, command: Command) => {
      try {
        await push(file, options, context)
      } catch (error) {
        const message = explain(error, options.url)
        // A fault of the program or the service is not the user's: the entry point reports it, with exit code 1.
        if (message === null) throw error
        command.error(`error: ${message}`, { exitCode: 2, code: 'livewarden.push' })
      }
    })
}

async function push(file: string, options: PushOptions, context: PushContext): Promise<void> {
  const speed = parseSpeed(options.speed)
  const key = options.key ?? context.environment['LIVEWARDEN_KEY']
  if (!key)
    throw new PushError('No room key. Give --key KEY or LIVEWARDEN_KEY; make one with: livewarden key create --room ID')
  // "localhost:3000" parses too, as an address of the scheme "localhost".
  if (!URL.canParse(options.url) || !/^https?:$/.test(new URL(options.url).protocol))
    throw new PushError(`--url ${options.url} is no address; it looks like http://localhost:3000`)
  const script = file === '-' ? await readScriptStream(context.stdin) : await readScriptFile(file)
  const name = file === '-' ? 'stdin' : file
  for (const { line, field, reason } of script.problems) {
    context.stderr.write(`${name}:${line}: ${field}: ${reason}\n`)
  }
  if (script.events.length === 0) throw new PushError(`${name} holds nothing that could be played`)
  const start = sessionStartOf(script.header, overridesOf(options))
  const screen = new Screen(context, options.json, script)
  const client = producer(options.url, key, screen)
  try {
    const session = await client.start(start)
    screen.started(session)
    const played = await playUntilInterrupted(script, session, speed, screen, context)
    screen.ended(session, played)
    judge(session, played, script)
  } finally {
    screen.stop()
    await client.close()
  }
}

/** A room client that shows what it is told. */
function producer(url: string, key: string, screen: Screen): RoomClient {
  return new RoomClient({
    url,
    key,
    timing: { startMs },
    onEnforcement: (measure) => screen.measure(measure),
    onLifted: ({ enforcementId, reason }) =>
      screen.tell({ type: 'lifted', enforcementId, reason }, `Lifted: ${reason}`),
    onState: (state) => {
      if (state.state === 'reconnecting')
        screen.note(`No connection (${state.reason}); trying again in ${state.delayMs} ms`)
      if (state.state === 'paused' && state.retryAfterMs >= 1_000)
        screen.note(`The service asks to wait ${state.retryAfterMs} ms: ${state.reason}`)
    },
  })
}

async function playUntilInterrupted(
  script: Script,
  session: LiveSession,
  speed: number | 'max',
  screen: Screen,
  context: PushContext,
): Promise<Played> {
  const { signal, forget } = interruption(context)
  try {
    const played = await playScript(script, session, { speed, signal, onProgress: (now) => screen.progress(now) })
    if (played.outcome === 'stopped') await flushFor(session, flushMs)
    return played
  } finally {
    forget()
  }
}

/** Resolves when everything is accepted, the session is over, or the time is. */
async function flushFor(session: LiveSession, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  // A session that is over has its reason in `closed`.
  await Promise.race([session.flush().catch(() => undefined), late])
  clearTimeout(timer)
}

function interruption(context: PushContext): { signal: AbortSignal; forget(): void } {
  if (context.interrupt) return { signal: context.interrupt, forget: () => undefined }
  const controller = new AbortController()
  const abort = (): void => controller.abort()
  // Once: a second Ctrl-C ends the process as usual.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, abort)
  return {
    signal: controller.signal,
    forget() {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, abort)
    },
  }
}

/** Ends well, or throws what the exit code says. */
function judge(session: LiveSession, played: Played, script: Script): void {
  if (played.outcome === 'closed') throw new PushError(closedMessage(session.roomId, played))
  if (session.buffered > 0) throw new PushError(`${session.buffered} events were not accepted by the service`)
  const bad = new Set(script.problems.map(({ line }) => line)).size
  if (bad > 0) throw new PushError(`${bad} ${bad === 1 ? 'line was' : 'lines were'} left out or corrected, see above`)
}

function closedMessage(roomId: string, { closed }: Extract<Played, { outcome: 'closed' }>): string {
  switch (closed.why) {
    case 'measure':
      return offAir(roomId, closed.until)
    case 'taken_over':
      return `Another producer started room ${roomId}; this one stopped`
    case 'unauthorised':
      return 'The key is not accepted any more'
    case 'refused':
    case 'ended':
    case 'left':
      return `The service closed the session: ${closed.reason}`
  }
}

function offAir(roomId: string, until: string | null | undefined): string {
  if (!until) return `Room ${roomId} is off air by a measure without an end of its own`
  const minutes = Math.max(1, Math.ceil((Date.parse(until) - Date.now()) / 60_000))
  return `Room ${roomId} is suspended until ${until} (停播，还有约 ${minutes} 分钟 / about ${minutes} min)`
}

/** What to tell the person; null for a fault nobody outside can mend. */
function explain(error: unknown, url: string): string | null {
  if (error instanceof PushError || error instanceof ScriptError) return error.message
  return error instanceof RoomClientError && error.code !== 'internal' ? refusal(error, url) : null
}

function refusal(error: RoomClientError, url: string): string {
  switch (error.code) {
    case 'unauthorised':
      return `The key was refused by ${url}. Make one with: livewarden key create --room ID`
    case 'forbidden':
      return `${error.message}. Make a key for it with: livewarden key create --room ID`
    case 'room_suspended':
      return `The room is off air: ${error.message}${error.until ? `, until ${error.until}` : ''}`
    default:
      return error.field === undefined ? error.message : `${error.message} (${error.field})`
  }
}

function parseSpeed(text: string): number | 'max' {
  if (text === 'max') return text
  const factor = Number(text)
  if (Number.isFinite(factor) && factor > 0) return factor
  throw new PushError(`--speed ${text}: give a factor such as 1 or 10, or max`)
}

function overridesOf(options: PushOptions): StartOverrides {
  const category = options.category === undefined ? undefined : categorySchema.safeParse(options.category)
  if (category && !category.success)
    throw new PushError(`--category: ${category.error.issues[0]?.message ?? 'unknown'}`)
  return {
    sessionRef: options.sessionRef ?? `push-${Date.now().toString(36)}`,
    ...(options.room === undefined ? {} : { roomId: options.room }),
    ...(options.title === undefined ? {} : { title: options.title }),
    ...(options.host === undefined ? {} : { hostName: options.host }),
    ...(options.licence === undefined ? {} : { licences: options.licence }),
    ...(category?.data === undefined ? {} : { category: category.data }),
  }
}

/** What a person, or with `--json` a program, sees. The bar and notes are on stderr, results on stdout. */
class Screen {
  readonly #context: PushContext
  readonly #json: boolean
  readonly #script: Script
  readonly #bar: SingleBar | null
  #nextLineAt = 0

  constructor(context: PushContext, json: boolean, script: Script) {
    this.#context = context
    this.#json = json
    this.#script = script
    this.#bar = isTerminal(context.stderr) ? makeBar(context.stderr) : null
  }

  started(session: LiveSession): void {
    const { id: sessionId, roomId, sessionRef } = session
    const skipped = session.nextSeq - 1
    const from = skipped > 0 ? `, going on after event ${skipped}` : ''
    this.tell(
      { type: 'started', sessionId, roomId, sessionRef, skipped },
      `Room ${roomId}, session ${sessionId}${from}`,
    )
    this.#bar?.start(this.#script.events.length, skipped, { time: clockTime(0) })
  }

  progress({ sent, total, atMs, acceptedThrough }: PlayProgress): void {
    if (this.#bar) {
      this.#bar.update(Math.min(acceptedThrough, total), { time: clockTime(atMs) })
      return
    }
    if (sent < this.#nextLineAt) return
    // A log wants ten lines, not thousands.
    this.#nextLineAt = sent + Math.max(1, Math.ceil(total / 10))
    this.note(`${sent}/${total}  ${clockTime(atMs)}`)
  }

  measure(measure: RoomEnforcement): void {
    const { zh, en } = actionNames[measure.action]
    const until = measure.until ? ` until ${measure.until}` : ''
    this.tell({ type: 'enforcement', ...measure }, `【${zh} ${en}${until}】${measure.notice}`)
  }

  ended(session: LiveSession, played: Played): void {
    this.stop()
    const { sent, atMs, outcome } = played
    const total = this.#script.events.length
    const accepted = Math.min(session.acceptedThrough, total)
    const summary = {
      type: 'summary',
      outcome,
      roomId: session.roomId,
      sessionId: session.id,
      sessionRef: session.sessionRef,
    }
    const until = played.outcome === 'closed' && played.closed.why === 'measure' ? { until: played.closed.until } : {}
    this.tell({ ...summary, sent, accepted, total, atMs, ...until }, endLine(session, played, accepted, total))
  }

  /** One fact: a line of JSON for programs, a sentence for people. */
  tell(fact: object, sentence: string): void {
    this.#clearBar()
    this.#context.stdout.write(this.#json ? `${JSON.stringify(fact)}\n` : `${sentence}\n`)
  }

  note(sentence: string): void {
    this.#clearBar()
    this.#context.stderr.write(`${sentence}\n`)
  }

  stop(): void {
    this.#bar?.stop()
  }

  /** The bar owns its line; it is drawn again below whatever is written now. */
  #clearBar(): void {
    if (this.#bar?.isActive) this.#context.stderr.write('\r\u001b[K')
  }
}

function endLine(session: LiveSession, played: Played, accepted: number, total: number): string {
  const place = `${accepted} of ${total} events accepted, at ${clockTime(played.atMs)}`
  switch (played.outcome) {
    case 'played':
      return `Played: ${place}`
    case 'stopped':
      return `Stopped: ${place}. Go on with: --session-ref ${session.sessionRef}`
    case 'closed':
      return `Cut off: ${place}`
  }
}

function makeBar(stream: NodeJS.WritableStream): SingleBar {
  const format = '{bar} {percentage}% | {value}/{total} | {time}'
  return new SingleBar({ stream, format, fps: 5, clearOnComplete: false, hideCursor: false }, Presets.shades_classic)
}

function isTerminal(stream: NodeJS.WritableStream): boolean {
  return 'isTTY' in stream && stream.isTTY === true
}

/** Minutes and seconds of the broadcast. */
function clockTime(ms: number): string {
  const seconds = Math.floor(ms / 1_000)
  return `${String(Math.floor(seconds / 60)).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}`
}
