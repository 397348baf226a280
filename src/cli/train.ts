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
import { featureIndex, numberOf } from '../detectors/classify/feature-index.ts'
import type { FeatureIndex } from '../detectors/classify/feature-index.ts'
import { earlierFeatures } from '../detectors/classify/features.ts'
import { justBefore, slotsOf, tellPresent } from '../detectors/classify/score.ts'
import { look } from '../detectors/classify/network.ts'
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
import { fitNetwork } from './train/fit-network.ts'
import type { Network, NetworkExample } from './train/fit-network.ts'
import { deflated, packSteps } from './train/pack-weights.ts'
import { chooseRunning, chooseThresholds } from './train/thresholds.ts'
import type { Judged } from './train/thresholds.ts'

type Options = { pack?: string; corpora?: string; out?: string }

/** How the family network is fitted. Found on dev; width and members cost speed, the rest training time. */
const network = {
  width: 32,
  contextWeight: 0.5,
  epochs: 6,
  batch: 64,
  featureDropout: 0.15,
  hiddenDropout: 0.4,
  rowRate: 0.003,
  layerRate: 0.001,
  kindShare: 0.3,
} as const
/** A small corpus is gone through more often, until this many batches were learnt. */
const leastBatches = 500
const seeds = [1] as const
/** A feature is known when this many utterances have it. */
const rarest = 8
/** What a mistake in a recorded room costs beside one on a picked line: its talk is mostly harmless, its violations few. */
const roomWeight = { lawful: 0.5, violation: 2 } as const
const codeBits = 14
const codeFit = { cost: () => 1, tolerance: 0.05, passes: 100 } as const
const demands = { precision: 0.9, hardNegatives: 0.035 } as const
/** Most lawful utterances flagged in the honest rooms of dev, half of which act out what swindlers say. */
const mostFlaggedInRooms = 0.012

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
  const examples: Row[] = []
  const take = (example: Example): number => examples.push(toRow(example))
  for (const item of items) {
    take(itemExample(item, pack))
    bar.increment()
  }
  for (const room of rooms) {
    roomExamples(room, pack).forEach(take)
    bar.increment()
  }
  ruleExamples(pack).forEach(take)
  bar.stop()

  const known = knownFeatures(examples)
  const index = featureIndex(known)
  const kinds = [...new Set(examples.flatMap(({ kind }) => (kind === undefined ? [] : [kind])))].sort()
  const learnt = examples.map((row) => toNetworkExample(row, index, kinds))
  const epochs = Math.max(network.epochs, Math.ceil((leastBatches * network.batch) / Math.max(1, learnt.length)))
  begin('fitting families', seeds.length * epochs)
  const members = seeds.map((seed) =>
    fitNetwork(
      learnt,
      { ...network, epochs, seed, features: known.length, classes: 1 + violationFamilies.length, kinds: kinds.length },
      () => bar.increment(),
    ),
  )
  bar.stop()
  const codes = fitCodes(examples, learnt, begin, bar)

  const trained = `${items.length} utterances and ${rooms.length} rooms, pack ${pack.version}`
  const file = fileOf(trained, known, members, codes)
  const classifier = readClassifier(JSON.stringify(file))
  const dev = readItems(corpora, 'dev').map((item) => itemExample(item, pack))
  const devRooms = readRooms(corpora, 'dev').flatMap((room) => {
    const honest = room.episodes.length === 0
    return roomExamples(room, pack).filter(({ label }) => honest || label !== 'clean')
  })
  begin('setting limits ', 2)
  const { thresholds, measured } = chooseThresholds(
    dev.map((example) => judgedBy(classifier, example)),
    demands,
  )
  bar.increment()
  const inRooms = chooseRunning(
    devRooms.map((example) => judgedBy(classifier, example)),
    thresholds,
    mostFlaggedInRooms,
  )
  bar.increment()
  bar.stop()

  const text = `${JSON.stringify({ ...file, thresholds, running: inRooms.running })}\n`
  const out = join(options.out ?? folder, classifierFile)
  writeFileSync(`${out}.new`, text)
  renameSync(`${out}.new`, out)
  const report = { out, bytes: text.length, trained, features: known.length, thresholds, dev: measured, inRooms }
  stdout.write(`${JSON.stringify(report)}\n`)
}

/** An example reduced to hashes, so that the readings of a whole corpus need not be kept. */
type Row = { present: Uint32Array; earlier: Uint32Array } & Omit<Example, 'input'>

function toRow({ input, ...rest }: Example): Row {
  const hashes = (tell: (sink: (hash: number) => void) => void): number[] => {
    const set = new Set<number>()
    tell((hash) => set.add(hash))
    return [...set]
  }
  const earlier = justBefore(input).flatMap(({ reading, speaker }) =>
    hashes((sink) => earlierFeatures(reading, speaker, input.pack, sink)),
  )
  return {
    present: Uint32Array.from(hashes((sink) => tellPresent(input, sink))),
    earlier: Uint32Array.from(earlier),
    ...rest,
  }
}

function knownFeatures(rows: readonly Row[]): Uint32Array {
  const counts = new Map<number, number>()
  for (const { present, earlier } of rows) {
    for (const hash of present) counts.set(hash, (counts.get(hash) ?? 0) + 1)
    for (const hash of earlier) counts.set(hash, (counts.get(hash) ?? 0) + 1)
  }
  const known = [...counts].filter(([, count]) => count >= rarest)
  return Uint32Array.from(
    known.sort((a, b) => b[1] - a[1] || a[0] - b[0]),
    ([hash]) => hash,
  )
}

function toNetworkExample(
  { present, earlier, label, kind, difficulty }: Row,
  index: FeatureIndex,
  kinds: readonly string[],
): NetworkExample {
  const numbers = (hashes: Uint32Array): Uint32Array =>
    hashes
      .map((hash) => numberOf(index, hash) + 1)
      .filter((number) => number > 0)
      .map((number) => number - 1)
  return {
    present: numbers(present),
    earlier: numbers(earlier),
    target: label === 'clean' ? 0 : 1 + violationFamilies.indexOf(label),
    kind: kind === undefined ? undefined : kinds.indexOf(kind),
    weight: weightOf(label, difficulty),
  }
}

function weightOf(label: Row['label'], difficulty: Row['difficulty']): number {
  if (difficulty !== undefined) return 1
  return label === 'clean' ? roomWeight.lawful : roomWeight.violation
}

type CodeFit = { names: Code[]; fits: LinearFit[] }

function fitCodes(
  rows: readonly Row[],
  learnt: readonly NetworkExample[],
  begin: (what: string, total: number) => void,
  bar: SingleBar,
): CodeFit {
  const violations = rows.flatMap(({ code }, i) => {
    if (code === undefined || !isViolationFamily(taxonomyOf(code).family)) return []
    return [{ code, slots: slotsOf((1 << codeBits) - 1, [...(learnt[i]?.present ?? [])]) }]
  })
  const names = [...new Set(violations.map(({ code }) => code))].sort()
  begin('fitting codes  ', names.length)
  const sparse = toSparse(violations, 1 << codeBits)
  const fits = names.map((name) => {
    const fit = fitSvm(sparse, (row) => violations[row]?.code === name, codeFit)
    bar.increment()
    return fit
  })
  bar.stop()
  return { names, fits }
}

function toSparse(rows: readonly { slots: readonly number[] }[], size: number): SparseRows {
  const starts = new Uint32Array(rows.length + 1)
  rows.forEach(({ slots }, i) => {
    starts[i + 1] = (starts[i] ?? 0) + slots.length
  })
  const total = starts[rows.length] ?? 0
  const sparse = { starts, slots: new Uint32Array(total), values: new Float32Array(total), size }
  rows.forEach(({ slots }, i) => {
    sparse.slots.set(slots, starts[i])
    sparse.values.fill(1 / Math.sqrt(slots.length || 1), starts[i], starts[i + 1])
  })
  return sparse
}

function isViolationFamily(family: string): family is ViolationFamily {
  return violationFamilies.some((one) => one === family)
}

function fileOf(
  trained: string,
  known: Uint32Array,
  members: readonly Network[],
  { names, fits }: CodeFit,
): ClassifierFile {
  const unset = { raise: 0, keep: 0 }
  const slots = 1 << codeBits
  const columns = new Float64Array(slots * names.length)
  fits.forEach(({ weights }, i) => weights.forEach((weight, slot) => (columns[slot * names.length + i] = weight)))
  const codes = packSteps(columns)
  return {
    format: 1,
    trained,
    contextWeight: network.contextWeight,
    features: deflated(known),
    width: network.width,
    members: members.map(memberOf),
    thresholds: { efficacy: unset, spec: unset, blindbox: unset },
    running: unset,
    codes: { bits: codeBits, names, biases: fits.map(({ bias }) => bias), step: codes.step, weights: codes.bytes },
  }
}

function memberOf({ rows, hidden, outputs, biases }: Network): ClassifierFile['members'][number] {
  const { step, bytes } = packSteps(rows)
  const { width } = network
  return {
    step,
    rows: bytes,
    hidden: [...hidden],
    outputs: [...biases].map((bias, c) => ({ bias, weights: [...outputs.subarray(c * width, (c + 1) * width)] })),
  }
}

function judgedBy(classifier: Classifier, { input, label, difficulty }: Example): Judged {
  const seen = look(classifier, input)
  return {
    label,
    hardNegative: difficulty === 'hardneg',
    heardBefore: input.earlier.length,
    findings: input.outcome?.findings ?? [],
    scores: familyScores(classifier, seen),
    codes: {
      efficacy: codeOf(classifier, 'efficacy', seen),
      spec: codeOf(classifier, 'spec', seen),
      blindbox: codeOf(classifier, 'blindbox', seen),
    },
  }
}
