import { Command } from 'commander'
import { verifyAudit } from '../store/audit-log.ts'
import type { CliContext } from './context.ts'

/** `livewarden verify`: re-computes the audit chain of the live database; exit code 1 names the first bad entry. */
export function verifyCommand(context: CliContext): Command {
  return new Command('verify')
    .description('re-compute the audit chain and name the first entry that does not fit')
    .option('--json', 'print one JSON object')
    .action(async (options: { json?: boolean }) => {
      const { db, close } = await context.openDb()
      try {
        const verdict = await verifyAudit(db)
        const text = verdict.ok
          ? `OK: ${verdict.entries} entries, tip ${verdict.head}`
          : `BROKEN at entry ${verdict.firstBadSeq}: ${verdict.problem}`
        context.stdout.write(`${options.json ? JSON.stringify(verdict) : text}\n`)
        if (!verdict.ok) process.exitCode = 1
      } finally {
        await close()
      }
    })
}
