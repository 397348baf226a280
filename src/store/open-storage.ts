import { startBundledPostgres } from './bundled/start-bundled-postgres.ts'
import type { Logger } from './bundled/logger.ts'

/** The Postgres the service works on: one that was given, or the bundled one. */
export type Storage = {
  url: string
  bundled: boolean
  /** Resolves when a bundled server ends without having been asked to; never for a given one. */
  lost: Promise<string>
  close(): Promise<void>
}

/** Opens the given database, or starts the bundled server in `dataDir`. Throws BundledPostgresError with the remedy. */
export async function openStorage(options: {
  databaseUrl: string | null
  dataDir: string
  logger: Logger
}): Promise<Storage> {
  if (options.databaseUrl !== null) {
    return {
      url: options.databaseUrl,
      bundled: false,
      lost: new Promise(() => undefined),
      close: () => Promise.resolve(),
    }
  }
  const server = await startBundledPostgres({ dataDir: options.dataDir, logger: options.logger })
  let closing = false
  const lost = new Promise<string>((resolve) => {
    void server.exited.then((exit) => {
      if (!closing)
        resolve(`the bundled Postgres ended by itself (code ${exit.code ?? '-'}, signal ${exit.signal ?? '-'})`)
    })
  })
  return {
    url: server.url,
    bundled: true,
    lost,
    async close() {
      closing = true
      await server.close()
    },
  }
}
