/** Exports in tables: settings, sealed secrets, and the place of each in the log. */
import { Secret } from '../base/secret.ts'
import type { ExportProgress, ExportRepository, StoredExport } from '../export/repository.ts'
import type { ExportDestination, ExportSecrets, ExportSettings } from '../export/types.ts'
import type { Sealer } from '../keys/sealer.ts'
import type { Database, Row } from './database.ts'

const LIST = `
  SELECT exports.*, export_progress.position, export_progress.document AS progress
  FROM exports JOIN export_progress ON export_id = id ORDER BY name`
const INSERT = `
  WITH added AS (
    INSERT INTO exports (id, name, organisation_id, document, sealed_secrets, created_at)
    VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (name) DO NOTHING RETURNING id
  )
  INSERT INTO export_progress (export_id, position, document) SELECT id, $7, $8 FROM added RETURNING export_id`
/** By the database's clock: those of two machines differ. */
const CLAIM = `
  UPDATE export_progress SET holder = $2, held_until = now() + $3 * interval '1 millisecond'
  WHERE export_id = $1 AND (holder = $2 OR held_until < now()) RETURNING position`
const RELEASE = `UPDATE export_progress SET held_until = '-infinity' WHERE export_id = $1 AND holder = $2`
/** Whoever lost the claim meanwhile does not turn the place back. */
const SAVE = 'UPDATE export_progress SET position = $3, document = $4 WHERE export_id = $1 AND holder = $2'

/** `home`: the data folder, which one process at a time has. */
export function createExportRepository(database: Database, sealer: Sealer, home: string): ExportRepository {
  return {
    async list() {
      return (await database.query({ text: LIST })).map(row => storedExport(row, sealer))
    },
    async insert({ destination, progress }) {
      const { id, name, organisationId, settings, secrets, createdAt } = destination
      const { position, ...rest } = progress
      const sealed = sealer.seal(JSON.stringify(revealed(secrets)), sealingContext(id))
      const values = [id, name, organisationId ?? null, JSON.stringify(settings), sealed, Math.floor(createdAt)]
      const rows = await database.query({ text: INSERT, values: [...values, position, JSON.stringify(rest)] })
      return rows.length > 0
    },
    async delete(id) {
      await database.query({ text: 'DELETE FROM exports WHERE id = $1', values: [id] })
    },
    async claim(id, forMs) {
      const [row] = await database.query({ text: CLAIM, values: [id, home, forMs] })
      return row === undefined ? undefined : Number(row['position'])
    },
    async release(id) {
      await database.query({ text: RELEASE, values: [id, home] })
    },
    async saveProgress(id, { position, ...rest }) {
      await database.query({ text: SAVE, values: [id, home, position, JSON.stringify(rest)] })
    },
  }
}

function revealed({ key, token, pseudonyms }: ExportSecrets): object {
  return { key: key?.reveal(), token: token?.reveal(), pseudonyms: pseudonyms.reveal() }
}

function storedExport(row: Row, sealer: Sealer): StoredExport {
  const id = String(row['id'])
  const held = JSON.parse(sealer.open(String(row['sealed_secrets']), sealingContext(id)).toString('utf8')) as {
    readonly key?: string
    readonly token?: string
    readonly pseudonyms: string
  }
  const destination: ExportDestination = {
    id,
    name: String(row['name']),
    organisationId: (row['organisation_id'] ?? undefined) as ExportDestination['organisationId'],
    settings: JSON.parse(String(row['document'])) as ExportSettings,
    secrets: {
      key: held.key === undefined ? undefined : new Secret(held.key),
      token: held.token === undefined ? undefined : new Secret(held.token),
      pseudonyms: new Secret(held.pseudonyms),
    },
    createdAt: Number(row['created_at']),
  }
  const rest = JSON.parse(String(row['progress'])) as Omit<ExportProgress, 'position'>
  return { destination, progress: { ...rest, position: Number(row['position']) } }
}

function sealingContext(id: string): string {
  return `exports.sealed_secrets:${id}`
}
