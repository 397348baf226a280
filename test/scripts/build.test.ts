import { existsSync } from 'node:fs'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeBuiltProject, prepare, run, type Outcome, type Project } from './project.ts'

test('server, console and the files beside the sources are built; what a source left behind goes with it', async () => {
  const project = await makeBuiltProject()
  expect(await project.read('dist/src/store/schema.sql')).toBe('CREATE TABLE room ();\n')
  expect(existsSync(join(project.folder, 'dist/src/greeting.ts'))).toBe(false)
  await project.write('sdk/client.ts', 'export const client = 1\n')
  expect(await build(project)).toMatchObject({ code: 0, stdout: '' })
  expect(existsSync(join(project.folder, 'dist/sdk/client.js'))).toBe(true)
  await rm(join(project.folder, 'sdk/client.ts'))
  expect(await build(project)).toMatchObject({ code: 0 })
  expect(existsSync(join(project.folder, 'dist/sdk/client.js'))).toBe(false)
})

test('the time each part took is told on stderr', async () => {
  const outcome = await build(await makeBuiltProject())
  expect(outcome.stderr).toMatch(/^livewarden build: server compiled \(\d+\.\d s\)$/m)
  expect(outcome.stderr).toMatch(/^livewarden build: console bundled \(\d+\.\d s\)$/m)
})

test('when the console fails, the tool’s output is shown and the build before stays whole', async () => {
  const project = await makeBuiltProject()
  await project.write('src/greeting.ts', "export const greeting: string = 'newer'\n")
  await project.write('web/main.ts', "import './missing.ts'\n")
  const outcome = await build(project)
  expect(outcome.code).toBe(1)
  expect(outcome.stderr).toMatch(/the console could not be built \(exit 1\):[\s\S]*missing\.ts/)
  expect(await project.read('dist/src/greeting.js')).toContain('您好')
  expect(await readdir(join(project.folder, 'dist'))).not.toContainEqual(expect.stringMatching(/^\.next-/))
})

test('output that was deleted by hand is compiled again', async () => {
  const project = await makeBuiltProject()
  await rm(join(project.folder, 'dist/.compiled/src/greeting.js'))
  await rm(join(project.folder, 'dist/src'), { recursive: true })
  expect(await prepare(project)).toMatchObject({ code: 0 })
  expect(await project.read('dist/src/greeting.js')).toContain('您好')
})

test('a project without a console yet is built without one', async () => {
  const project = await makeBuiltProject()
  await rm(join(project.folder, 'web'), { recursive: true })
  expect(await build(project)).toMatchObject({ code: 0 })
  expect(existsSync(join(project.folder, 'dist/web'))).toBe(false)
})

test('what a killed build left is removed', async () => {
  const project = await makeBuiltProject()
  await mkdir(join(project.folder, 'dist/.next-99999999'))
  await build(project)
  expect(await readdir(join(project.folder, 'dist'))).not.toContain('.next-99999999')
})

function build({ folder }: Project): Promise<Outcome> {
  return run(process.execPath, ['scripts/build.mjs'], { cwd: folder })
}
