/** Opens the store of a data folder: lock, database, schema, repositories; and closes it again in the reverse order. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { randomToken } from '../base/random.ts'
import { assembleStore } from './assemble.ts'
import { lockDataFolder } from './data-lock.ts'
import type { Database, DatabaseOptions } from './database.ts'
import { createDatabase } from './database.ts'
import { locateCluster } from './embedded/cluster-location.ts'
import type { EmbeddedPostgres } from './embedded/embedded-postgres.ts'
import { createEmbeddedPostgres } from './embedded/embedded-postgres.ts'
import { DATABASE_USER, SOCKET_PORT } from './embedded/server-settings.ts'
import { messageOf, StoreError } from './errors.ts'
import { migrate } from './migrate.ts'
import type { Store, StoreOptions } from './types.ts'

export type { Store, StoreObserver, StoreOptions } from './types.ts'

/** Throws StoreError: `STORE_IN_USE`, `STORE_START_FAILED`, `STORE_SCHEMA_MISMATCH`. */
export async function openStore(options: StoreOptions): Promise<Store> {
  mkdirSync(options.dataDirectory, { recursive: true, mode: 0o700 })
  const lock = lockDataFolder(options.dataDirectory)
  let embedded: EmbeddedDatabase | undefined
  let database: Database | undefined
  try {
    if (options.url === undefined) embedded = await startEmbedded(options, () => database?.retryNow())
    const connection = embedded?.connection ?? { connectionString: options.url! }
    database = createDatabase({ ...options, connection })
    await migrate(database, options.logger)
    return await assembleStore(options, { database, postgres: embedded?.postgres, lock })
  } catch (error) {
    await database?.close().catch(() => undefined)
    await embedded?.postgres.stop()
    lock.release()
    if (error instanceof StoreError && error.code !== 'STORE_UNAVAILABLE') throw error
    const where = options.url === undefined ? 'the embedded database' : 'the database server of store.url'
    throw new StoreError('STORE_START_FAILED', `${where} cannot be used: ${messageOf(error)}`, { cause: error })
  }
}

interface EmbeddedDatabase {
  readonly postgres: EmbeddedPostgres
  readonly connection: DatabaseOptions['connection']
}

async function startEmbedded(options: StoreOptions, onRestarted: () => void): Promise<EmbeddedDatabase> {
  const { dataDirectory, clock, logger } = options
  const location = locateCluster(dataDirectory, options.runAs, logger)
  const password = databasePassword(dataDirectory, existsSync(location.data))
  const postgres = createEmbeddedPostgres({ location, password, clock, logger, onRestarted })
  await postgres.start()
  const host = location.socketFolder
  return { postgres, connection: { host, port: SOCKET_PORT, user: DATABASE_USER, password, database: 'postgres' } }
}

/** A random one in DIR/keys, made with the cluster. */
function databasePassword(dataDirectory: string, clusterExists: boolean): string {
  const folder = join(dataDirectory, 'keys')
  const file = join(folder, 'database.password')
  if (existsSync(file)) return readFileSync(file, 'utf8').trim()
  if (clusterExists) {
    throw new StoreError('STORE_START_FAILED', `${file} is missing: restore it from your copy of the data folder`)
  }
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const password = randomToken(32)
  writeFileSync(file, `${password}\n`, { mode: 0o600, flag: 'wx', flush: true })
  return password
}
