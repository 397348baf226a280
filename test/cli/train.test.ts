import { mkdtempSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { trainCommand } from '../../src/cli/train.ts'
import { loadPack } from '../../src/cli/pack-folder.ts'
import { fitSvm } from '../../src/cli/train/linear-svm.ts'
import type { SparseRows } from '../../src/cli/train/linear-svm.ts'
import { fitNetwork } from '../../src/cli/train/fit-network.ts'
import { chooseRunning, chooseThresholds, measure } from '../../src/cli/train/thresholds.ts'
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

describe('the network', () => {
  const settings = {
    features: 4,
    classes: 2,
    width: 8,
    contextWeight: 0.5,
    epochs: 200,
    batch: 4,
    featureDropout: 0,
    hiddenDropout: 0,
    rowRate: 0.05,
    layerRate: 0.05,
    kinds: 0,
    kindShare: 0,
    seed: 1,
  }
  // One of two words alone is a violation, both together are not: no single line divides them.
  const examples = [[0], [1], [0, 1], [2], [0, 2], [1, 2], [0, 1, 2], [3]].map((words) => ({
    present: Uint32Array.from(words),
    earlier: new Uint32Array(),
    target: words.includes(0) !== words.includes(1) ? 1 : 0,
    kind: undefined,
    weight: 1,
  }))

  it('learns what no single weight per word can tell', () => {
    const network = fitNetwork(examples, settings, () => undefined)
    for (const { present, target } of examples) {
      const active = network.hidden.map((bias, h) => {
        const sum = [...present].reduce((total, word) => total + (network.rows[word * 8 + h] ?? 0), 0)
        return Math.max(0, bias + sum / Math.sqrt(present.length))
      })
      const [lawful = 0, violating = 0] = [0, 1].map((c) =>
        active.reduce((sum, one, h) => sum + one * (network.outputs[c * 8 + h] ?? 0), network.biases[c] ?? 0),
      )
      expect(violating > lawful ? 1 : 0).toBe(target)
    }
  })

  it('is the same every time, and another with another seed', () => {
    const fit = (seed: number) =>
      fitNetwork(examples, { ...settings, epochs: 3, featureDropout: 0.2, seed }, () => undefined)
    expect(fit(1)).toEqual(fit(1))
    expect(fit(1)).not.toEqual(fit(2))
  })
})

describe('thresholds', () => {
  const codes = { efficacy: 'efficacy.food_cure', spec: 'spec.price', blindbox: 'blindbox.minor' } as const
  const one = (label: Judged['label'], efficacy: number, hardNegative = false): Judged => ({
    label,
    hardNegative,
    heardBefore: 0,
    findings: [],
    scores: { efficacy, spec: -5, blindbox: -5 },
    codes,
  })
  const judged = [
    ...Array.from({ length: 40 }, (_, i) => one('efficacy', i / 20)),
    ...Array.from({ length: 40 }, (_, i) => one('clean', i / 20 - 1.2, true)),
  ]

  it('keep what was demanded, and find as much as that allows', () => {
    const strict = chooseThresholds(judged, { precision: 0, hardNegatives: 0 })
    expect(strict.measured.hardNegatives).toBe(0)
    const loose = chooseThresholds(judged, { precision: 0, hardNegatives: 0.5 })
    expect(loose.measured.macroF1).toBeGreaterThan(strict.measured.macroF1)
    const precise = chooseThresholds(judged, { precision: 0.99, hardNegatives: 1 })
    expect(measure(judged, precise.thresholds).precision.efficacy).toBeGreaterThanOrEqual(0.99)
  })
})

describe('thresholds of a running room', () => {
  it('find what they can while few lawful utterances are flagged', () => {
    const codes = { efficacy: 'efficacy.food_cure', spec: 'spec.price', blindbox: 'blindbox.minor' } as const
    const heard = (label: Judged['label'], efficacy: number): Judged => ({
      label,
      hardNegative: false,
      heardBefore: 9,
      findings: [],
      scores: { efficacy, spec: -5, blindbox: -5 },
      codes,
    })
    const room = [
      ...Array.from({ length: 100 }, (_, i) => heard('clean', i === 0 ? 2 : i / 100)),
      ...Array.from({ length: 10 }, (_, i) => heard('efficacy', 0.5 + i / 3)),
    ]
    const none = { raise: 0, keep: 0 }
    const thresholds = { efficacy: none, spec: none, blindbox: none }
    const careful = chooseRunning(room, thresholds, 0)
    const easy = chooseRunning(room, thresholds, 0.02)
    expect(careful.flagged).toBe(0)
    expect(easy.flagged).toBeLessThanOrEqual(0.02)
    expect(easy.found).toBeGreaterThan(careful.found)
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

/** Many ways of saying that the readings fall, and talk of delivery. */
function items(from: number) {
  const claims = ['指标', '数值', '化验单'].flatMap((what) =>
    ['喝三周', '喝到月底', '第二周', '睡前一杯'].flatMap((when) =>
      ['落下来', '落了一截', '自己就落'].map((falls) => `${when}${what}${falls}${'啊呢'[from]}`),
    ),
  )
  const talk = ['链接', '快递', '包裹', '赠品'].flatMap((what) =>
    ['今天', '明早', '周末'].flatMap((when) => ['发货', '包邮到家', '送到门口'].map((done) => `${what}${when}${done}`)),
  )
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
  return [...claims.map((text, i) => item(text, i, 'efficacy')), ...talk.map((text, i) => item(text, i, 'clean'))]
}
