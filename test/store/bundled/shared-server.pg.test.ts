import { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { testDatabase, type TestDatabase } from '../../support/postgres.ts'

let database: TestDatabase
let client: Client

beforeAll(async () => {
  database = await testDatabase()
  client = new Client({ connectionString: database.url })
  await client.connect()
})

afterAll(async () => {
  await client.end()
  await database.drop()
})

test('an acknowledged commit is on disk: fsync, synchronous_commit and full_page_writes are on', async () => {
  expect(await setting('fsync')).toBe('on')
  expect(await setting('synchronous_commit')).toBe('on')
  expect(await setting('full_page_writes')).toBe('on')
  expect(await setting('data_checksums')).toBe('on')
})

test('a backup can be taken from the running server', async () => {
  expect(await setting('wal_level')).toBe('replica')
  expect(Number(await setting('max_wal_senders'))).toBeGreaterThan(0)
})

test('the server listens on a private socket and on no port', async () => {
  expect(await setting('listen_addresses')).toBe('')
  expect(await setting('unix_socket_permissions')).toBe('0700')
})

test('Chinese text is UTF-8, sorts by code point and keeps its letter classes', async () => {
  const words = ['虚假', '盲盒', '功效', 'Äpfel', 'b', '直播']
  const { rows } = await client.query<{ word: string }>('SELECT word FROM unnest($1::text[]) AS word ORDER BY word', [
    words,
  ])
  expect(rows.map(({ word }) => word)).toEqual([...words].sort())
  const { rows: classes } = await client.query(
    "SELECT lower('ÄÖ') AS lower, '盲' ~ '^[[:alpha:]]$' AS letter, length('直播巡查') AS length",
  )
  expect(classes).toEqual([{ lower: 'äö', letter: true, length: 4 }])
  expect(await setting('server_encoding')).toBe('UTF8')
})

test('each test database starts empty and is gone after drop', async () => {
  const other = await testDatabase()
  const guest = new Client({ connectionString: other.url })
  guest.on('error', () => undefined) // drop cuts it off
  await guest.connect()
  const { rows } = await guest.query("SELECT 1 FROM pg_tables WHERE schemaname = 'public'")
  expect(rows).toEqual([])
  await other.drop()
  const name = new URL(other.url).pathname.slice(1)
  expect((await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name])).rowCount).toBe(0)
})

async function setting(name: string): Promise<string> {
  const { rows } = await client.query<{ setting: string }>('SELECT current_setting($1) AS setting', [name])
  return rows[0]?.setting ?? ''
}
