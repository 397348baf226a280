import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Presets, SingleBar } from 'cli-progress'
import type { Command } from 'commander'
import { violationFamilies } from '../contracts/classifier.ts'
import type { ClassifierFile, ViolationFamily } from '../contracts/classifier.ts'
import { taxonomyOf } from '../contracts/taxonomy.ts'
import type { Code } from '../contracts/taxonomy.ts'
import { readClassifier } from '../detectors/classify/classifier.ts'
import type { Classifier } from '../detectors/classify/classifier.ts'
import { slotsOf } from '../detectors/classify/score.ts'
import { codeOf, familyScores } from '../detectors/classify/second-reading.ts'
import { classifierFile } from '../detectors/pack/compile-pack.ts'
import type { CompiledRulePack } from '../detectors/pack/compiled-rule-pack.ts'
import { contextCommand } from './administration.ts'
import type { CliContext } from './context.ts'
import { defaultCorpora, readItems, readRooms } from './corpus/read-corpus.ts'
import { defaultPackFolder, loadPack } from './pack-folder.ts'
import { itemExample, roomExamples, ruleExamples } from './train/examples.ts'
import type { Example } from './train/examples.ts'
import { fitSvm } from './train/linear-svm.ts'
import type { LinearFit, SparseRows } from './train/linear-svm.ts'
import { packWeights } from './train/pack-weights.ts'
import { plattScale } from './train/platt.ts'
import { chooseThresholds } from './train/thresholds.ts'
import type { Judged } from './train/thresholds.ts'

type Options = { pack?: string; corpora?: string; out?: string }

/** Log2 of slots; more collide less and weigh more. */
const bits = { families: 18, codes: 14 } as const
const contextWeight = 0.5
/** What a mistake costs in the fit; more on honest look-alikes, because a wrong hit on them is what must not happen. */
const cost = { families: 8, hardNegative: 16, codes: 1 } as const
const demands = { precision: 0.9, hardNegatives: 0.035, rooms: 0.03 } as const

/** `train`: fits the classifier of a rule pack to `corpora/train` and sets its thresholds on `corpora/dev`. */
export function trainCommand(context: Pick<CliContext, 'stdout' | 'stderr'>): Command {
  const streams: CliContext = { ...context, openDb: () => Promise.reject(new Error('training needs no database')) }
  return contextCommand('train', streams)
    .description('Train the classifier of a rule pack from the corpora; thresholds are set on the dev split')
    .option('--pack <folder>', 'rule pack; the shipped one when left out')
    .option('--corpora <folder>', 'folder with train/ and dev/; the shipped one when left out')
    .option('--out <folder>', `where ${classifierFile} is written; the pack's folder when left out`)
    .action((options: Options, command: Command) => {
      try {
        train(options, context)
      } catch (error) {
        command.error(`error: ${error instanceof Error ? error.message : String(error)}`, { exitCode: 2 })
      }
    })
}

function train(options: Options, { stdout, stderr }: Pick<CliContext, 'stdout' | 'stderr'>): void {
  const folder = options.pack ?? defaultPackFolder()
  const corpora = options.corpora ?? defaultCorpora()
  // The rules' own outcome is a feature: an older classifier must not have changed it.
  const pack: CompiledRulePack = { ...loadPack(folder), classifier: undefined }
  const bar = new SingleBar({ format: '{what} |{bar}| {percentage} %', stream: stderr }, Presets.shades_classic)
  const begin = (what: string, total: number): void => bar.start(total, 0, { what })

  const items = readItems(corpora, 'train')
  const rooms = readRooms(corpora, 'train')
  begin('reading train  ', items.length + rooms.length)
  const rows = newRows()
  for (const item of items) {
    addExample(rows, itemExample(item, pack))
    bar.increment()
  }
  for (const room of rooms) {
    for (const example of roomExamples(room, pack)) addExample(rows, example)
    bar.increment()
  }
  for (const example of ruleExamples(pack)) addExample(rows, example)
  bar.stop()

  const codes = [...new Set(rows.codes.filter((code) => code !== undefined))]
    .filter((code) => isViolationFamily(taxonomyOf(code).family))
    .sort()
  begin('fitting        ', violationFamilies.length + codes.length)
  const families = violationFamilies.map((family) => {
    const sparse = toSparse(rows.families, 1 << bits.families)
    const fit = fitSvm(sparse, (row) => rows.labels[row] === family, {
      cost: (row) => (rows.hard[row] === true ? cost.hardNegative : cost.families),
      tolerance: 0.01,
      passes: 200,
    })
    bar.increment()
    return fit
  })
  const violations = rows.codes.flatMap((code, row) => (code === undefined ? [] : [row]))
  const codeRows = toSparse(
    violations.map((row) => rows.present[row] ?? noRow),
    1 << bits.codes,
  )
  const codeFits = codes.map((code) => {
    const fit = fitSvm(codeRows, (row) => rows.codes[violations[row] ?? -1] === code, {
      cost: () => cost.codes,
      tolerance: 0.05,
      passes: 100,
    })
    bar.increment()
    return fit
  })
  bar.stop()

  const dev = readItems(corpora, 'dev').map((item) => itemExample(item, pack))
  const devRooms = readRooms(corpora, 'dev').flatMap((room) => roomExamples(room, pack))
  const trained = `${items.length} utterances and ${rooms.length} rooms, pack ${pack.version}`
  const raw = readClassifier(JSON.stringify(fileOf(families, codeFits, codes, trained)))
  const file = fileOf(calibrate(families, raw, dev), codeFits, codes, trained)
  const classifier = readClassifier(JSON.stringify(file))
  begin('setting limits ', 1)
  const judged = [...dev, ...devRooms].map((example) => judgedBy(classifier, example))
  const { thresholds, measured } = chooseThresholds(judged, demands)
  bar.increment()
  bar.stop()

  for (const family of violationFamilies) Object.assign(file.families[family], thresholds[family])
  const text = `${JSON.stringify(file)}\n`
  const out = join(options.out ?? folder, classifierFile)
  writeFileSync(`${out}.new`, text)
  renameSync(`${out}.new`, out)
  stdout.write(
    `${JSON.stringify({ out, bytes: text.length, trained, passes: families.map(({ passes }) => passes), thresholds, dev: measured })}\n`,
  )
}

const noRow = { slots: [], values: [] }

type Rows = {
  families: { slots: number[]; values: number[] }[]
  present: { slots: number[]; values: number[] }[]
  labels: Example['label'][]
  codes: (Code | undefined)[]
  hard: boolean[]
}

function newRows(): Rows {
  return { families: [], present: [], labels: [], codes: [], hard: [] }
}

function addExample(rows: Rows, { input, label, code, difficulty }: Example): void {
  const { present, earlier } = slotsOf(bits.families, input)
  const here = 1 / Math.sqrt(present.length || 1)
  const before = contextWeight / Math.sqrt(earlier.length || 1)
  rows.families.push({
    slots: [...present, ...earlier],
    values: [...present.map(() => here), ...earlier.map(() => before)],
  })
  const small = code === undefined ? [] : slotsOf(bits.codes, input).present
  const each = 1 / Math.sqrt(small.length || 1)
  rows.present.push({ slots: small, values: small.map(() => each) })
  rows.labels.push(label)
  rows.codes.push(code)
  rows.hard.push(difficulty === 'hardneg')
}

function toSparse(rows: readonly { slots: readonly number[]; values: readonly number[] }[], size: number): SparseRows {
  const starts = new Uint32Array(rows.length + 1)
  rows.forEach(({ slots }, i) => {
    starts[i + 1] = (starts[i] ?? 0) + slots.length
  })
  const total = starts[rows.length] ?? 0
  const sparse = { starts, slots: new Uint32Array(total), values: new Float32Array(total), size }
  rows.forEach(({ slots, values }, i) => {
    sparse.slots.set(slots, starts[i])
    sparse.values.set(values, starts[i])
  })
  return sparse
}

function isViolationFamily(family: string): family is ViolationFamily {
  return violationFamilies.some((one) => one === family)
}

const unset = { bias: 0, raise: 0, keep: 0 }

function fileOf(
  families: readonly LinearFit[],
  codeFits: readonly LinearFit[],
  names: Code[],
  trained: string,
): ClassifierFile {
  const [efficacy, spec, blindbox] = families.map(({ bias }) => ({ ...unset, bias }))
  return {
    format: 1,
    trained,
    bits: bits.families,
    contextWeight,
    families: { efficacy: efficacy ?? unset, spec: spec ?? unset, blindbox: blindbox ?? unset },
    ...packWeights(families.map(({ weights }) => weights)),
    codes: {
      bits: bits.codes,
      names,
      biases: codeFits.map(({ bias }) => bias),
      ...packWeights(codeFits.map(({ weights }) => weights)),
    },
  }
}

/** Margins turned into log-odds, family by family, on utterances the fit has not seen. */
function calibrate(families: readonly LinearFit[], raw: Classifier, dev: readonly Example[]): LinearFit[] {
  const scores = dev.map(({ input }) => familyScores(raw, input))
  return violationFamilies.map((family, i) => {
    const margins = scores.map((one) => one[family])
    const { scale, shift } = plattScale(
      margins,
      dev.map(({ label }) => label === family),
    )
    const { weights = new Float64Array(), bias = 0, passes = 0 } = families[i] ?? {}
    return { weights: weights.map((weight) => weight * scale), bias: bias * scale + shift, passes }
  })
}

function judgedBy(classifier: Classifier, { input, label, difficulty }: Example): Judged {
  return {
    label,
    hardNegative: difficulty === 'hardneg',
    room: difficulty === undefined,
    findings: input.outcome?.findings ?? [],
    scores: familyScores(classifier, input),
    codes: {
      efficacy: codeOf(classifier, 'efficacy', input),
      spec: codeOf(classifier, 'spec', input),
      blindbox: codeOf(classifier, 'blindbox', input),
    },
  }
}
