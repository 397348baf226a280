import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readScript, readScriptFile, readScriptStream, ScriptError, sessionStartOf } from '../../src/cli/read-script.ts'

function ndjson(...lines: (object | string)[]): string {
  return lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n')
}

const header = { room_id: 'r1', title: '山里茶', host: { id: 'h1', name: '伍姐' }, category: 'food', licences: [] }

describe('NDJSON', () => {
  test('header and events of every channel are read, numbered from 1', () => {
    const script = readScript(
      ndjson(
        header,
        { seq: 10, t: 0.4, channel: 'product', product: { id: 'p1', title: '茶', category: 'food' } },
        { seq: 12, t: 1_500, channel: 'audience', viewers: 9 },
        { seq: 13, t: 2_000, channel: 'speech', text: '大家好', speaker: 'assistant', confidence: 0.9 },
        { seq: 14, t: 2_500, channel: 'chat', user: '小王', text: '来了' },
        { seq: 15, t: 3_000, channel: 'chat', text: '没名字' },
        { seq: 16, t: 4_000, channel: 'end' },
      ),
    )
    expect(script.problems).toEqual([])
    expect(script.header?.room_id).toBe('r1')
    expect(script.events).toMatchObject([
      { seq: 1, atMs: 0, channel: 'product' },
      { seq: 2, atMs: 1_500, channel: 'audience', viewers: 9 },
      { seq: 3, atMs: 2_000, channel: 'speech', speaker: 'assistant', partial: false },
      { seq: 4, atMs: 2_500, channel: 'chat', userId: '小王', userName: '小王' },
      { seq: 5, channel: 'chat', text: '没名字' },
    ])
    expect(script.durationMs).toBe(3_000)
  })

  test('a bad line is named with line, field and reason; the others are read', () => {
    const script = readScript(
      ndjson(
        header,
        { seq: 1, t: 0, channel: 'speech', text: '一' },
        '{"seq":2,',
        { seq: 3, t: -5, channel: 'speech', text: '负' },
        { seq: 4, t: 5, channel: 'song', text: '啦' },
        { seq: 5, t: 6, channel: 'speech' },
        { seq: 1, t: 7, channel: 'speech', text: '重复' },
        { seq: 6, t: 8, channel: 'speech', text: '长'.repeat(2_001) },
        { seq: 7, t: 9, channel: 'speech', text: '二' },
      ),
    )
    expect(script.events.map((event) => 'text' in event && event.text)).toEqual(['一', '二'])
    expect(script.problems.map(({ line, field }) => [line, field])).toEqual([
      [3, 'json'],
      [4, 't'],
      [5, 'channel'],
      [6, 'text'],
      [7, 'seq'],
      [8, 'text'],
    ])
    for (const { reason } of script.problems) expect(reason).not.toBe('')
  })

  test('an unknown category in the header is named, and the rest can still be read', () => {
    const script = readScript(ndjson({ ...header, category: 'tea' }, { seq: 1, t: 0, channel: 'speech', text: '一' }))
    expect(script.header).toBeNull()
    expect(script.problems).toMatchObject([{ line: 1, field: 'category', reason: expect.stringContaining('"tea"') }])
    expect(script.events).toHaveLength(1)
  })

  test('corrections follow the new numbers; one that points nowhere is taken as new speech and reported', () => {
    const script = readScript(
      ndjson(
        header,
        { seq: 41, t: 0, channel: 'speech', text: '将血糖' },
        { seq: 50, t: 1, channel: 'speech', text: '降血糖', revises: 41 },
        { seq: 51, t: 2, channel: 'speech', text: '哦', revises: 7 },
      ),
    )
    expect(script.events[1]).toMatchObject({ seq: 2, revises: 1 })
    expect(script.events[2]).not.toHaveProperty('revises')
    expect(script.problems).toMatchObject([{ line: 4, field: 'revises' }])
  })

  test('partials without a name share one with the final that replaces them', () => {
    const script = readScript(
      ndjson(
        header,
        { seq: 1, t: 0, channel: 'speech', text: '这个', partial: true },
        { seq: 2, t: 1, channel: 'chat', user: 'a', text: '插一句' },
        { seq: 3, t: 2, channel: 'speech', text: '这个茶', partial: true },
        { seq: 4, t: 3, channel: 'speech', text: '这个茶好' },
        { seq: 5, t: 4, channel: 'speech', text: '下一句' },
        { seq: 6, t: 5, channel: 'speech', text: '再', partial: true },
        { seq: 7, t: 6, channel: 'speech', text: '再来' },
      ),
    )
    const names = script.events.map((event) => (event.channel === 'speech' ? event.utteranceId : 'chat'))
    expect(names).toEqual(['auto-1', 'chat', 'auto-1', 'auto-1', undefined, 'auto-2', 'auto-2'])
  })

  test('every demo room can be read without a remark', async () => {
    const { readdir } = await import('node:fs/promises')
    const files = (await readdir('demo/rooms')).filter((name) => name.endsWith('.ndjson'))
    expect(files.length).toBeGreaterThanOrEqual(8)
    for (const file of files) {
      const script = await readScriptFile(join('demo/rooms', file))
      expect(script.problems).toEqual([])
      expect(script.durationMs).toBeGreaterThanOrEqual(10 * 60_000)
    }
  })
})

describe('subtitles', () => {
  test('SubRip cues become speech at their start; markup and line breaks are resolved', () => {
    const script = readScript(
      '1\r\n00:00:01,500 --> 00:00:03,000\r\n<i>大家好</i>\r\n欢迎来到直播间\r\n\r\n2\r\n01:00:00.000 --> 01:00:01.000 X1:40\r\n{\\an8}buy one\r\nget one &amp; more\r\n',
    )
    expect(script.format).toBe('srt')
    expect(script.events).toMatchObject([
      { seq: 1, atMs: 1_500, channel: 'speech', text: '大家好欢迎来到直播间', speaker: 'host', partial: false },
      { seq: 2, atMs: 3_600_000, text: 'buy one get one & more' },
    ])
  })

  test('WebVTT voices and prefixes tell the assistant from the host, also inside one cue', () => {
    const script = readScript(
      [
        'WEBVTT - 夜场',
        '',
        'NOTE this is not said',
        '',
        'STYLE',
        '::cue { color: red }',
        '',
        'intro',
        '00:01.000 --> 00:04.000 align:start',
        '<v 主播 小雨>这款茶<v.loud 助播>能降血糖</v>',
        '',
        '00:05.000 --> 00:06.000',
        '助播：&lt;三号链接&gt;&#128293;',
        '',
        '00:07.000 --> 00:08.000',
        '<v Assistant>go<00:07.500> go</v>',
      ].join('\n'),
    )
    expect(script.format).toBe('vtt')
    expect(script.problems).toEqual([])
    expect(script.events).toMatchObject([
      { atMs: 1_000, speaker: 'host', text: '这款茶' },
      { atMs: 1_000, speaker: 'assistant', text: '能降血糖' },
      { atMs: 5_000, speaker: 'assistant', text: '<三号链接>🔥' },
      { atMs: 7_000, speaker: 'assistant', text: 'go go' },
    ])
  })

  test('cues with times that cannot be are named with their line and left out', () => {
    const script = readScript(
      '1\n00:00:05,000 --> 00:00:01,000\n倒着\n\n2\n00:61:00,000 --> 00:62:00,000\n分钟\n\n3\nabc --> def\n乱\n\n4\n00:00:06,000 --> 00:00:07,000\n好\n',
    )
    expect(script.problems.map(({ line, field }) => [line, field])).toEqual([
      [2, 'time'],
      [6, 'time'],
      [10, 'time'],
    ])
    expect(script.events).toMatchObject([{ seq: 1, text: '好' }])
  })
})

describe('files', () => {
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'livewarden-script-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  const srt = '1\n00:00:01,000 --> 00:00:02,000\n你好\n'

  test.each([
    ['UTF-8 with its mark', Buffer.from(`\uFEFF${srt}`)],
    ['UTF-16', Buffer.from(`\uFEFF${srt}`, 'utf16le')],
    [
      'GB 18030',
      Buffer.concat([Buffer.from('1\n00:00:01,000 --> 00:00:02,000\n'), Buffer.from([0xc4, 0xe3, 0xba, 0xc3, 0x0a])]),
    ],
  ])('%s is understood', async (_name, bytes) => {
    const file = join(folder, 'a.srt')
    await writeFile(file, bytes)
    expect((await readScriptFile(file)).events).toMatchObject([{ text: '你好' }])
    expect((await readScriptStream(Readable.from([bytes]))).events).toMatchObject([{ text: '你好' }])
  })

  test.each([
    ['a missing file', 'missing.srt', null, 'Cannot read'],
    ['a picture', 'a.png', Buffer.from([0x89, 0x50, 0x4e, 0x47, 0xff, 0xff, 0xff]), 'no script|not text'],
    ['some other text', 'a.txt', Buffer.from('你好'), 'expected NDJSON'],
  ])('%s is refused with the reason', async (_name, file, bytes, reason) => {
    if (bytes) await writeFile(join(folder, file), bytes)
    const reading = readScriptFile(join(folder, file))
    await expect(reading).rejects.toThrow(ScriptError)
    await expect(reading).rejects.toThrow(new RegExp(reason, 'u'))
  })

  test('more than 50 MB is refused', async () => {
    const chunk = Buffer.alloc(1024 * 1024, 0x20)
    const input = Readable.from(Array.from({ length: 51 }, () => chunk))
    await expect(readScriptStream(input)).rejects.toThrow('Split it')
  })
})

test('what the caller says goes before the header, and without either the room is asked for', () => {
  const { header: read } = readScript(
    ndjson({ ...header, host: '伍姐' }, { seq: 1, t: 0, channel: 'speech', text: '一' }),
  )
  expect(sessionStartOf(read)).toEqual({
    roomId: 'r1',
    title: '山里茶',
    host: { id: '伍姐', name: '伍姐' },
    category: 'food',
    licences: [],
  })
  expect(sessionStartOf(read, { roomId: 'r2', title: '新', category: 'toy', sessionRef: 'x' })).toMatchObject({
    roomId: 'r2',
    title: '新',
    category: 'toy',
    sessionRef: 'x',
  })
  expect(sessionStartOf(null, { roomId: 'r3' })).toMatchObject({ title: 'r3', host: { id: 'r3', name: 'r3' } })
  expect(() => sessionStartOf(null)).toThrow('--room')
})
