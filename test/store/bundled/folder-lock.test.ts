import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test, vi } from 'vitest'
import { folderOwner, lockFolder, type FolderLock } from '../../../src/store/bundled/folder-lock.ts'
import { lightBeacon } from '../../../src/store/bundled/lock-beacon.ts'
import { isRunning, processState } from '../../../src/store/bundled/process-identity.ts'
import { temporaryFolder } from './fixtures/folder.ts'

test('a lock is refused while its owner lives, and free after release', async () => {
  const folder = await temporaryFolder()
  const lock = await lockFolder(folder)
  await expect(lockFolder(folder)).rejects.toMatchObject({
    code: 'folder_locked',
    message: expect.stringMatching(new RegExp(`process ${process.pid}, since .*\\(kill ${process.pid}\\)`)),
  })
  expect(await folderOwner(folder)).toBe(process.pid)
  await lock.release()
  expect(await readdir(folder)).toEqual([])
  await (await lockFolder(folder)).release()
})

test('the lock of a dead process is taken over', async () => {
  const pid = deadPid()
  const folder = await lockedFolder({ pid })
  expect(await folderOwner(folder)).toBeUndefined()
  await keep(lockFolder(folder))
  expect(await folderOwner(folder)).toBe(process.pid)
})

test('the lock of a process that ended and was not reaped yet is taken over', async () => {
  // The shell becomes a `sleep` that never waits for the child it has, so that child stays a zombie.
  const parent = spawn('/bin/sh', ['-c', ': & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] })
  onTestFinished(() => void parent.kill('SIGKILL'))
  const [line] = (await once(parent.stdout, 'data')) as [Buffer]
  const pid = Number(line.toString())
  const folder = await lockedFolder({ pid })
  await vi.waitFor(() => expect(isRunning(pid)).toBe(false))
  await keep(lockFolder(folder))
})

test('the lock of a pid that was given to a younger process is taken over', async () => {
  const folder = await lockedFolder({ pid: process.pid, startTime: 'an earlier boot:1' })
  await keep(lockFolder(folder))
})

test('a lock file cut short by a crash is taken over', async () => {
  const folder = await temporaryFolder()
  await writeFile(join(folder, 'livewarden.lock'), '{"pid":1')
  await keep(lockFolder(folder))
})

test('of many processes that find a dead lock at once, exactly one gets it', async () => {
  const rounds = 200
  const parent = await temporaryFolder()
  const record = await readFile(join(await lockedFolder({ pid: deadPid() }), 'livewarden.lock'))
  for (let round = 0; round < rounds; round += 1) {
    await mkdir(join(parent, String(round)))
    await writeFile(join(parent, String(round), 'livewarden.lock'), record)
  }
  const racers = await Promise.all([1, 2, 3].map(() => startRacer(parent, rounds)))
  const moment = Date.now() + 50
  for (const racer of racers) racer.start(moment)
  const won = (await Promise.all(racers.map(({ result }) => result))).flat()
  expect(won.sort((a, b) => a - b)).toEqual(Array.from({ length: rounds }, (_, round) => round))
})

test('a takeover that was itself cut short is taken over', async () => {
  const pid = deadPid()
  const folder = await lockedFolder({ pid })
  await writeFile(join(folder, 'livewarden.lock.takeover'), await readFile(join(folder, 'livewarden.lock')))
  await keep(lockFolder(folder))
  expect(existsSync(join(folder, 'livewarden.lock.takeover'))).toBe(false)
})

test('the lock of another container is refused while its owner lives, and taken over when it is dead', async () => {
  const folder = await lockedFolder({ pid: 1, pidNamespace: 'pid:[1]', host: 'other-container' })
  const beacon = await lightBeacon(folder) // as the owner over there does
  await expect(lockFolder(folder)).rejects.toMatchObject({
    code: 'folder_locked',
    message: expect.stringContaining('of another container (host "other-container")'),
  })
  await beacon?.extinguish()
  await keep(lockFolder(folder))
})

test('the lock of another container that could light no beacon is refused, with the way out', async () => {
  const folder = await lockedFolder({ pid: 1, pidNamespace: 'pid:[1]', beacon: false })
  await expect(lockFolder(folder)).rejects.toMatchObject({
    message: expect.stringContaining('if it does not, delete "'),
  })
})

test('a folder with a long path can be locked', async () => {
  const folder = join(await temporaryFolder(), 'a'.repeat(100), '巡'.repeat(60))
  await mkdir(folder, { recursive: true })
  await keep(lockFolder(folder))
})

/** A process that tries for the lock of every folder below `parent` from a given moment on. */
async function startRacer(
  parent: string,
  rounds: number,
): Promise<{ start(atMs: number): void; result: Promise<number[]> }> {
  const script = fileURLToPath(new URL('fixtures/race-for-locks.mjs', import.meta.url))
  const child = spawn(process.execPath, [script, parent, String(rounds)], { stdio: ['pipe', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  await lines.next()
  return {
    start: (atMs) => void child.stdin.write(String(atMs)),
    result: lines.next().then(({ value }) => JSON.parse(String(value)) as number[]),
  }
}

function deadPid(): number {
  return spawnSync(process.execPath, ['--version']).pid
}

async function keep(locking: Promise<FolderLock>): Promise<void> {
  const lock = await locking
  onTestFinished(() => lock.release())
}

/** A folder as an owner with these properties has left it. */
async function lockedFolder(properties: { pid: number } & Record<string, unknown>): Promise<string> {
  const folder = await temporaryFolder()
  const lock = await lockFolder(folder)
  const record: unknown = JSON.parse(await readFile(join(folder, 'livewarden.lock'), 'utf8'))
  await lock.release()
  const state = processState(properties.pid)
  const startTime = state.running ? state.startTime : 'that of a dead process'
  await writeFile(join(folder, 'livewarden.lock'), JSON.stringify({ ...(record as object), startTime, ...properties }))
  return folder
}
