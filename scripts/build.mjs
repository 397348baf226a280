// Builds the server (src, sdk → dist/src, dist/sdk) and the console (web → dist/web), both at once.
//
//   npm run build
//
// Everything is built in a folder of its own and moved into place when all of it is complete, and `dist/.built` is written
// last: a build that fails or is killed leaves the one before it, and nothing that claims to be up to date. The compiler's
// own output stays in `dist/.compiled`, so that it need not check again what has not changed.
// Imported, it tells whether the build is up to date (scripts/prepare.mjs). Needs nothing but Node to be read.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, extname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const SERVER_FOLDERS = ['src', 'sdk', 'bench']
const INPUT_FOLDERS = [...SERVER_FOLDERS, 'web']
const INPUT_FILES = ['package-lock.json', 'tsconfig.json', 'tsconfig.build.json', 'scripts/build.mjs']
const NO_INPUT = new Set(['node_modules', 'dist'])
/** Compiled, or of no use to the running program; everything else below src and sdk is copied. */
const NOT_COPIED = new Set(['.ts', '.tsx', '.md'])
const STAGING_PREFIX = '.next-'
const COMPILED = '.compiled'
const SAY_EVERY_MS = 5000

/** Whether dist/ holds a complete build of exactly the files that are here now. Content counts, not dates: a copy stays built. */
export function isBuilt(root) {
  return existsSync(entry(root)) && builtFrom(root) === inputsHash(root)
}

/** Whether dist/ holds a complete build, of whichever state of the sources. */
export function hasBuild(root) {
  return existsSync(entry(root)) && builtFrom(root) !== undefined
}

/** The program that `npm start` runs. */
function entry(root) {
  return join(root, JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).bin.livewarden)
}

function builtFrom(root) {
  try {
    return readFileSync(join(root, 'dist', '.built'), 'utf8').trim()
  } catch {
    return undefined // never built, or cut short
  }
}

function inputsHash(root) {
  const hash = createHash('sha256')
  const files = [
    ...INPUT_FOLDERS.flatMap((folder) => filesBelow(join(root, folder))),
    ...INPUT_FILES.map((file) => join(root, file)),
  ]
  for (const file of files) {
    if (!existsSync(file)) continue
    const content = readFileSync(file)
    hash.update(`${relative(root, file)}\0${content.length}\0`).update(content)
  }
  return hash.digest('hex')
}

function filesBelow(folder) {
  if (!existsSync(folder)) return []
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))
  return entries.flatMap((entry) => {
    if (NO_INPUT.has(entry.name)) return []
    const path = join(folder, entry.name)
    return entry.isDirectory() ? filesBelow(path) : entry.isFile() ? [path] : []
  })
}

async function build(root) {
  const startedAt = Date.now()
  const say = (text) =>
    process.stderr.write(`livewarden build: ${text} (${((Date.now() - startedAt) / 1000).toFixed(1)} s)\n`)
  const hash = inputsHash(root)
  const dist = join(root, 'dist')
  const staging = join(dist, `${STAGING_PREFIX}${process.pid}`)
  mkdirSync(dist, { recursive: true })
  removeAbandoned(dist)
  mkdirSync(staging)
  const ticker = setInterval(() => say('still at work'), SAY_EVERY_MS)
  try {
    const withConsole = existsSync(join(root, 'web', 'vite.config.ts'))
    const steps = [compileServer(root, staging).then(() => say('server compiled'))]
    if (withConsole) steps.push(bundleConsole(root, staging).then(() => say('console bundled')))
    const results = await Promise.allSettled(steps)
    const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason.message] : []))
    if (failures.length > 0) throw new Error(failures.join('\n'))
    moveIntoPlace(staging, dist)
    writeFileSync(join(staging, '.built'), `${hash}\n`)
    renameSync(join(staging, '.built'), join(dist, '.built'))
    say('done')
  } finally {
    clearInterval(ticker)
    rmSync(staging, { recursive: true, force: true })
  }
}

async function compileServer(root, staging) {
  const compiled = join(root, 'dist', COMPILED)
  await compile(root, compiled)
  if (!matchesSources(root, compiled)) {
    // The compiler trusts its notes about what it has written; somebody has been at the files.
    rmSync(compiled, { recursive: true, force: true })
    await compile(root, compiled)
  }
  for (const folder of SERVER_FOLDERS) {
    if (existsSync(join(compiled, folder))) cpSync(join(compiled, folder), join(staging, folder), { recursive: true })
    copyAssets(root, folder, staging)
  }
}

function compile(root, compiled) {
  const notes = ['--incremental', '--tsBuildInfoFile', join(compiled, '.tsbuildinfo')]
  const options = ['--outDir', compiled, '--noEmitOnError', ...notes]
  return run('server', root, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', ...options])
}

/** Removes what was compiled from sources that are gone, and tells whether every source has its output. */
function matchesSources(root, compiled) {
  for (const folder of SERVER_FOLDERS) {
    const wanted = new Set(
      filesBelow(join(root, folder))
        .filter(isCompiled)
        .map((file) => outputOf(relative(root, file))),
    )
    for (const file of filesBelow(join(compiled, folder))) {
      const name = relative(compiled, file)
      if (!name.endsWith('.js') || wanted.delete(name)) continue
      for (const path of [file, `${file}.map`]) rmSync(path, { force: true })
    }
    if (wanted.size > 0) return false
  }
  return true
}

function isCompiled(file) {
  return /\.tsx?$/.test(file) && !file.endsWith('.d.ts')
}

function outputOf(source) {
  return source.replace(/\.tsx?$/, '.js')
}

function bundleConsole(root, staging) {
  const options = ['--outDir', join(staging, 'web'), '--emptyOutDir', '--logLevel', 'warn']
  return run('console', join(root, 'web'), [join(root, 'node_modules/vite/bin/vite.js'), 'build', ...options])
}

/** Runs a tool of node_modules; its output is shown only when it fails. */
function run(what, cwd, nodeArguments) {
  return new Promise((resolve, reject) => {
    const environment = { ...process.env, NODE_ENV: 'production', NO_COLOR: '1' }
    delete environment.FORCE_COLOR // the compiler takes any value of it for a yes
    const child = spawn(process.execPath, nodeArguments, { cwd, env: environment, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text))
    child.once('error', reject)
    child.once('close', (code, signal) => {
      if (code === 0) resolve()
      else reject(new Error(`the ${what} could not be built (${signal ?? `exit ${code}`}):\n${output.trim()}`))
    })
  })
}

function copyAssets(root, folder, staging) {
  for (const file of filesBelow(join(root, folder))) {
    if (NOT_COPIED.has(extname(file))) continue
    const target = join(staging, relative(root, file))
    mkdirSync(dirname(target), { recursive: true })
    copyFileSync(file, target)
    chmodSync(target, 0o644)
  }
}

function moveIntoPlace(staging, dist) {
  rmSync(join(dist, '.built'), { force: true })
  const old = join(staging, '.old')
  mkdirSync(old)
  const fresh = readdirSync(staging).filter((name) => name !== '.old')
  for (const name of readdirSync(dist)) {
    if (!name.startsWith('.')) renameSync(join(dist, name), join(old, name))
  }
  for (const name of fresh) renameSync(join(staging, name), join(dist, name))
}

/** Removes what killed builds left. */
function removeAbandoned(dist) {
  for (const name of readdirSync(dist)) {
    if (name.startsWith(STAGING_PREFIX) && !isRunning(Number(name.slice(STAGING_PREFIX.length)))) {
      rmSync(join(dist, name), { recursive: true, force: true })
    }
  }
}

function isRunning(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

const here = fileURLToPath(import.meta.url)
if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === realpathSync(here)) {
  build(join(dirname(here), '..')).catch((error) => {
    process.stderr.write(`livewarden build: ${error.message}\n`)
    process.exitCode = 1
  })
}
