import { mkdtempSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { trainCommand } from '../../src/cli/train.ts'
import { loadPack } from '../../src/cli/pack-folder.ts'
import { fitSvm } from '../../src/cli/train/linear-svm.ts'
import type { SparseRows } from '../../src/cli/train/linear-svm.ts'
import { plattScale } from '../../src/cli/train/platt.ts'
import { chooseThresholds, measure } from '../../src/cli/train/thresholds.ts'
import type { Judged } from '../../src/cli/train/thresholds.ts'
import { detect } from '../../src/detectors/detect.ts'
import { tinyPackFiles } from '../support/tiny-pack.ts'

function rows(examples: readonly (readonly number[])[], size: number): SparseRows {
  const starts = new Uint32Array(examples.length + 1)
  examples.forEach((slots, i) => (starts[i + 1] = (starts[i] ?? 0) + slots.length))
  return {
    starts,
    slots: Uint32Array.from(examples.flat()),
    values: new Float32Array(examples.flat().length).fill(1),
    size,
  }
}

const options = { cost: () => 2, tolerance: 1e-4, passes: 500 }

describe('the linear fit', () => {
  const examples = [[0, 1], [0, 2], [0], [3, 1], [3, 2], [3], [1, 2]]
  const wanted = [true, true, true, false, false, false, false]

  it('puts every example of separable data on its side', () => {
    const { weights, bias } = fitSvm(rows(examples, 4), (row) => wanted[row] === true, options)
    examples.forEach((slots, i) => {
      const margin = slots.reduce((sum, slot) => sum + (weights[slot] ?? 0), bias)
      expect(margin > 0).toBe(wanted[i])
    })
  })

  it('is the same every time', () => {
    const fit = () => fitSvm(rows(examples, 4), (row) => wanted[row] === true, options)
    expect(fit()).toEqual(fit())
  })

  it('is where no single weight can be moved to a smaller loss', () => {
    const sparse = rows(examples, 4)
    const { weights, bias } = fitSvm(sparse, (row) => wanted[row] === true, {
      ...options,
      tolerance: 1e-9,
      passes: 20_000,
    })
    const loss = (w: Float64Array): number =>
      0.5 * (bias * bias + w.reduce((sum, one) => sum + one * one, 0)) +
      options.cost() *
        examples.reduce((sum, slots, i) => {
          const margin = (wanted[i] === true ? 1 : -1) * slots.reduce((total, slot) => total + (w[slot] ?? 0), bias)
          return sum + Math.max(0, 1 - margin) ** 2
        }, 0)
    const least = loss(weights)
    for (let slot = 0; slot < 4; slot++) {
      for (const change of [-1e-3, 1e-3]) {
        const moved = Float64Array.from(weights, (weight, i) => (i === slot ? weight + change : weight))
        expect(loss(moved)).toBeGreaterThanOrEqual(least)
      }
    }
  })
})

describe('log-odds', () => {
  it('say how often a margin was right', () => {
    const margins = Array.from({ length: 4_000 }, (_, i) => (i % 40) / 10 - 2)
    const positive = margins.map((margin, i) => ((i * 7_919) % 1_000) / 1_000 < 1 / (1 + Math.exp(-(2 * margin - 1))))
    const { scale, shift } = plattScale(margins, positive)
    expect(scale).toBeCloseTo(2, 0)
    expect(shift).toBeCloseTo(-1, 0)
  })
})

describe('thresholds', () => {
  const codes = { efficacy: 'efficacy.food_cure', spec: 'spec.price', blindbox: 'blindbox.minor' } as const
  const one = (label: Judged['label'], efficacy: number, hardNegative = false): Judged => ({
    label,
    hardNegative,
    room: false,
    findings: [],
    scores: { efficacy, spec: -5, blindbox: -5 },
    codes,
  })
  const judged = [
    ...Array.from({ length: 40 }, (_, i) => one('efficacy', i / 20)),
    ...Array.from({ length: 40 }, (_, i) => one('clean', i / 20 - 1.2, true)),
  ]

  it('keep what was demanded, and find as much as that allows', () => {
    const strict = chooseThresholds(judged, { precision: 0, hardNegatives: 0, rooms: 1 })
    expect(strict.measured.hardNegatives).toBe(0)
    const loose = chooseThresholds(judged, { precision: 0, hardNegatives: 0.5, rooms: 1 })
    expect(loose.measured.macroF1).toBeGreaterThan(strict.measured.macroF1)
    const precise = chooseThresholds(judged, { precision: 0.99, hardNegatives: 1, rooms: 1 })
    expect(measure(judged, precise.thresholds).precision.efficacy).toBeGreaterThanOrEqual(0.99)
  })
})

describe('livewarden train', () => {
  it('writes a classifier that finds a wording no rule knows, and says what it did', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'livewarden-train-'))
    const pack = join(folder, 'pack')
    mkdirSync(pack)
    for (const { file, text } of tinyPackFiles()) writeFileSync(join(pack, file), text)
    for (const [split, from] of [
      ['train', 0],
      ['dev', 1],
    ] as const) {
      mkdirSync(join(folder, split, 'rooms'), { recursive: true })
      writeFileSync(
        join(folder, split, 'items.ndjson'),
        items(from)
          .map((item) => `${JSON.stringify(item)}\n`)
          .join(''),
      )
    }
    const stdout = new PassThrough()
    await trainCommand({ stdout, stderr: new PassThrough() })
      .exitOverride()
      .parseAsync(['--pack', pack, '--corpora', folder], { from: 'user' })
    const said: unknown = JSON.parse(String(stdout.read()))
    expect(said).toMatchObject({ out: join(pack, 'classifier.json') })

    const trained = loadPack(pack)
    const line = { id: 1, channel: 'speech', category: 'food' } as const
    expect(detect({ ...line, text: '喝到第三周指标自己就落下来了' }, trained).label).toBe('efficacy')
    expect(detect({ ...line, text: '三号链接今天包邮到家' }, trained).label).toBe('clean')

    const first = readFileSync(join(pack, 'classifier.json'), 'utf8')
    await trainCommand({ stdout, stderr: new PassThrough() }).parseAsync(['--pack', pack, '--corpora', folder], {
      from: 'user',
    })
    expect(readFileSync(join(pack, 'classifier.json'), 'utf8')).toBe(first)
  })

  it('names the line of a corpus that does not fit', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'livewarden-train-'))
    mkdirSync(join(folder, 'train', 'rooms'), { recursive: true })
    writeFileSync(join(folder, 'train', 'items.ndjson'), `${JSON.stringify(items(0)[0])}\n{"id":"x"}\n`)
    const stderr = new PassThrough()
    const run = trainCommand({ stdout: new PassThrough(), stderr })
      .exitOverride()
      .parseAsync(['--corpora', folder, '--out', folder], { from: 'user' })
    await expect(run).rejects.toMatchObject({ exitCode: 2 })
    expect(String(stderr.read())).toMatch(/items\.ndjson:2: channel/u)
  })
})

/** Two ways of saying that the readings fall, and talk of delivery. */
function items(from: number) {
  const claims = ['指标落下来', '数值落下来了', '指标自己落', '喝三周就落', '第二周指标落下来', '数值自己就落']
  const talk = ['链接今天包邮', '三号链接改价', '今天发货到家', '两件包邮', '快递到家门口', '链接在左下角']
  const item = (text: string, i: number, label: 'efficacy' | 'clean') => ({
    id: `${label}-${from}-${i}`,
    scene: `s${from}`,
    channel: 'speech',
    category: 'food',
    text,
    label,
    codes: label === 'clean' ? [] : ['efficacy.food_cure'],
    difficulty: label === 'clean' ? 'hardneg' : 'plain',
    reason: '测试',
  })
  return [
    ...claims.map((text, i) => item(`${text}${'啊呢'[from]}`, i, 'efficacy')),
    ...talk.map((text, i) => item(text, i, 'clean')),
  ]
}
