/** Brings the schema forward: plain SQL files in order, each once, each in its own transaction, never backward. */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Logger } from '../base/logger.ts'
import type { Database } from './database.ts'
import { StoreError } from './errors.ts'

export interface Migration {
  readonly version: number
  readonly name: string
  readonly sql: string
  /** SHA-256 of the text, hexadecimal. */
  readonly checksum: string
}

/** "ringfence" as a number: two nodes that start at once migrate one after the other. */
const ADVISORY_LOCK = 7_382_846_117
const OLDEST_SERVER = 140_000

/** The files `NNNN-name.sql` beside this module, in order. */
export function readMigrations(
  folder = fileURLToPath(new URL('./migrations/', import.meta.url)),
): readonly Migration[] {
  return readdirSync(folder)
    .filter(name => /^\d{4}-[a-z0-9-]+\.sql$/.test(name))
    .toSorted()
    .map(name => {
      const sql = readFileSync(`${folder}/${name}`, 'utf8')
      return { version: Number(name.slice(0, 4)), name, sql, checksum: createHash('sha256').update(sql).digest('hex') }
    })
}

/** Throws StoreError `STORE_SCHEMA_MISMATCH` when the data was written by a newer release or by altered files. */
export async function migrate(
  database: Database,
  logger: Logger,
  migrations: readonly Migration[] = readMigrations(),
): Promise<void> {
  await checkServer(database)
  await database.query({
    text: `CREATE TABLE IF NOT EXISTS schema_migrations (
      version integer PRIMARY KEY, name text NOT NULL, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`,
  })
  for (const migration of migrations) {
    const applied = await database.transaction(async transaction => {
      await transaction.query({ text: `SELECT pg_advisory_xact_lock(${ADVISORY_LOCK})` })
      const rows = await transaction.query({
        text: 'SELECT checksum FROM schema_migrations WHERE version = $1',
        values: [migration.version],
      })
      if (rows[0] !== undefined) {
        checkUnaltered(migration, String(rows[0]['checksum']))
        return false
      }
      await transaction.query({ text: migration.sql })
      await transaction.query({
        text: 'INSERT INTO schema_migrations (version, name, checksum) VALUES ($1, $2, $3)',
        values: [migration.version, migration.name, migration.checksum],
      })
      return true
    })
    if (applied) logger.info({ migration: migration.name }, 'the database schema was brought forward')
  }
  await refuseNewer(database, migrations.at(-1)?.version ?? 0)
}

async function checkServer(database: Database): Promise<void> {
  const [row] = await database.query({ text: "SELECT current_setting('server_version_num')::int AS version" })
  const version = Number(row?.['version'])
  if (version >= OLDEST_SERVER) return
  throw new StoreError(
    'STORE_START_FAILED',
    `the PostgreSQL server has version ${version / 10_000}; 14 or newer is needed`,
  )
}

function checkUnaltered(migration: Migration, checksum: string): void {
  if (checksum === migration.checksum) return
  const text = `${migration.name} is not the file that the database was made with; reinstall the release`
  throw new StoreError('STORE_SCHEMA_MISMATCH', text)
}

async function refuseNewer(database: Database, newest: number): Promise<void> {
  const [row] = await database.query({ text: 'SELECT max(version) AS version FROM schema_migrations' })
  const found = Number(row?.['version'] ?? 0)
  if (found <= newest) return
  const text = `the data was written by a newer release (schema ${found}, this one knows ${newest}); install that release`
  throw new StoreError('STORE_SCHEMA_MISMATCH', text)
}
