// Proves the two commands of the README on this machine: a fresh clone with no node_modules, in a path with a space,
// once as root and once as an ordinary user. `npm start` is ready within 120 s, the first demo alert reaches /console
// within 60 s more, a second `npm start` is ready within 15 s, and SIGTERM ends it cleanly.
import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { io } from 'socket.io-client'

const source = fileURLToPath(new URL('..', import.meta.url))
const isRoot = process.getuid?.() === 0
/** An account that every system has and that owns nothing. */
const ordinary = { uid: idOf('-u'), gid: idOf('-g') }
const readyWithinMs = 120_000
const alertWithinMs = 60_000
const againWithinMs = 15_000

let problems = 0
for (const user of isRoot ? [null, ordinary] : [null]) {
  const who = user ? 'an ordinary user' : isRoot ? 'root' : 'this user'
  try {
    await prove(user, who)
  } catch (error) {
    problems += 1
    console.log(`two commands as ${who}: ${error instanceof Error ? error.message : String(error)}`)
  }
}
process.exit(problems === 0 ? 0 : 1)

async function prove(user, who) {
  const parent = mkdtempSync(join(tmpdir(), 'livewarden two commands '))
  const clone = join(parent, 'live warden')
  const home = join(parent, 'home')
  mkdirSync(home)
  chmodSync(parent, 0o755)
  try {
    execFileSync('git', ['clone', '--quiet', source, clone], { stdio: ['ignore', 'ignore', 'inherit'] })
    if (user) {
      execFileSync('chown', ['-R', `${user.uid}:${user.gid}`, clone])
      chownSync(home, user.uid, user.gid)
    }
    const port = await freePort()
    const first = await start(clone, home, user, port, readyWithinMs)
    console.log(`two commands as ${who}: ready after ${first.seconds} s`)
    const alertSeconds = await firstAlert(clone, port).catch(async (error) => {
      await stop(first)
      throw error
    })
    console.log(`two commands as ${who}: first demo alert ${alertSeconds} s later`)
    await stop(first)
    const second = await start(clone, home, user, port, againWithinMs)
    console.log(`two commands as ${who}: second start ready after ${second.seconds} s`)
    await stop(second)
  } finally {
    rmSync(parent, { recursive: true, force: true })
  }
}

async function start(clone, home, user, port, withinMs) {
  const began = Date.now()
  const child = spawn('npm', ['start'], {
    cwd: clone,
    env: { ...process.env, HOME: home, PORT: String(port), npm_config_cache: join(home, '.npm') },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    ...(user ?? {}),
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      said = (said + chunk).slice(-8_000)
    })
  }
  const ended = new Promise((resolve) => child.once('close', (code, signal) => resolve({ code, signal })))
  let over = null
  void ended.then((end) => {
    over = end
  })
  while (Date.now() - began < withinMs) {
    if (over) throw new Error(`npm start ended with ${JSON.stringify(over)}:\n${said}`)
    if (await isReady(port))
      return { child, ended, said: () => said, seconds: ((Date.now() - began) / 1_000).toFixed(1) }
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  process.kill(-child.pid, 'SIGKILL')
  throw new Error(`npm start was not ready within ${withinMs / 1_000} s:\n${said}`)
}

/** As Ctrl-C does: the whole group is told, npm and what it started. */
async function stop(service) {
  process.kill(-service.child.pid, 'SIGTERM')
  const end = await Promise.race([service.ended, new Promise((resolve) => setTimeout(() => resolve(null), 20_000))])
  if (!end) {
    process.kill(-service.child.pid, 'SIGKILL')
    throw new Error(`npm start did not stop within 20 s:\n${service.said()}`)
  }
}

async function isReady(port) {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(1_000) })
    return answer.status === 200
  } catch {
    return false
  }
}

/** Signs in with the passwords the start wrote down, and waits on the console's own socket. */
async function firstAlert(clone, port) {
  const began = Date.now()
  const origin = `http://127.0.0.1:${port}`
  const users = readFileSync(join(clone, 'data/demo-users.txt'), 'utf8')
  const line = users.split('\n').find((text) => text.startsWith('shenhe'))
  const [login, password] = line.trim().split(/\s+/)
  const answer = await fetch(`${origin}/v1/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-livewarden': '1', origin },
    body: JSON.stringify({ login, password }),
  })
  if (!answer.ok) throw new Error(`sign-in failed: ${answer.status} ${await answer.text()}`)
  const cookie = answer.headers
    .getSetCookie()
    .map((text) => text.split(';')[0])
    .join('; ')
  const socket = io(`${origin}/console`, { transports: ['websocket'], extraHeaders: { cookie, origin } })
  try {
    return await new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error('no demo alert within 60 s')), alertWithinMs)
      const seen = () => {
        clearTimeout(late)
        resolve(((Date.now() - began) / 1_000).toFixed(1))
      }
      socket.on('connect_error', reject)
      socket.on('connect', () => {
        socket.emit('since', { streamSeq: 0 }, (reply) => {
          if (!reply.ok) reject(new Error(`since: ${JSON.stringify(reply)}`))
          else if (reply.data.kind === 'snapshot' && reply.data.snapshot.alerts.length > 0) seen()
          else if (reply.data.kind === 'complete' && reply.data.items.some(isAlert)) seen()
        })
      })
      socket.on('batch', (batch) => {
        if (batch.items.some(isAlert)) seen()
      })
    })
  } finally {
    socket.disconnect()
  }
}

function isAlert(item) {
  return item.fact.type === 'alert.opened'
}

function idOf(flag) {
  return Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }))
}

function freePort() {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address()
      probe.close(() => resolve(port))
    })
  })
}
