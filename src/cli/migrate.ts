import { Command } from 'commander'
import { migrate } from '../store/database.ts'
import { clearDemo } from '../store/demo-data.ts'
import type { CliContext } from './context.ts'

/** `livewarden migrate`: brings the schema up to date; harmless when it is. */
export function migrateCommand(context: CliContext): Command {
  return new Command('migrate')
    .description('bring the database schema up to date')
    .option('--json', 'print one JSON object')
    .action(async (options: { json?: boolean }) => {
      const { db, close } = await context.openDb()
      try {
        const applied = await migrate(db)
        const text = applied.length > 0 ? `applied: ${applied.join(', ')}` : 'the schema is up to date'
        context.stdout.write(`${options.json ? JSON.stringify({ applied }) : text}\n`)
      } finally {
        await close()
      }
    })
}

/** `livewarden demo clear`: removes the demo rooms and what came of them. */
export function demoCommand(context: CliContext): Command {
  const demo = new Command('demo').description('the demo rooms that npm start plays')
  demo
    .command('clear')
    .description('remove the demo rooms with their transcripts, alerts and measures; audit entries stay')
    .option('--json', 'print one JSON object')
    .action(async (options: { json?: boolean }) => {
      const { db, close } = await context.openDb()
      try {
        const cleared = await clearDemo(db)
        const counts = Object.entries(cleared).map(([name, count]) => `${count} ${name}`)
        context.stdout.write(
          options.json
            ? `${JSON.stringify(cleared)}\n`
            : `removed ${counts.join(', ')}\nstart with: npm start -- --no-demo\n`,
        )
      } finally {
        await close()
      }
    })
  return demo
}
