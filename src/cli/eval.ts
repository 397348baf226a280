import { Presets, SingleBar } from 'cli-progress'
import type { Command } from 'commander'
import { violationFamilies } from '../contracts/classifier.ts'
import { corpusSplits } from '../contracts/corpus.ts'
import type { CorpusSplit } from '../contracts/corpus.ts'
import { contextCommand, table } from './administration.ts'
import type { CliContext } from './context.ts'
import { defaultCorpora, readItems, readRooms } from './corpus/read-corpus.ts'
import { answerItems, measureItems } from './eval/measure-items.ts'
import type { Answer, ItemFigures, PartFigures } from './eval/measure-items.ts'
import { foldRoom, measureRooms } from './eval/measure-rooms.ts'
import type { RoomFigures } from './eval/measure-rooms.ts'
import { defaultPackFolder, loadPack } from './pack-folder.ts'

type Options = { pack?: string; corpora?: string; split: string; json: boolean; errors: boolean }

/** `eval`: measures detection on a split of the corpora: single utterances, and whole rooms through the live engine. */
export function evalCommand(context: Pick<CliContext, 'stdout' | 'stderr'>): Command {
  const streams: CliContext = { ...context, openDb: () => Promise.reject(new Error('eval needs no database')) }
  return contextCommand('eval', streams)
    .description('Measure detection on the corpora: tables, and one JSON object as the last line')
    .option('--split <name>', `${corpusSplits.join(', ')}; nothing is ever tuned on test`, 'test')
    .option('--pack <folder>', 'rule pack; the shipped one when left out')
    .option('--corpora <folder>', 'folder of the splits; the shipped one when left out')
    .option('--errors', 'name every item and every violation that was judged wrongly (not for test, see docs)', false)
    .option('--json', 'the JSON object only', false)
    .action((options: Options, command: Command) => {
      const split = corpusSplits.find((one) => one === options.split)
      if (split === undefined)
        command.error(`error: --split ${options.split}: use ${corpusSplits.join(', ')}`, { exitCode: 2 })
      else run(split, options, context, command)
    })
}

function run(
  split: CorpusSplit,
  options: Options,
  context: Pick<CliContext, 'stdout' | 'stderr'>,
  command: Command,
): void {
  try {
    const corpora = options.corpora ?? defaultCorpora()
    const pack = loadPack(options.pack ?? defaultPackFolder())
    const items = readItems(corpora, split)
    const rooms = readRooms(corpora, split)
    const bar = new SingleBar(
      { format: 'judging {split} |{bar}| {value}/{total}', stream: context.stderr },
      Presets.shades_classic,
    )
    bar.start(items.length + rooms.length, 0, { split })
    const answers = answerItems(items, pack, () => bar.increment())
    const folded = rooms.map((room) => {
      bar.increment()
      return foldRoom(room, pack)
    })
    bar.stop()
    const figures = measureItems(answers)
    const roomFigures = measureRooms(folded)
    if (!options.json) {
      context.stdout.write(itemTables(figures))
      context.stdout.write(roomTable(roomFigures))
      if (options.errors) context.stdout.write(errorList(answers, roomFigures))
    }
    const { missed, falseAlerts, ...counted } = roomFigures
    const line = { split, pack: pack.hash.slice(0, 12), classifier: pack.classifier?.trained ?? null, ...figures }
    context.stdout.write(
      `${JSON.stringify({ ...line, rooms: { ...counted, missed: missed.length, falseAlerts: falseAlerts.length } })}\n`,
    )
  } catch (error) {
    command.error(`error: ${error instanceof Error ? error.message : String(error)}`, { exitCode: 2 })
  }
}

function itemTables(figures: ItemFigures): string {
  const families = violationFamilies.map((family) => {
    const { precision, recall, f1, there, said } = figures.families[family]
    return [family, percent(precision), percent(recall), f1.toFixed(3), String(there), String(said)]
  })
  return [
    lines([['family', 'precision', 'recall', 'F1', 'items', 'said'], ...families]),
    `macro-F1 ${figures.macroF1.toFixed(3)} · honest look-alikes flagged ${percent(figures.hardNegativesFlagged)} · main code named ${percent(figures.codeRecall)}\n`,
    partTable('difficulty', figures.byDifficulty),
    partTable('channel', figures.byChannel),
    partTable('category', figures.byCategory),
  ].join('\n')
}

function partTable(name: string, parts: Record<string, PartFigures>): string {
  const rows = Object.entries(parts).map(([part, { items, right, flagged }]) => [
    part,
    String(items),
    percent(right / items),
    percent(flagged / items),
  ])
  return lines([[name, 'items', 'right', 'flagged'], ...rows])
}

function roomTable(figures: RoomFigures): string {
  return [
    '',
    lines([
      ['rooms', 'violations', 'found', 'honest hours', 'false alerts/h', 'stray alerts', 'delay median', 'delay p95'],
      [
        String(figures.rooms),
        String(figures.episodes),
        percent(figures.recall),
        figures.honestHours.toFixed(2),
        figures.falseAlertsPerHour.toFixed(2),
        String(figures.strayAlerts),
        String(figures.delayMedian),
        String(figures.delayP95),
      ],
    ]),
    '',
  ].join('\n')
}

function errorList(answers: readonly Answer[], rooms: RoomFigures): string {
  const wrong = answers
    .filter(({ item, label }) => item.label !== label)
    .map(({ item, label, codes }) => {
      const context = item.context === undefined ? '' : ` [${item.context.join(' / ')}]`
      return `${item.label} → ${label} ${item.difficulty} ${item.category ?? '-'}${context} ${item.text} | ${item.reason} | ${codes.join(' ')}`
    })
  const missed = rooms.missed.map((one) => `missed ${one.room} ${one.completeSeq} ${one.code} ${one.note}`)
  const stray = rooms.falseAlerts.map((one) => `false ${one.room} ${one.raisedAtSeq} ${one.code} ${one.quote}`)
  return `${[...wrong, ...missed, ...stray].join('\n')}\n`
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}

function lines(rows: readonly (readonly string[])[]): string {
  return table(rows)
    .map((line) => `${line}\n`)
    .join('')
}
