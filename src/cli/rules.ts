import { InvalidArgumentError, type Command } from 'commander'
import { ok } from '../contracts/errors.ts'
import { listPacks, publishPack, type ListedPack, type Publication } from '../store/rule-packs.ts'
import { cliDoer, contextCommand, print, table, withDb } from './administration.ts'
import { checkPackFolder, problemLine, type PackCheck, type PackReport } from './check-pack.ts'
import type { CliContext } from './context.ts'
import { defaultPackFolder } from './pack-folder.ts'

/** `rules check|publish|list`: rule packs, from a folder into force. */
export function rulesCommand(context: CliContext): Command {
  return contextCommand('rules', context)
    .description('Rule packs: check a folder, put it in force, see what was in force when')
    .addCommand(checkCommand(context))
    .addCommand(publishCommand(context))
    .addCommand(listCommand(context))
}

function checkCommand(context: CliContext): Command {
  return contextCommand('check', context)
    .description('Compile the pack of a folder and run all its examples; exit 2 when anything is wrong')
    .argument('[folder]', 'folder with pack.yaml; the shipped pack when left out')
    .option('--json', 'one JSON object', false)
    .action((folder: string | undefined, options: { json: boolean }, command: Command) => {
      const check = checkPackFolder(folder ?? defaultPackFolder())
      if (!check.ok) refusePack(context, options.json, check, command)
      print(context, options.json, { ok: true, ...check.report }, table(reportRows(check.report)))
    })
}

function publishCommand(context: CliContext): Command {
  return contextCommand('publish', context)
    .description('Check the pack of a folder, store it and put it in force; running services take it up within 2 s')
    .argument('[folder]', 'folder with pack.yaml; the shipped pack when left out')
    .option('--note <text>', 'why; shown by `rules list` and kept in the audit log', parseNote, '')
    .option('--json', 'one JSON object', false)
    .action(async (folder: string | undefined, options: { note: string; json: boolean }, command: Command) => {
      const check = checkPackFolder(folder ?? defaultPackFolder())
      if (!check.ok) refusePack(context, options.json, check, command, 'Nothing was published.')
      const { hash, name, version, rules } = check.pack
      const stored = { hash, name, version, rules: rules.length, sources: [...check.files] }
      const done = await withDb(context, command, (db) => publishPack(db, stored, options.note, cliDoer))
      const pack = { name, version, hash, rules: rules.length }
      print(context, options.json, { ...done, pack, note: options.note }, publishedLines(pack, done))
    })
}

function listCommand(context: CliContext): Command {
  return contextCommand('list', context)
    .description('Stored versions, newest first, and which one is in force')
    .option('--json', 'one JSON object', false)
    .action(async (options: { json: boolean }, command: Command) => {
      const packs = await withDb(context, command, async (db) => ok(await listPacks(db)))
      const head = ['', 'pack', 'version', 'hash', 'rules', 'in force since', 'by', 'note']
      const lines = packs.length > 0 ? table([head, ...packs.map(packRow)]) : ['No pack is stored yet.']
      print(context, options.json, { packs }, lines)
    })
}

/** Names every problem and ends with exit code 2. */
function refusePack(
  context: CliContext,
  json: boolean,
  { problems, unfinished }: Extract<PackCheck, { ok: false }>,
  command: Command,
  outcome?: string,
): never {
  if (json) print(context, true, { ok: false, problems }, [])
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`
  const more = unfinished ? '; what rests on it is checked when it is mended' : ''
  const end = [`${count}${more}.`, outcome ?? ''].filter(Boolean).join(' ')
  command.error([...problems.map(problemLine), end].join('\n'), { exitCode: 2, code: 'livewarden.bad_pack' })
}

function reportRows(report: PackReport): string[][] {
  const { withoutRule, covered, of } = report.codes
  const without = withoutRule.length > 0 ? `; without a rule: ${withoutRule.join(', ')}` : ''
  return [
    ['pack', `${report.pack} ${report.version}  ${report.zh}`],
    ['hash', report.hash],
    ['rules', String(report.rules)],
    ['concepts', String(report.concepts)],
    ['terms', `${report.terms}, ${report.aliases} aliases, ${report.allowPhrases} harmless phrases`],
    ['patterns', String(report.patterns)],
    ['codes', `${covered} of ${of}${without}`],
    ['examples', `${report.examples}, all hold`],
    ['classifier', report.classifier ? 'yes' : 'none; rules alone'],
    ['compiled', `in ${report.compileMs} ms`],
  ]
}

type PackName = { name: string; version: string; hash: string }

function publishedLines(pack: PackName, { outcome, replaced }: Publication): string[] {
  const before = replaced ? [`Before it: ${nameOf(replaced)}.`] : []
  switch (outcome) {
    case 'unchanged':
      return [`${nameOf(pack)} is in force already; nothing was changed.`]
    case 'again':
      return [`${nameOf(pack)} was stored already and is in force again.`, ...before]
    case 'stored':
      return [`Published ${nameOf(pack)}; running services take it up within 2 s.`, ...before]
  }
}

function nameOf({ name, version, hash }: PackName): string {
  return `${name} ${version} (${hash.slice(0, 12)})`
}

function packRow(pack: ListedPack): string[] {
  return [
    pack.active ? '*' : '',
    pack.name,
    pack.version,
    pack.hash.slice(0, 12),
    String(pack.rules),
    pack.inForceSince ?? `never; stored ${pack.createdAt}`,
    pack.publishedBy ?? 'shipped',
    pack.note,
  ]
}

function parseNote(text: string): string {
  if (text.length > 500) throw new InvalidArgumentError('A note has at most 500 characters.')
  return text.trim()
}
