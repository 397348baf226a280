import { InvalidArgumentError, type Command } from 'commander'
import { generateRoomKey, hashSecret } from '../access/secrets.ts'
import { ok } from '../contracts/errors.ts'
import { idUnits } from '../contracts/limits.ts'
import { addRoomKey, listRoomKeys, revokeRoomKey, type RoomKeySummary } from '../store/room-keys.ts'
import { cliDoer, contextCommand, print, table, withDb } from './administration.ts'
import type { CliContext } from './context.ts'

/** `key create|list|revoke`: what rooms authenticate with. Keys are printed once and kept as hashes. */
export function keyCommand(context: CliContext): Command {
  return contextCommand('key', context)
    .description('Keys with which rooms push their broadcasts')
    .addCommand(createCommand(context))
    .addCommand(listCommand(context))
    .addCommand(revokeCommand(context))
}

function createCommand(context: CliContext): Command {
  return contextCommand('create', context)
    .description('Create a key for some rooms or all; prints it once')
    .option('--room <id...>', 'a room the key covers; it need not exist yet', collectRoom)
    .option('--all', 'cover every room', false)
    .option('--name <name>', 'what the key is for', parseName, '')
    .option('--json', 'one JSON object', false)
    .action(async (options: { room?: string[]; all: boolean; name: string; json: boolean }, command: Command) => {
      if (options.all === (options.room !== undefined)) {
        command.error('error: name the rooms with --room ID, or cover every room with --all', { exitCode: 2 })
      }
      const rooms = options.all ? ('all' as const) : [...new Set(options.room)]
      const key = generateRoomKey()
      const keyHash = hashSecret(key) ?? ''
      const id = await withDb(context, command, (db) =>
        addRoomKey(db, { keyHash, name: options.name, rooms, demo: false }, cliDoer),
      )
      print(context, options.json, { id, key, rooms, name: options.name }, [
        `Created key ${id} for ${roomWords(rooms)}.`,
        `Key, shown only now: ${key}`,
      ])
    })
}

function listCommand(context: CliContext): Command {
  return contextCommand('list', context)
    .description('Keys, newest first')
    .option('--json', 'one JSON object', false)
    .action(async (options: { json: boolean }, command: Command) => {
      const keys = await withDb(context, command, async (db) => ok(await listRoomKeys(db)))
      const lines = keys.length > 0 ? table(keys.map(keyRow)) : ['No keys yet; see `key create --help`.']
      print(context, options.json, { keys }, lines)
    })
}

function revokeCommand(context: CliContext): Command {
  return contextCommand('revoke', context)
    .description('Refuse a key from now on')
    .argument('<id>')
    .option('--json', 'one JSON object', false)
    .action(async (id: string, options: { json: boolean }, command: Command) => {
      const revoked = await withDb(context, command, (db) => revokeRoomKey(db, id, cliDoer))
      print(context, options.json, { id: revoked }, [`Revoked key ${revoked}; running services refuse it within 5 s.`])
    })
}

function keyRow(key: RoomKeySummary): string[] {
  const state = key.revokedAt === null ? (key.demo ? 'demo' : '') : `revoked ${key.revokedAt}`
  return [key.id, key.createdAt, roomWords(key.rooms), key.name, state]
}

function roomWords(rooms: 'all' | readonly string[]): string {
  return rooms === 'all' ? 'every room' : rooms.join(', ')
}

function collectRoom(id: string, before: string[] | undefined): string[] {
  if (id === '' || id.length > idUnits) throw new InvalidArgumentError(`A room id has 1 to ${idUnits} characters.`)
  return [...(before ?? []), id]
}

function parseName(text: string): string {
  if (text.length > 100) throw new InvalidArgumentError('A name has at most 100 characters.')
  return text
}
