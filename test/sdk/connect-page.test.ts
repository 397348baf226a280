import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { errors } from '../../src/contracts/errors.ts'
import { closeCodes, ingestDown, ingestUp } from '../../src/contracts/ingest-wire.ts'
import { limits } from '../../src/contracts/limits.ts'

const page = readFileSync('docs/CONNECT.md', 'utf8')

test('the page for producers documents every error code with its status, and no other', () => {
  const rows = [...page.matchAll(/^\| `(\w+)` +\| (\d{3}) +\| (yes|no) +\| (.+?) +\|$/gmu)]
  expect(rows.map(([, code, status, retryable, about]) => ({ code, status, retryable, about }))).toEqual(
    Object.entries(errors).map(([code, { status, retryable, about }]) => ({
      code,
      status: String(status),
      retryable: retryable ? 'yes' : 'no',
      about,
    })),
  )
})

test('the page for producers names every message and every close code', () => {
  for (const type of [...Object.keys(ingestUp), ...Object.keys(ingestDown)])
    expect(page).toMatch(new RegExp(`^\\| \`${type}\` `, 'mu'))
  for (const code of Object.values(closeCodes)) expect(page).toMatch(new RegExp(`^\\| ${code} `, 'mu'))
})

test('the bounds it states are those of the wire', () => {
  expect(page).toContain(`${limits.frameBytes / 1_024} KB and ${limits.batchEvents} events`)
  expect(page).toContain(`${limits.textUnits.toLocaleString('en')} UTF-16 units`)
  expect(page).toContain(`${limits.unansweredFrames} frames`)
  expect(page).toContain(`up to ${limits.sessionsPerSocket} sessions`)
})
