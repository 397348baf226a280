import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { packageFolder } from '../src/cli/package-folder.ts'
import { measure } from './detect/figures.ts'
import { budget, overBudget, tables } from './detect/report.ts'

const help = `Usage: npm run bench:detect -- [options]

Measures detection on one core with the shipped rule pack: segments by length, recorded rooms, texts that are hostile to
anything not linear, compiling a pack, and the automaton alone against packages of npm. Texts come from corpora/dev.
Tables first; the last line is one JSON object. Takes about two minutes. Exit code 1 when something is over the budget.

Options:
  --json     the JSON object only
  --record   also keep the figures and the machine in bench/record/<date>-detect.json
  --help     this text
`

/** Figures of four digits: more would only be noise. */
function significant(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value
}

function optionsOrExit(): { json: boolean; record: boolean; help: boolean } {
  const flag = { type: 'boolean', default: false } as const
  try {
    return parseArgs({ options: { json: flag, record: flag, help: flag } }).values
  } catch (error) {
    process.stderr.write(`bench:detect: ${error instanceof Error ? error.message : String(error)}\n${help}`)
    process.exit(2)
  }
}

const options = optionsOrExit()
if (options.help) {
  process.stdout.write(help)
  process.exit(0)
}

const figures = await measure((text) => process.stderr.write(`bench:detect: ${text} …\n`))
const over = overBudget(figures)
const date = new Date().toISOString().slice(0, 10)
const machine = { cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length, node: process.version }
const result = { bench: 'detect', date, machine, budget, over, ...figures }
if (options.record) {
  const folder = join(packageFolder(), 'bench', 'record')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, `${date}-detect.json`), `${JSON.stringify(result, significant, 2)}\n`)
}
if (!options.json) process.stdout.write(tables(figures))
for (const one of over) process.stderr.write(`over the budget: ${one}\n`)
process.stdout.write(`${JSON.stringify(result, significant)}\n`)
process.exitCode = over.length > 0 ? 1 : 0
