import { spawnSync } from 'node:child_process'
import { readFileSync, readdirSync, readlinkSync } from 'node:fs'
import { systemErrorCode } from './bundled-postgres-error.ts'

/**
 * A pid alone does not name a process: the number is given out again. Its start time does. On Linux that is the boot id and
 * field 22 of `/proc/<pid>/stat`; elsewhere `ps -o lstart`, a date with a resolution of one second, which is the
 * documented fallback: a pid given out twice within one second would be mistaken.
 */
export type ProcessState = { running: false } | { running: true; startTime: string | undefined }

const onLinux = process.platform === 'linux'

/** Whether `pid` runs in this pid namespace, and since when; `startTime` is undefined when the system hides it. */
export function processState(pid: number): ProcessState {
  return onLinux ? linuxState(pid) : posixState(pid)
}

/** Whether `pid` still runs; a process that ended and waits to be reaped does not. */
export function isRunning(pid: number): boolean {
  return processState(pid).running
}

/** Milliseconds since 1970 at which `pid` started, or undefined when it does not run or the system does not tell. */
export function startedAtMs(pid: number): number | undefined {
  if (!onLinux) {
    const state = posixState(pid)
    const parsed = state.running && state.startTime !== undefined ? Date.parse(`${state.startTime} UTC`) : NaN
    return Number.isNaN(parsed) ? undefined : parsed
  }
  const ticks = readStat(pid)?.startTicks
  const boot = /^btime (\d+)$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1]
  // The kernel reports these ticks in units of 1/100 s on every architecture Node runs on.
  return ticks === undefined || boot === undefined ? undefined : Number(boot) * 1000 + Number(ticks) * 10
}

/** Names the pid namespace of this process: a pid read in another one says nothing here. Empty where there are none. */
export function pidNamespace(): string {
  try {
    return onLinux ? readlinkSync('/proc/self/ns/pid') : ''
  } catch {
    return '' // a sandbox that hides namespaces has only the one we are in
  }
}

/** The command lines of all processes this user may see, by pid. */
export function commandLines(): Map<number, string> {
  const found = new Map<number, string>()
  if (onLinux) {
    for (const entry of readdirSync('/proc')) {
      if (!/^\d+$/.test(entry)) continue
      const line = readOrUndefined(`/proc/${entry}/cmdline`)
      if (line) found.set(Number(entry), line.replaceAll('\0', ' ').trim())
    }
    return found
  }
  for (const row of ps(['-axww', '-o', 'pid=,command=']).split('\n')) {
    const match = /^\s*(\d+)\s+(.*)$/.exec(row)
    if (match?.[1] !== undefined && match[2] !== undefined) found.set(Number(match[1]), match[2])
  }
  return found
}

function linuxState(pid: number): ProcessState {
  const stat = readStat(pid)
  if (stat) {
    if (stat.state === 'Z' || stat.state === 'X') return { running: false }
    return { running: true, startTime: `${bootId()}:${stat.startTicks}` }
  }
  // With /proc mounted hidepid the process is there and cannot be read.
  return acceptsSignals(pid) ? { running: true, startTime: undefined } : { running: false }
}

function posixState(pid: number): ProcessState {
  const row = ps(['-o', 'stat=,lstart=', '-p', String(pid)]).trim()
  if (row === '' || row.startsWith('Z')) return { running: false }
  return { running: true, startTime: row.replace(/^\S+\s+/, '') }
}

function readStat(pid: number): { state: string; startTicks: string } | undefined {
  const text = readOrUndefined(`/proc/${pid}/stat`)
  if (text === undefined) return undefined
  // The second field is the program's name in brackets and may itself hold spaces and brackets.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return { state: fields[0] ?? '', startTicks: fields[19] ?? '' }
}

function bootId(): string {
  return readOrUndefined('/proc/sys/kernel/random/boot_id')?.trim() ?? ''
}

function acceptsSignals(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return systemErrorCode(error) === 'EPERM'
  }
}

function readOrUndefined(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined // the process ended between being listed and being read
  }
}

function ps(options: string[]): string {
  const { stdout } = spawnSync('ps', options, {
    encoding: 'utf8',
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
  })
  return stdout
}
