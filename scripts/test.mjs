// `npm test`: runs the whole suite and closes with the plain sum `N passed, N failed`.
//
// Files that need redis-server or Chromium are left out when the machine has none, and named with the package to
// install; with CI set that is a failure. Arguments are handed on to vitest (npm test -- test/ingest).
import { spawn } from 'node:child_process'
import { accessSync, constants, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const inCi = Boolean(process.env.CI)
const needs = [
  {
    files: '**/*.redis.test.ts',
    have: Boolean(process.env.REDIS_URL) || onPath('redis-server'),
    hint: 'redis-server (Debian package "redis-server"), or set REDIS_URL',
  },
  {
    files: '**/*.browser.test.ts',
    have: Boolean(process.env.CHROMIUM) || onPath('chromium') || onPath('chromium-browser') || onPath('google-chrome'),
    hint: 'Chromium (Debian packages "chromium" and "fonts-noto-cjk"), or set CHROMIUM to its program',
  },
]
const missing = needs.filter((need) => !need.have)

const folder = mkdtempSync(join(tmpdir(), 'livewarden-results-'))
const report = join(folder, 'report.json')
const args = [
  join(root, 'node_modules/vitest/vitest.mjs'),
  'run',
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${report}`,
  ...missing.map((need) => `--exclude=${need.files}`),
  ...process.argv.slice(2),
]
const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] })
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
const code = await new Promise((resolve) => child.once('close', (exitCode) => resolve(exitCode ?? 1)))

const { passed, failed } = readReport()
rmSync(folder, { recursive: true, force: true })
for (const need of missing) {
  console.log(`left out: ${need.files}, because this machine has no ${need.hint}`)
}
const leftOut = inCi ? missing.length : 0
// A run that failed outside any test (an import, a leaked rejection) counts as one failure.
const outside = code !== 0 && failed === 0 ? 1 : 0
console.log(`${passed} passed, ${failed + leftOut + outside} failed`)
process.exit(code !== 0 || leftOut > 0 ? 1 : 0)

function readReport() {
  try {
    const { numPassedTests, numFailedTests, numFailedTestSuites } = JSON.parse(readFileSync(report, 'utf8'))
    return {
      passed: numPassedTests,
      failed: Math.max(numFailedTests, numFailedTestSuites > 0 && numFailedTests === 0 ? numFailedTestSuites : 0),
    }
  } catch {
    return { passed: 0, failed: 0 }
  }
}

function onPath(name) {
  return (process.env.PATH ?? '').split(delimiter).some((place) => {
    try {
      accessSync(join(place, name), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}
