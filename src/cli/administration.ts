import { Command } from 'commander'
import type { Doer } from '../access/ports.ts'
import type { Result } from '../contracts/errors.ts'
import type { Db } from '../store/database.ts'
import type { CliContext } from './context.ts'

/** Who the audit chain names for what is done on the command line of the server. */
export const cliDoer: Doer = { actor: { kind: 'service', id: 'cli', name: 'cli', role: 'service' }, requestId: '' }

/** A command whose messages go to the context's streams, and which the caller's parser may end without ending the process. */
export function contextCommand(name: string, context: CliContext): Command {
  return new Command(name).configureOutput({
    writeOut: (text) => void context.stdout.write(text),
    writeErr: (text) => void context.stderr.write(text),
  })
}

/** Runs the work with an open database, closes it whatever happens, and ends with exit code 2 on a refusal. */
export async function withDb<T>(
  context: CliContext,
  command: Command,
  work: (db: Db) => Promise<Result<T>>,
): Promise<T> {
  const { db, close } = await context.openDb()
  const result = await work(db).finally(close)
  if (!result.ok)
    command.error(`error: ${result.error.message}`, { exitCode: 2, code: `livewarden.${result.error.code}` })
  return result.value
}

/** Prints one JSON object with `--json`, else lines for people. */
export function print(context: CliContext, json: boolean, value: object, lines: readonly string[]): void {
  context.stdout.write(json ? `${JSON.stringify(value)}\n` : lines.map((line) => `${line}\n`).join(''))
}

/** Columns under each other, each as wide as its longest cell; characters that fill two columns count twice. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows.reduce<number[]>(
    (most, row) => row.map((cell, column) => Math.max(most[column] ?? 0, columnsOf(cell))),
    [],
  )
  return rows.map((row) =>
    row
      .map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - columnsOf(cell)))
      .join('  ')
      .trimEnd(),
  )
}

function columnsOf(text: string): number {
  return [...text].reduce((sum, character) => sum + (/[\u1100-\u115f\u2e80-\uffdc]/u.test(character) ? 2 : 1), 0)
}
