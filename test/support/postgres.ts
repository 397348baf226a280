import { randomUUID } from 'node:crypto'
import { Client } from 'pg'
import { inject } from 'vitest'

/** An empty database of its own for one test or one file. */
export interface TestDatabase {
  url: string
  /** Removes it, cutting off whoever is still connected. */
  drop(): Promise<void>
}

/** Creates an empty database on the Postgres that this run's tests share, starting that one first when nobody has yet. */
export async function testDatabase(): Promise<TestDatabase> {
  const server = await serverUrl()
  const name = `test_${randomUUID().replaceAll('-', '')}`
  await run(server, `CREATE DATABASE ${name}`)
  const url = new URL(server)
  url.pathname = `/${name}`
  return { url: url.href, drop: () => run(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) }
}

let known: Promise<string> | undefined

function serverUrl(): Promise<string> {
  known ??= fetch(inject('postgresDoor')).then(async (answer) => {
    const text = await answer.text()
    if (!answer.ok) throw new Error(`The Postgres of the tests did not start: ${text}`)
    return text
  })
  return known
}

async function run(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
