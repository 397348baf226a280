import { afterAll } from 'vitest'
import { testDatabase } from '../support/postgres.ts'
import { queueContract } from './queue-contract.ts'

const databases: { drop(): Promise<void> }[] = []
afterAll(async () => {
  for (const database of databases) await database.drop()
})

queueContract('BullMQ on Postgres', async () => {
  const database = await testDatabase()
  databases.push(database)
  return { kind: 'postgres', url: database.url }
})
