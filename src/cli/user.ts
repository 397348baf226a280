import { InvalidArgumentError, type Command } from 'commander'
import { generatePassword, hashPassword } from '../access/passwords.ts'
import { ok } from '../contracts/errors.ts'
import { loginSchema, roles, roleSchema, type Role } from '../contracts/people.ts'
import { addPerson, disablePerson, listPeople, resetPassword } from '../store/people.ts'
import { cliDoer, contextCommand, print, table, withDb } from './administration.ts'
import type { CliContext } from './context.ts'

/** `user add|list|disable|reset`: people who sign in to the console. Passwords are generated and printed once. */
export function userCommand(context: CliContext): Command {
  return contextCommand('user', context)
    .description('People who sign in to the console')
    .addCommand(addCommand(context))
    .addCommand(listCommand(context))
    .addCommand(disableCommand(context))
    .addCommand(resetCommand(context))
}

function addCommand(context: CliContext): Command {
  return contextCommand('add', context)
    .description('Add a person; prints the password once')
    .argument('<login>', 'what they type to sign in', parseLogin)
    .requiredOption('--role <role>', roles.join(', '), parseRole)
    .requiredOption('--name <name>', 'as others see them on the console', parseName)
    .option('--json', 'one JSON object', false)
    .action(async (login: string, options: { role: Role; name: string; json: boolean }, command: Command) => {
      const password = generatePassword()
      const passwordHash = await hashPassword(password)
      const { role, name } = options
      const person = await withDb(context, command, (db) =>
        addPerson(db, { login, name, role, passwordHash, demo: false }, cliDoer),
      )
      print(context, options.json, { person, password }, [
        `Added ${person.login} (${person.name}, ${person.role}).`,
        `Password, shown only now: ${password}`,
      ])
    })
}

function listCommand(context: CliContext): Command {
  return contextCommand('list', context)
    .description('Everybody who may sign in, and who no longer may')
    .option('--json', 'one JSON object', false)
    .action(async (options: { json: boolean }, command: Command) => {
      const people = await withDb(context, command, async (db) => ok(await listPeople(db)))
      const rows = people.map((person) => [
        person.login,
        person.role,
        person.name,
        person.disabled ? 'disabled' : person.demo ? 'demo' : '',
      ])
      print(context, options.json, { people }, people.length > 0 ? table(rows) : ['Nobody yet; see `user add --help`.'])
    })
}

function disableCommand(context: CliContext): Command {
  return contextCommand('disable', context)
    .description('Refuse a person from now on and end their sign-ins')
    .argument('<login>')
    .option('--json', 'one JSON object', false)
    .action(async (login: string, options: { json: boolean }, command: Command) => {
      const person = await withDb(context, command, (db) => disablePerson(db, login, cliDoer))
      print(context, options.json, { person }, [`Disabled ${person.login}; their sign-ins have ended.`])
    })
}

function resetCommand(context: CliContext): Command {
  return contextCommand('reset', context)
    .description('Give a person another password, printed once, and end their sign-ins')
    .argument('<login>')
    .option('--json', 'one JSON object', false)
    .action(async (login: string, options: { json: boolean }, command: Command) => {
      const password = generatePassword()
      const passwordHash = await hashPassword(password)
      const person = await withDb(context, command, (db) => resetPassword(db, login, passwordHash, cliDoer))
      const lines = [`Password of ${person.login}, shown only now: ${password}`]
      if (person.disabled) lines.push('The person is still disabled.')
      print(context, options.json, { person, password }, lines)
    })
}

function parseLogin(text: string): string {
  const parsed = loginSchema.shape.login.safeParse(text)
  if (!parsed.success || /[\s\p{C}]/u.test(text)) {
    throw new InvalidArgumentError('A login has 1 to 64 characters and no spaces.')
  }
  return parsed.data
}

function parseRole(text: string): Role {
  const parsed = roleSchema.safeParse(text)
  if (!parsed.success) throw new InvalidArgumentError(`Known roles: ${roles.join(', ')}.`)
  return parsed.data
}

function parseName(text: string): string {
  if (text.trim() === '' || text.length > 64) throw new InvalidArgumentError('A name has 1 to 64 characters.')
  return text.trim()
}
