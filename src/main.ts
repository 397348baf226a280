import { Command, CommanderError } from 'commander'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { aliasesCommand } from './cli/aliases.ts'
import { runDetect } from './cli/detect.ts'
import type { CliContext } from './cli/context.ts'
import { keyCommand } from './cli/key.ts'
import { demoCommand, migrateCommand } from './cli/migrate.ts'
import { packageVersion } from './cli/package-folder.ts'
import { pushCommand } from './cli/push.ts'
import { runReplay } from './cli/replay.ts'
import { rulesCommand } from './cli/rules.ts'
import { evalCommand } from './cli/eval.ts'
import { trainCommand } from './cli/train.ts'
import { isExplained, serveCommand, StartError } from './cli/serve.ts'
import { userCommand } from './cli/user.ts'
import { verifyCommand } from './cli/verify.ts'
import { ConfigError, readConfig } from './config/config.ts'
import { findBundledPostgres } from './store/bundled/start-bundled-postgres.ts'
import { migrate, openDatabase, type Db } from './store/database.ts'
import { openStorage } from './store/open-storage.ts'

/** Process entry: reads the command line, runs one command, and turns what went wrong into an exit code. */
const { stdin, stdout, stderr } = process

/** Bad input is 2, a fault of the program 1. */
const badInput = 2

const context: CliContext = { openDb: openForAdministration, stdout, stderr }

/**
 * The database an administrative command works on: the given one, the bundled one of the running service, or, when no
 * service runs, the bundled one started for the length of the command.
 */
async function openForAdministration(): Promise<{ db: Db; close(): Promise<void> }> {
  const { config, secrets } = readConfig(process.env)
  const running = secrets.databaseUrl ?? (await findBundledPostgres(config.dataDir)) ?? null
  if (running === null && !existsSync(join(config.dataDir, 'postgres.json'))) {
    throw new StartError(
      `There is no service data in "${config.dataDir}". Start the service once (npm start), or name the right folder with DATA_DIR, or a server with DATABASE_URL.`,
    )
  }
  const log = (message: string): void => void stderr.write(`${message}\n`)
  const logger = { info: () => undefined, warn: log, error: log }
  const storage = await openStorage({ databaseUrl: running, dataDir: config.dataDir, logger })
  const db = openDatabase({ url: storage.url, max: 2, name: 'livewarden-cli', onError: () => undefined })
  const close = async (): Promise<void> => {
    await db.destroy()
    await storage.close()
  }
  try {
    await migrate(db)
  } catch (error) {
    await close()
    throw new StartError(
      `The database cannot be used: ${error instanceof Error ? error.message : String(error)}. Check DATABASE_URL, or that the service of this folder is running.`,
      { cause: error },
    )
  }
  return { db, close }
}

const program = new Command('livewarden')
  .description('Real-time moderation for Chinese live commerce 直播巡查')
  .version(packageVersion())
  .showHelpAfterError('(add --help for the options)')
  .addCommand(serveCommand({ environment: process.env, stdout, version: packageVersion() }))
  .addCommand(
    new Command('detect')
      .description('judge utterances: NDJSON on stdin, one NDJSON answer a line on stdout')
      .option('--pack <folder>', 'rule pack to use instead of the shipped one')
      .addHelpText(
        'after',
        '\nA line: {"id":"1","channel":"speech","category":"food","licences":[],"context":["弹幕: 能降糖吗"],"text":"…"}',
      )
      .action(async (options: { pack?: string }) => {
        const io = { stdin, stdout, stderr, ...(options.pack ? { packDir: options.pack } : {}) }
        process.exitCode = await runDetect(io)
      }),
  )
  .addCommand(
    new Command('replay')
      .description('fold a recorded session through the live engine and print the alerts that stand at its end')
      .argument('<file>', 'NDJSON: a header line, then events')
      .option('--all', 'also alerts of other families and withdrawn ones')
      .option('--pack <folder>', 'rule pack to use instead of the shipped one')
      .action(async (file: string, options: { all?: boolean; pack?: string }) => {
        const io = { stdout, stderr, ...(options.pack ? { packDir: options.pack } : {}) }
        process.exitCode = await runReplay(file, options.all ? { all: true } : {}, io)
      }),
  )
  .addCommand(pushCommand({ stdin, stdout, stderr, environment: process.env }))
  .addCommand(userCommand(context))
  .addCommand(keyCommand(context))
  .addCommand(rulesCommand(context))
  .addCommand(aliasesCommand({ stdout, stderr }))
  .addCommand(trainCommand({ stdout, stderr }))
  .addCommand(evalCommand({ stdout, stderr }))
  .addCommand(migrateCommand(context))
  .addCommand(demoCommand(context))
  .addCommand(verifyCommand(context))

for (const command of allCommands(program)) command.exitOverride()

try {
  await program.parseAsync()
} catch (error) {
  process.exitCode = report(error)
}

function allCommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap((child) => allCommands(child))]
}

function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : badInput
  if (error instanceof ConfigError) {
    stderr.write(`${error.message}\n`)
    return badInput
  }
  if (isExplained(error)) {
    stderr.write(`${error.message}\n`)
    return 1
  }
  stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
  return 1
}
