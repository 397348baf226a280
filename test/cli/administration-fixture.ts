import { PassThrough } from 'node:stream'
import { CommanderError, type Command } from 'commander'
import type { CliContext } from '../../src/cli/context.ts'
import type { Db } from '../../src/store/database.ts'

export type Run = { code: number; out: string; err: string }

/** Runs one administrative command against a database, as the entry point would, and says how it ended. */
export async function run(build: (context: CliContext) => Command, db: Db, ...args: string[]): Promise<Run> {
  const stdout = new PassThrough({ encoding: 'utf8' })
  const stderr = new PassThrough({ encoding: 'utf8' })
  const command = build({ openDb: async () => ({ db, close: async () => undefined }), stdout, stderr })
  for (const each of [command, ...command.commands]) each.exitOverride()
  let code = 0
  try {
    await command.parseAsync(args, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    code = error.exitCode
  }
  return { code, out: String(stdout.read() ?? ''), err: String(stderr.read() ?? '') }
}
