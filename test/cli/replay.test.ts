import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { replayAlertSchema } from '../../src/contracts/replay.ts'
import type { ReplayAlert } from '../../src/contracts/replay.ts'
import { runReplay } from '../../src/cli/replay.ts'
import { output } from './support/streams.ts'

const folder = mkdtempSync(join(tmpdir(), 'replay-'))
afterAll(() => rmSync(folder, { recursive: true }))

const header = { room_id: 'r', title: '茶', host: '伍姐', category: 'food', licences: [] }
const cure = '这个茶喝一个月血糖自己就降下来了药都不用吃'

async function replay(
  lines: readonly unknown[],
  options = {},
): Promise<{ code: number; alerts: ReplayAlert[]; errors: string }> {
  const file = join(folder, 'room.ndjson')
  writeFileSync(file, lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'))
  const stdout = output()
  const stderr = output()
  const code = await runReplay(file, options, { stdout, stderr })
  const alerts = stdout
    .text()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => replayAlertSchema.parse(JSON.parse(line)))
  return { code, alerts, errors: stderr.text() }
}

describe('livewarden replay', () => {
  it('prints the alerts that stand, by the event that completed their evidence', async () => {
    const { code, alerts } = await replay([
      header,
      { seq: 1, t: 100, channel: 'speech', text: '早上好' },
      { seq: 2, t: 4_000, channel: 'speech', text: cure },
      { seq: 3, t: 9_000, channel: 'chat', user: 'a', text: '好喝吗' },
    ])
    expect(code).toBe(0)
    expect(alerts.length).toBeGreaterThan(0)
    expect(alerts[0]).toMatchObject({ label: 'efficacy', first_seq: 2, raised_at_seq: 2, hits: [2] })
  })

  it('lets a final replace the partials before it', async () => {
    const { alerts } = await replay([
      header,
      { seq: 1, t: 100, channel: 'speech', text: '血糖自己就降下来了', partial: true },
      { seq: 2, t: 900, channel: 'speech', text: '这个故事是我姥爷讲给我听的' },
    ])
    expect(alerts).toEqual([])
  })

  it('leaves a withdrawn alert out unless all are asked for', async () => {
    const lines = [
      header,
      { seq: 1, t: 100, channel: 'speech', text: cure },
      { seq: 2, t: 900, channel: 'speech', text: '这个茶喝着香', revises: 1 },
    ]
    expect((await replay(lines)).alerts).toEqual([])
    expect((await replay(lines, { all: true })).alerts.length).toBeGreaterThan(0)
  })

  it('goes on over holes in seq and names bad lines', async () => {
    const { code, alerts, errors } = await replay([
      header,
      { seq: 5, t: 100, channel: 'speech', text: '早上好' },
      { seq: 'x', t: 100, channel: 'speech', text: '早上好' },
      { seq: 8, t: 200, channel: 'speech' },
      { seq: 90, t: 4_000, channel: 'speech', text: cure },
    ])
    expect(code).toBe(2)
    expect(errors).toMatch(/^line 3: seq: /mu)
    expect(errors).toMatch(/^line 4: text: missing/mu)
    expect(alerts[0]?.raised_at_seq).toBe(90)
  })

  it('exits with 2 and names a file that is not there', async () => {
    const stderr = output()
    const code = await runReplay(join(folder, 'absent.ndjson'), {}, { stdout: output(), stderr })
    expect(code).toBe(2)
    expect(stderr.text()).toContain('absent.ndjson')
  })
})
